// DeleteAcls: whatever each filter lets through; on disk when answered.
#include "services/broker/api/acl_messages.h"
#include "services/broker/api/handlers.h"
#include "services/broker/security/access.h"
#include "services/broker/security/security.h"

namespace tickerlake::broker {

using kafka::DeleteAclsResponse;
using kafka::KafkaError;

DeleteAclsResponse handle(Broker& broker, const Caller& caller, const kafka::DeleteAclsRequest& request) {
  DeleteAclsResponse response;
  const auto all = [&](KafkaError error, const std::string& message) {
    response.filter_results.assign(request.filters.size(), {error, message, {}});
    return response;
  };
  if (!may_cluster(caller, Operation::alter))
    return all(KafkaError::cluster_authorization_failed, "Cluster authorization failed.");
  if (!broker.security().settings().authorizer)
    return all(KafkaError::security_disabled, "No Authorizer is configured on the broker");
  const auto stored = broker.security().store().update([&](SecurityState& state) {
    Acls doomed;
    for (const auto& wanted : request.filters) {
      auto& result = response.filter_results.emplace_back();
      const AclFilter filter = filter_of(wanted);
      if (const auto flaw = flaw_of(filter)) {
        result.error_code = KafkaError::invalid_request;
        result.error_message = *flaw;
        continue;
      }
      for (const Acl& acl : state.acls) {
        if (!filter.matches(acl)) continue;
        doomed.insert(acl);
        auto& matching = result.matching_acls.emplace_back();
        matching.resource_type = static_cast<std::int8_t>(acl.resource);
        matching.resource_name = acl.name;
        matching.pattern_type = static_cast<std::int8_t>(acl.pattern);
        tell_entry(acl, matching);
      }
    }
    for (const Acl& acl : doomed) state.acls.erase(acl);
    return !doomed.empty();
  });
  if (stored) return response;
  return all(kafka::to_kafka(stored.error()), stored.error().message);
}

}  // namespace tickerlake::broker
