// DescribeClientQuotas: the quotas that a filter lets through.
#include "services/broker/api/handlers.h"
#include "services/broker/api/quota_messages.h"
#include "services/broker/security/access.h"
#include "services/broker/security/security.h"

namespace tickerlake::broker {
namespace {

using kafka::DescribeClientQuotasRequest;
using kafka::KafkaError;

struct Flaw {
  KafkaError error;
  std::string message;
};

/// What an entity must have: types by name, as the default (a name that is null), or whatever it is.
struct Filter {
  std::map<std::string, std::optional<std::string>> exact;
  std::set<std::string> any;
  bool strict = false;

  bool names(const std::string& type) const { return exact.contains(type) || any.contains(type); }
  bool matches(const QuotaEntity& entity) const {
    if (strict && entity.size() != exact.size() + any.size()) return false;
    for (const auto& [type, name] : exact) {
      const auto found = entity.find(type);
      if (found == entity.end() || found->second != name) return false;
    }
    return std::ranges::all_of(any, [&](const std::string& type) { return entity.contains(type); });
  }
};

Result<Filter, Flaw> filter_of(const DescribeClientQuotasRequest& request) {
  using Component = DescribeClientQuotasRequest::Component;
  const auto refuse = [](std::string why) {
    return std::unexpected(Flaw{KafkaError::invalid_request, std::move(why)});
  };
  Filter filter;
  filter.strict = request.strict;
  for (const Component& component : request.components) {
    const std::string& type = component.entity_type;
    if (type.empty()) return refuse("Invalid empty entity type.");
    if (filter.names(type)) return refuse("Entity type " + type + " cannot appear more than once in the filter.");
    if (type != user_entity && type != client_entity && type != address_entity)
      return std::unexpected(Flaw{KafkaError::unsupported_version, "Unsupported entity type " + type});
    switch (component.match_type) {
      case Component::exact:
        if (!component.match) return refuse("Request specified MATCH_TYPE_EXACT, but set match string to null.");
        filter.exact[type] = component.match;
        break;
      case Component::default_name:
        if (component.match) return refuse("Request specified MATCH_TYPE_DEFAULT, but also specified a match string.");
        filter.exact[type] = std::nullopt;
        break;
      case Component::any_specified:
        if (component.match)
          return refuse("Request specified MATCH_TYPE_SPECIFIED, but also specified a match string.");
        filter.any.insert(type);
        break;
      default:
        return refuse("Unknown match type " + std::to_string(component.match_type));
    }
  }
  if (filter.names(address_entity) && (filter.names(user_entity) || filter.names(client_entity)))
    return refuse(
        "Invalid entity filter component combination. IP filter component should not be used with user or "
        "clientId filter component.");
  return filter;
}

}  // namespace

kafka::DescribeClientQuotasResponse handle(Broker& broker, const Caller& caller,
                                           const DescribeClientQuotasRequest& request) {
  kafka::DescribeClientQuotasResponse response;
  const auto refuse = [&](KafkaError error, std::string message) {
    response.error_code = error;
    response.error_message = std::move(message);
    return response;
  };
  if (!may_cluster(caller, Operation::describe_configs))
    return refuse(KafkaError::cluster_authorization_failed, "Cluster authorization failed.");
  const auto filter = filter_of(request);
  if (!filter) return refuse(filter.error().error, filter.error().message);
  const auto state = broker.security().store().now();
  response.entries.emplace();
  for (const auto& [entity, values] : state->quotas) {
    if (!filter->matches(entity)) continue;
    auto& entry = response.entries->emplace_back();
    entry.entity = parts_of(entity);
    for (const auto& [key, value] : values) entry.values.push_back({key, value});
  }
  return response;
}

}  // namespace tickerlake::broker
