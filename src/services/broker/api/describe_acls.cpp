// DescribeAcls: the entries that a filter lets through, those of a resource together.
#include "services/broker/api/acl_messages.h"
#include "services/broker/api/handlers.h"
#include "services/broker/security/access.h"
#include "services/broker/security/security.h"

namespace tickerlake::broker {

using kafka::KafkaError;

kafka::DescribeAclsResponse handle(Broker& broker, const Caller& caller, const kafka::DescribeAclsRequest& request) {
  kafka::DescribeAclsResponse response;
  const auto refuse = [&](KafkaError error, std::string message) {
    response.error_code = error;
    response.error_message = std::move(message);
    return response;
  };
  if (!may_cluster(caller, Operation::describe))
    return refuse(KafkaError::cluster_authorization_failed, "Cluster authorization failed.");
  if (!broker.security().settings().authorizer)
    return refuse(KafkaError::security_disabled, "No Authorizer is configured on the broker");
  const AclFilter filter = filter_of(request);
  if (const auto flaw = flaw_of(filter)) return refuse(KafkaError::invalid_request, *flaw);
  const auto state = broker.security().store().now();
  for (const Acl& acl : state->acls) {
    if (!filter.matches(acl)) continue;
    const auto type = static_cast<std::int8_t>(acl.resource), pattern = static_cast<std::int8_t>(acl.pattern);
    auto* resource = response.resources.empty() ? nullptr : &response.resources.back();
    if (resource == nullptr || resource->resource_type != type || resource->resource_name != acl.name ||
        resource->pattern_type != pattern) {
      resource = &response.resources.emplace_back();
      resource->resource_type = type;
      resource->resource_name = acl.name;
      resource->pattern_type = pattern;
    }
    tell_entry(acl, resource->acls.emplace_back());
  }
  return response;
}

}  // namespace tickerlake::broker
