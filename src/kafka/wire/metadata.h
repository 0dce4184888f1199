#pragma once
// Metadata (key 3): brokers, topics, partitions. Source: KIP-516 for topic ids.
#include <cstdint>
#include <limits>
#include <optional>
#include <string>
#include <vector>

#include "kafka/errors.h"
#include "kafka/wire/api.h"

namespace tickerlake::kafka {

struct MetadataResponse;

struct MetadataRequest {
  static constexpr auto api = Api{.key = 3, .name = "Metadata", .versions = {0, 13}, .flexible_since = 9};
  using Response = MetadataResponse;

  struct Topic {
    Uuid topic_id;
    std::optional<std::string> name;

    static void fields(auto& c, auto& m) {
      c(m.topic_id, since(10));
      c(m.name, nullable_since(10));
    }
  };

  std::optional<std::vector<Topic>> topics;
  bool allow_auto_topic_creation = true;
  bool include_cluster_authorized_operations = false;
  bool include_topic_authorized_operations = false;

  static void fields(auto& c, auto& m) {
    c(m.topics, nullable_since(1));
    c(m.allow_auto_topic_creation, since(4));
    c(m.include_cluster_authorized_operations, between(8, 10));
    c(m.include_topic_authorized_operations, since(8));
  }
};

struct MetadataResponse {
  struct Broker {
    std::int32_t node_id = 0;
    std::string host;
    std::int32_t port = 0;
    std::optional<std::string> rack;

    static void fields(auto& c, auto& m) {
      c(m.node_id);
      c(m.host);
      c(m.port);
      c(m.rack, since(1));
    }
  };

  struct Topic {
    struct Partition {
      KafkaError error_code = KafkaError::none;
      std::int32_t partition_index = 0;
      std::int32_t leader_id = 0;
      std::int32_t leader_epoch = -1;
      std::vector<std::int32_t> replica_nodes;
      std::vector<std::int32_t> isr_nodes;
      std::vector<std::int32_t> offline_replicas;

      static void fields(auto& c, auto& m) {
        c(m.error_code);
        c(m.partition_index);
        c(m.leader_id);
        c(m.leader_epoch, since(7));
        c(m.replica_nodes);
        c(m.isr_nodes);
        c(m.offline_replicas, since(5));
      }
    };

    KafkaError error_code = KafkaError::none;
    std::optional<std::string> name;
    Uuid topic_id;
    bool is_internal = false;
    std::vector<Partition> partitions;
    std::int32_t topic_authorized_operations = std::numeric_limits<std::int32_t>::min();

    static void fields(auto& c, auto& m) {
      c(m.error_code);
      c(m.name, nullable_since(12));
      c(m.topic_id, since(10));
      c(m.is_internal, since(1));
      c(m.partitions);
      c(m.topic_authorized_operations, since(8));
    }
  };

  std::int32_t throttle_time_ms = 0;
  std::vector<Broker> brokers;
  std::optional<std::string> cluster_id;
  std::int32_t controller_id = -1;
  std::vector<Topic> topics;
  std::int32_t cluster_authorized_operations = std::numeric_limits<std::int32_t>::min();
  KafkaError error_code = KafkaError::none;

  static void fields(auto& c, auto& m) {
    c(m.throttle_time_ms, since(3));
    c(m.brokers);
    c(m.cluster_id, since(2));
    c(m.controller_id, since(1));
    c(m.topics);
    c(m.cluster_authorized_operations, between(8, 10));
    c(m.error_code, since(13));
  }
};

}  // namespace tickerlake::kafka
