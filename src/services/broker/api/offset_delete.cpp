// OffsetDelete: forgets committed offsets of topics that no member of the group reads (KIP-496).
#include "services/broker/api/handlers.h"
#include "services/broker/groups/groups.h"
#include "services/broker/security/access.h"
#include "services/broker/topics.h"

namespace tickerlake::broker {

kafka::OffsetDeleteResponse handle(Broker& broker, const Caller& caller, const kafka::OffsetDeleteRequest& request) {
  using kafka::KafkaError;
  if (!may_group(caller, Operation::remove, request.group_id)) {
    kafka::OffsetDeleteResponse refused;
    refused.error_code = KafkaError::group_authorization_failed;
    return refused;
  }
  std::vector<TopicPartition> offsets;
  for (const auto& topic : request.topics) {
    if (!may_topic(caller, Operation::read, topic.name)) continue;
    for (const auto& partition : topic.partitions) offsets.push_back({topic.name, partition.partition_index});
  }
  kafka::OffsetDeleteResponse response;
  std::map<TopicPartition, KafkaError> errors;
  response.error_code = broker.groups().delete_offsets(request.group_id, offsets, errors);
  if (response.error_code != KafkaError::none) return response;
  for (const auto& topic : request.topics) {
    const auto known = broker.topics().find(topic.name);
    auto& result = response.topics.emplace_back();
    result.name = topic.name;
    for (const auto& partition : topic.partitions) {
      if (!may_topic(caller, Operation::read, topic.name)) {
        result.partitions.push_back({partition.partition_index, KafkaError::topic_authorization_failed});
        continue;
      }
      const bool exists = known && known->partition(partition.partition_index);
      const KafkaError error = errors[{topic.name, partition.partition_index}];
      result.partitions.push_back({partition.partition_index, exists ? error : KafkaError::unknown_topic_or_partition});
    }
  }
  return response;
}

}  // namespace tickerlake::broker
