#include "services/broker/api/partition_lookup.h"

namespace tickerlake::broker {

using kafka::KafkaError;

std::expected<FoundPartition, KafkaError> find_partition(const Topics& topics, bool by_id, const TopicId& id,
                                                         std::string_view name, std::int32_t index) {
  FoundPartition found;
  found.topic = by_id ? topics.find(id) : topics.find(name);
  if (found.topic == nullptr) {
    return std::unexpected(by_id ? KafkaError::unknown_topic_id : KafkaError::unknown_topic_or_partition);
  }
  found.partition = found.topic->partition(index);
  if (found.partition == nullptr) return std::unexpected(KafkaError::unknown_topic_or_partition);
  return found;
}

std::expected<FoundPartition, KafkaError> find_permitted(const Caller& caller, Operation operation,
                                                         const Topics& topics, bool by_id, const TopicId& id,
                                                         std::string_view name, std::int32_t index) {
  if (!by_id && !may_topic(caller, operation, name)) return std::unexpected(KafkaError::topic_authorization_failed);
  if (by_id) {
    const auto topic = topics.find(id);
    if (topic && !may_topic(caller, operation, topic->name))
      return std::unexpected(KafkaError::topic_authorization_failed);
  }
  return find_partition(topics, by_id, id, name, index);
}

KafkaError check_leader_epoch(std::int32_t epoch) {
  if (epoch < 0 || epoch == leader_epoch) return KafkaError::none;
  return epoch < leader_epoch ? KafkaError::fenced_leader_epoch : KafkaError::unknown_leader_epoch;
}

KafkaError closed_error(const Topics& topics, bool by_id) {
  if (topics.stopping()) return KafkaError::not_leader_or_follower;
  return by_id ? KafkaError::unknown_topic_id : KafkaError::unknown_topic_or_partition;
}

}  // namespace tickerlake::broker
