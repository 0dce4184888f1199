// OffsetCommit: each partition on its own where it does not exist, otherwise all or none, on disk when answered.
#include "services/broker/api/handlers.h"
#include "services/broker/groups/groups.h"
#include "services/broker/security/access.h"
#include "services/broker/topics.h"

namespace tickerlake::broker {

using kafka::KafkaError;

kafka::OffsetCommitResponse handle(Broker& broker, const Caller& caller, const kafka::OffsetCommitRequest& request) {
  const TimestampMs now = broker.clock().now_ms();
  const bool by_id = caller.version >= 10;
  const bool may_commit = may_group(caller, Operation::read, request.group_id);
  kafka::OffsetCommitResponse response;
  std::vector<std::pair<TopicPartition, CommittedOffset>> offsets;
  for (const auto& wanted : request.topics) {
    const auto topic = by_id ? broker.topics().find(wanted.topic_id) : broker.topics().find(wanted.name);
    auto& result = response.topics.emplace_back();
    result.name = wanted.name;
    result.topic_id = wanted.topic_id;
    for (const auto& partition : wanted.partitions) {
      KafkaError error = KafkaError::none;
      if (!may_commit) {
        error = KafkaError::group_authorization_failed;
      } else if ((topic || !by_id) && !may_topic(caller, Operation::read, topic ? topic->name : wanted.name)) {
        error = KafkaError::topic_authorization_failed;
      } else if (!topic) {
        error = by_id ? KafkaError::unknown_topic_id : KafkaError::unknown_topic_or_partition;
      } else if (!topic->partition(partition.partition_index)) {
        error = KafkaError::unknown_topic_or_partition;
      } else if (partition.committed_metadata && partition.committed_metadata->size() > max_offset_metadata) {
        error = KafkaError::offset_metadata_too_large;
      } else {
        offsets.push_back({{topic->name, partition.partition_index},
                           {partition.committed_offset,
                            partition.committed_leader_epoch,
                            partition.committed_metadata.value_or(""),
                            now,
                            {}}});
      }
      result.partitions.push_back({partition.partition_index, error});
    }
  }
  if (!may_commit) return response;
  const KafkaError error = broker.groups().commit(request.group_id, {request.member_id, request.group_instance_id},
                                                  request.generation_id, caller.version, offsets);
  for (auto& topic : response.topics) {
    for (auto& partition : topic.partitions) {
      if (partition.error_code == KafkaError::none) partition.error_code = error;
    }
  }
  return response;
}

}  // namespace tickerlake::broker
