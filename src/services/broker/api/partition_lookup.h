#pragma once
// From what a request names to the partition, with the protocol's error where there is none.
#include <cstdint>
#include <expected>
#include <memory>
#include <string_view>

#include "kafka/errors.h"
#include "services/broker/security/access.h"
#include "services/broker/topics.h"

namespace tickerlake::broker {

struct FoundPartition {
  std::shared_ptr<const Topic> topic;
  std::shared_ptr<Partition> partition;
};

/// By id where by_id (KIP-516: UNKNOWN_TOPIC_ID), else by name (UNKNOWN_TOPIC_OR_PARTITION).
std::expected<FoundPartition, kafka::KafkaError> find_partition(const Topics& topics, bool by_id, const TopicId& id,
                                                                std::string_view name, std::int32_t index);

/// The same for a sender who may do that with the topic; TOPIC_AUTHORIZATION_FAILED for one who may not, whether the
/// topic is there or not.
std::expected<FoundPartition, kafka::KafkaError> find_permitted(const Caller& caller, Operation operation,
                                                                const Topics& topics, bool by_id, const TopicId& id,
                                                                std::string_view name, std::int32_t index);

/// The leader epoch a client believes in, −1 for none (KIP-320): FENCED_LEADER_EPOCH, UNKNOWN_LEADER_EPOCH or none.
kafka::KafkaError check_leader_epoch(std::int32_t epoch);

/// What a partition that was just closed means to a client: its topic is gone, or this broker is going.
kafka::KafkaError closed_error(const Topics& topics, bool by_id);

}  // namespace tickerlake::broker
