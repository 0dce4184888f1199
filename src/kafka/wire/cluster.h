#pragma once
// DescribeCluster (60), DescribeLogDirs (35), DescribeTopicPartitions (75). Source: KIP-700, KIP-113, KIP-966.
#include <cstdint>
#include <limits>
#include <optional>
#include <string>
#include <vector>

#include "kafka/errors.h"
#include "kafka/wire/api.h"
#include "kafka/wire/parts.h"

namespace tickerlake::kafka {

struct DescribeClusterResponse;

struct DescribeClusterRequest {
  static constexpr auto api = Api{.key = 60, .name = "DescribeCluster", .versions = {0, 2}, .flexible_since = 0};
  using Response = DescribeClusterResponse;

  bool include_cluster_authorized_operations = false;
  std::int8_t endpoint_type = 1;
  bool include_fenced_brokers = false;

  static void fields(auto& c, auto& m) {
    c(m.include_cluster_authorized_operations);
    c(m.endpoint_type, since(1));
    c(m.include_fenced_brokers, since(2));
  }
};

struct DescribeClusterResponse {
  struct Broker {
    std::int32_t broker_id = 0;
    std::string host;
    std::int32_t port = 0;
    std::optional<std::string> rack;
    bool is_fenced = false;

    static void fields(auto& c, auto& m) {
      c(m.broker_id);
      c(m.host);
      c(m.port);
      c(m.rack);
      c(m.is_fenced, since(2));
    }
  };

  std::int32_t throttle_time_ms = 0;
  KafkaError error_code = KafkaError::none;
  std::optional<std::string> error_message;
  std::int8_t endpoint_type = 1;
  std::string cluster_id;
  std::int32_t controller_id = -1;
  std::vector<Broker> brokers;
  std::int32_t cluster_authorized_operations = std::numeric_limits<std::int32_t>::min();

  static void fields(auto& c, auto& m) {
    c(m.throttle_time_ms);
    c(m.error_code);
    c(m.error_message);
    c(m.endpoint_type, since(1));
    c(m.cluster_id);
    c(m.controller_id);
    c(m.brokers);
    c(m.cluster_authorized_operations);
  }
};

struct DescribeLogDirsResponse;

struct DescribeLogDirsRequest {
  static constexpr auto api = Api{.key = 35, .name = "DescribeLogDirs", .versions = {1, 4}, .flexible_since = 2};
  using Response = DescribeLogDirsResponse;

  struct Topic {
    std::string topic;
    std::vector<std::int32_t> partitions;

    static void fields(auto& c, auto& m) {
      c(m.topic);
      c(m.partitions);
    }
  };

  std::optional<std::vector<Topic>> topics;

  static void fields(auto& c, auto& m) { c(m.topics); }
};

struct DescribeLogDirsResponse {
  struct Directory {
    struct Partition {
      std::int32_t partition_index = 0;
      std::int64_t partition_size = 0;
      std::int64_t offset_lag = 0;
      bool is_future_key = false;

      static void fields(auto& c, auto& m) {
        c(m.partition_index);
        c(m.partition_size);
        c(m.offset_lag);
        c(m.is_future_key);
      }
    };

    using Topic = ByTopic<Partition>;

    KafkaError error_code = KafkaError::none;
    std::string log_dir;
    std::vector<Topic> topics;
    std::int64_t total_bytes = -1;
    std::int64_t usable_bytes = -1;

    static void fields(auto& c, auto& m) {
      c(m.error_code);
      c(m.log_dir);
      c(m.topics);
      c(m.total_bytes, since(4));
      c(m.usable_bytes, since(4));
    }
  };

  std::int32_t throttle_time_ms = 0;
  KafkaError error_code = KafkaError::none;
  std::vector<Directory> results;

  static void fields(auto& c, auto& m) {
    c(m.throttle_time_ms);
    c(m.error_code, since(3));
    c(m.results);
  }
};

struct DescribeTopicPartitionsResponse;

struct DescribeTopicPartitionsRequest {
  static constexpr auto api =
      Api{.key = 75, .name = "DescribeTopicPartitions", .versions = {0, 0}, .flexible_since = 0};
  using Response = DescribeTopicPartitionsResponse;

  struct Topic {
    std::string name;

    static void fields(auto& c, auto& m) { c(m.name); }
  };

  struct Cursor {
    std::string topic_name;
    std::int32_t partition_index = 0;

    static void fields(auto& c, auto& m) {
      c(m.topic_name);
      c(m.partition_index);
    }
  };

  std::vector<Topic> topics;
  std::int32_t response_partition_limit = 2000;
  std::optional<Cursor> cursor;

  static void fields(auto& c, auto& m) {
    c(m.topics);
    c(m.response_partition_limit);
    c(m.cursor);
  }
};

struct DescribeTopicPartitionsResponse {
  struct Topic {
    struct Partition {
      KafkaError error_code = KafkaError::none;
      std::int32_t partition_index = 0;
      std::int32_t leader_id = 0;
      std::int32_t leader_epoch = -1;
      std::vector<std::int32_t> replica_nodes;
      std::vector<std::int32_t> isr_nodes;
      std::optional<std::vector<std::int32_t>> eligible_leader_replicas;
      std::optional<std::vector<std::int32_t>> last_known_elr;
      std::vector<std::int32_t> offline_replicas;

      static void fields(auto& c, auto& m) {
        c(m.error_code);
        c(m.partition_index);
        c(m.leader_id);
        c(m.leader_epoch);
        c(m.replica_nodes);
        c(m.isr_nodes);
        c(m.eligible_leader_replicas);
        c(m.last_known_elr);
        c(m.offline_replicas);
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
      c(m.name);
      c(m.topic_id);
      c(m.is_internal);
      c(m.partitions);
      c(m.topic_authorized_operations);
    }
  };

  struct Cursor {
    std::string topic_name;
    std::int32_t partition_index = 0;

    static void fields(auto& c, auto& m) {
      c(m.topic_name);
      c(m.partition_index);
    }
  };

  std::int32_t throttle_time_ms = 0;
  std::vector<Topic> topics;
  std::optional<Cursor> next_cursor;

  static void fields(auto& c, auto& m) {
    c(m.throttle_time_ms);
    c(m.topics);
    c(m.next_cursor);
  }
};

}  // namespace tickerlake::kafka
