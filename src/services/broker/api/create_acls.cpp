// CreateAcls: each entry on its own; on disk when answered. One that is there already is no error.
#include "services/broker/api/handlers.h"
#include "services/broker/security/access.h"
#include "services/broker/security/security.h"

namespace tickerlake::broker {

using kafka::CreateAclsResponse;
using kafka::KafkaError;

CreateAclsResponse handle(Broker& broker, const Caller& caller, const kafka::CreateAclsRequest& request) {
  CreateAclsResponse response;
  const auto all = [&](KafkaError error, const std::string& message) {
    response.results.assign(request.creations.size(), {error, message});
    return response;
  };
  if (!may_cluster(caller, Operation::alter))
    return all(KafkaError::cluster_authorization_failed, "Cluster authorization failed.");
  if (!broker.security().settings().authorizer)
    return all(KafkaError::security_disabled, "No Authorizer is configured on the broker");
  const auto stored = broker.security().store().update([&](SecurityState& state) {
    bool changed = false;
    for (const auto& wanted : request.creations) {
      auto& result = response.results.emplace_back();
      Acl acl{.resource = static_cast<ResourceType>(wanted.resource_type),
              .name = wanted.resource_name,
              .pattern = static_cast<PatternType>(wanted.pattern_type),
              .principal = wanted.principal,
              .host = wanted.host,
              .operation = static_cast<Operation>(wanted.operation),
              .permission = static_cast<Permission>(wanted.permission_type)};
      if (const auto flaw = flaw_of(acl)) {
        result.error_code = KafkaError::invalid_request;
        result.error_message = *flaw;
      } else if (state.acls.size() >= max_acls && !state.acls.contains(acl)) {
        result.error_code = KafkaError::policy_violation;
        result.error_message = "There are as many entries as there may be";
      } else {
        changed |= state.acls.insert(std::move(acl)).second;
      }
    }
    return changed;
  });
  if (stored) return response;
  return all(kafka::to_kafka(stored.error()), stored.error().message);
}

}  // namespace tickerlake::broker
