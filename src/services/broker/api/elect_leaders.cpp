// ElectLeaders (key 43): the one replica leads already.
#include "services/broker/api/handlers.h"
#include "services/broker/api/partition_lookup.h"
#include "services/broker/security/access.h"
#include "services/broker/topics.h"

namespace tickerlake::broker {

kafka::ElectLeadersResponse handle(Broker& broker, const Caller& caller, const kafka::ElectLeadersRequest& request) {
  kafka::ElectLeadersResponse response;
  if (!may_cluster(caller, Operation::alter)) {
    response.error_code = kafka::KafkaError::cluster_authorization_failed;
    return response;
  }
  // Where all are meant, those that need none are left out.
  if (!request.topic_partitions) return response;
  for (const auto& topic : *request.topic_partitions) {
    auto& told = response.replica_election_results.emplace_back();
    told.topic = topic.topic;
    for (const std::int32_t partition : topic.partitions) {
      const auto found = find_partition(broker.topics(), false, {}, topic.topic, partition);
      told.partition_result.push_back(
          {partition, found ? kafka::KafkaError::election_not_needed : found.error(), std::nullopt});
    }
  }
  return response;
}

}  // namespace tickerlake::broker
