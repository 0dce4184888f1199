#pragma once
// Between access control entries and the messages of the APIs that tell of them.
#include <optional>
#include <string>

#include "kafka/wire/acls.h"
#include "services/broker/security/acl.h"

namespace tickerlake::broker {

/// The filter of DescribeAcls and DeleteAcls.
inline AclFilter filter_of(const kafka::AclFilterShape& message) {
  return {.resource = static_cast<ResourceType>(message.resource_type_filter),
          .name = message.resource_name_filter,
          .pattern = static_cast<PatternType>(message.pattern_type_filter),
          .principal = message.principal_filter,
          .host = message.host_filter,
          .operation = static_cast<Operation>(message.operation),
          .permission = static_cast<Permission>(message.permission_type)};
}

/// Why a filter's numbers mean nothing; nothing if they do.
inline std::optional<std::string> flaw_of(const AclFilter& filter) {
  if (name(filter.resource) == "Unknown" || name(filter.pattern) == "Unknown") return "Unknown patternFilter.";
  if (name(filter.operation) == "Unknown" || name(filter.permission) == "Unknown") return "Unknown entryFilter.";
  return std::nullopt;
}

/// Who may do what, into a message that has these four fields.
template <class Message>
void tell_entry(const Acl& acl, Message& into) {
  into.principal = acl.principal;
  into.host = acl.host;
  into.operation = static_cast<std::int8_t>(acl.operation);
  into.permission_type = static_cast<std::int8_t>(acl.permission);
}

}  // namespace tickerlake::broker
