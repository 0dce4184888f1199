// AlterPartitionReassignments (key 45): a partition can only be where it is.
#include "services/broker/api/handlers.h"
#include "services/broker/api/partition_lookup.h"
#include "services/broker/security/access.h"
#include "services/broker/topics.h"

namespace tickerlake::broker {
namespace {

using kafka::KafkaError;
using PartitionAnswer = kafka::AlterPartitionReassignmentsResponse::Topic::Partition;

PartitionAnswer reassign(Broker& broker, const std::string& topic,
                         const kafka::AlterPartitionReassignmentsRequest::Topic::Partition& asked) {
  const std::int32_t index = asked.partition_index;
  const auto found = find_partition(broker.topics(), false, {}, topic, index);
  if (!found) return {index, found.error(), "Unable to find a topic with the specified name, or the partition."};
  if (!asked.replicas) return {index, KafkaError::no_reassignment_in_progress, std::nullopt};
  const std::int32_t node = broker.options().node_id;
  if (*asked.replicas == std::vector{node}) return {index, KafkaError::none, std::nullopt};
  std::string why = "The manual partition assignment includes a broker other than " + std::to_string(node) +
                    ", the only one there is.";
  if (asked.replicas->empty()) why = "The manual partition assignment includes an empty replica list.";
  return {index, KafkaError::invalid_replica_assignment, why};
}

}  // namespace

kafka::AlterPartitionReassignmentsResponse handle(Broker& broker, const Caller& caller,
                                                  const kafka::AlterPartitionReassignmentsRequest& request) {
  kafka::AlterPartitionReassignmentsResponse response;
  if (!may_cluster(caller, Operation::alter)) {
    response.error_code = kafka::KafkaError::cluster_authorization_failed;
    return response;
  }
  response.allow_replication_factor_change = request.allow_replication_factor_change;
  for (const auto& topic : request.topics) {
    auto& told = response.responses.emplace_back();
    told.name = topic.name;
    for (const auto& partition : topic.partitions) told.partitions.push_back(reassign(broker, topic.name, partition));
  }
  return response;
}

}  // namespace tickerlake::broker
