// DescribeUserScramCredentials: who has which credentials; never what they are.
#include <set>

#include "services/broker/api/handlers.h"
#include "services/broker/security/access.h"
#include "services/broker/security/security.h"

namespace tickerlake::broker {

using kafka::DescribeUserScramCredentialsRequest;
using kafka::DescribeUserScramCredentialsResponse;
using kafka::KafkaError;

DescribeUserScramCredentialsResponse handle(Broker& broker, const Caller& caller,
                                            const DescribeUserScramCredentialsRequest& request) {
  DescribeUserScramCredentialsResponse response;
  if (!may_cluster(caller, Operation::describe)) {
    response.error_code = KafkaError::cluster_authorization_failed;
    response.error_message = "Cluster authorization failed.";
    return response;
  }
  const auto state = broker.security().store().now();
  std::multiset<std::string> wanted;
  if (request.users) {
    for (const auto& user : *request.users) wanted.insert(user.name);
  }
  const bool all = wanted.empty();
  if (all) {
    for (const auto& [key, credential] : state->credentials)
      if (!wanted.contains(key.first)) wanted.insert(key.first);
  }
  for (auto at = wanted.begin(); at != wanted.end(); at = wanted.upper_bound(*at)) {
    auto& result = response.results.emplace_back();
    result.user = *at;
    if (wanted.count(*at) > 1) {
      result.error_code = KafkaError::duplicate_resource;
      result.error_message = "Cannot describe SCRAM credentials for the same user twice in a single request: " + *at;
      continue;
    }
    for (const auto mechanism : {kafka::ScramMechanism::sha_256, kafka::ScramMechanism::sha_512}) {
      const auto found = state->credentials.find({*at, mechanism});
      if (found == state->credentials.end()) continue;
      result.credential_infos.push_back({static_cast<std::int8_t>(mechanism), found->second.iterations});
    }
    if (result.credential_infos.empty()) {
      result.error_code = KafkaError::resource_not_found;
      result.error_message = "Attempt to describe a user credential that does not exist: " + *at;
    }
  }
  return response;
}

}  // namespace tickerlake::broker
