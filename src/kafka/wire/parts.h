#pragma once
// Parts that several messages have in common.
#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "kafka/errors.h"
#include "kafka/wire/api.h"

namespace tickerlake::kafka {

/// What a message says of a topic's partitions.
template <class PartitionPart>
struct ByTopic {
  using Partition = PartitionPart;
  std::string name;
  std::vector<Partition> partitions;

  static void fields(auto& c, auto& m) {
    c(m.name);
    c(m.partitions);
  }
};

/// The same with the topic's id in the name's place from version id_since on (KIP-516).
template <class PartitionPart, std::int16_t id_since>
struct ByTopicOrId {
  using Partition = PartitionPart;
  std::string name;
  Uuid topic_id;
  std::vector<Partition> partitions;

  static void fields(auto& c, auto& m) {
    c(m.name, until(id_since - 1));
    c(m.topic_id, since(id_since));
    c(m.partitions);
  }
};

/// An offset to commit; its record's leader epoch is told from version epoch_since on (KIP-320).
template <std::int16_t epoch_since>
struct OffsetToCommit {
  std::int32_t partition_index = 0;
  std::int64_t committed_offset = 0;
  std::int32_t committed_leader_epoch = -1;
  std::optional<std::string> committed_metadata;

  static void fields(auto& c, auto& m) {
    c(m.partition_index);
    c(m.committed_offset);
    c(m.committed_leader_epoch, since(epoch_since));
    c(m.committed_metadata);
  }
};

/// Partitions of a topic that is told by its id.
struct TopicIdPartitions {
  Uuid topic_id;
  std::vector<std::int32_t> partitions;

  static void fields(auto& c, auto& m) {
    c(m.topic_id);
    c(m.partitions);
  }
};

struct PartitionError {
  std::int32_t partition_index = 0;
  KafkaError error_code = KafkaError::none;

  static void fields(auto& c, auto& m) {
    c(m.partition_index);
    c(m.error_code);
  }
};

/// Who leads a partition now, told with NOT_LEADER_OR_FOLLOWER (KIP-951).
struct CurrentLeader {
  std::int32_t leader_id = -1;
  std::int32_t leader_epoch = -1;
  bool operator==(const CurrentLeader&) const = default;

  static void fields(auto& c, auto& m) {
    c(m.leader_id);
    c(m.leader_epoch);
  }
};

/// Where that leader is reached (KIP-951).
struct NodeEndpoint {
  std::int32_t node_id = 0;
  std::string host;
  std::int32_t port = 0;
  std::optional<std::string> rack;
  bool operator==(const NodeEndpoint&) const = default;

  static void fields(auto& c, auto& m) {
    c(m.node_id);
    c(m.host);
    c(m.port);
    c(m.rack);
  }
};

struct ConfigValue {
  std::string name;
  std::optional<std::string> value;

  static void fields(auto& c, auto& m) {
    c(m.name);
    c(m.value);
  }
};

}  // namespace tickerlake::kafka
