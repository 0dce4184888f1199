#pragma once
// AlterReplicaLogDirs (34), AlterPartitionReassignments (45), ListPartitionReassignments (46).
// Source: KIP-113, KIP-455, KIP-860.
#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "kafka/errors.h"
#include "kafka/wire/api.h"

namespace tickerlake::kafka {

struct AlterReplicaLogDirsResponse;

struct AlterReplicaLogDirsRequest {
  static constexpr auto api = Api{.key = 34, .name = "AlterReplicaLogDirs", .versions = {1, 2}, .flexible_since = 2};
  using Response = AlterReplicaLogDirsResponse;

  struct Directory {
    struct Topic {
      std::string name;
      std::vector<std::int32_t> partitions;

      static void fields(auto& c, auto& m) {
        c(m.name);
        c(m.partitions);
      }
    };

    std::string path;
    std::vector<Topic> topics;

    static void fields(auto& c, auto& m) {
      c(m.path);
      c(m.topics);
    }
  };

  std::vector<Directory> dirs;

  static void fields(auto& c, auto& m) { c(m.dirs); }
};

struct AlterReplicaLogDirsResponse {
  struct Topic {
    struct Partition {
      std::int32_t partition_index = 0;
      KafkaError error_code = KafkaError::none;

      static void fields(auto& c, auto& m) {
        c(m.partition_index);
        c(m.error_code);
      }
    };

    std::string topic_name;
    std::vector<Partition> partitions;

    static void fields(auto& c, auto& m) {
      c(m.topic_name);
      c(m.partitions);
    }
  };

  std::int32_t throttle_time_ms = 0;
  std::vector<Topic> results;

  static void fields(auto& c, auto& m) {
    c(m.throttle_time_ms);
    c(m.results);
  }
};

struct AlterPartitionReassignmentsResponse;

struct AlterPartitionReassignmentsRequest {
  static constexpr auto api =
      Api{.key = 45, .name = "AlterPartitionReassignments", .versions = {0, 1}, .flexible_since = 0};
  using Response = AlterPartitionReassignmentsResponse;

  struct Topic {
    struct Partition {
      std::int32_t partition_index = 0;
      std::optional<std::vector<std::int32_t>> replicas;  // none: cancel what is under way

      static void fields(auto& c, auto& m) {
        c(m.partition_index);
        c(m.replicas);
      }
    };

    std::string name;
    std::vector<Partition> partitions;

    static void fields(auto& c, auto& m) {
      c(m.name);
      c(m.partitions);
    }
  };

  std::int32_t timeout_ms = 60'000;
  bool allow_replication_factor_change = true;
  std::vector<Topic> topics;

  static void fields(auto& c, auto& m) {
    c(m.timeout_ms);
    c(m.allow_replication_factor_change, since(1));
    c(m.topics);
  }
};

struct AlterPartitionReassignmentsResponse {
  struct Topic {
    struct Partition {
      std::int32_t partition_index = 0;
      KafkaError error_code = KafkaError::none;
      std::optional<std::string> error_message;

      static void fields(auto& c, auto& m) {
        c(m.partition_index);
        c(m.error_code);
        c(m.error_message);
      }
    };

    std::string name;
    std::vector<Partition> partitions;

    static void fields(auto& c, auto& m) {
      c(m.name);
      c(m.partitions);
    }
  };

  std::int32_t throttle_time_ms = 0;
  bool allow_replication_factor_change = true;
  KafkaError error_code = KafkaError::none;
  std::optional<std::string> error_message;
  std::vector<Topic> responses;

  static void fields(auto& c, auto& m) {
    c(m.throttle_time_ms);
    c(m.allow_replication_factor_change, since(1));
    c(m.error_code);
    c(m.error_message);
    c(m.responses);
  }
};

struct ListPartitionReassignmentsResponse;

struct ListPartitionReassignmentsRequest {
  static constexpr auto api =
      Api{.key = 46, .name = "ListPartitionReassignments", .versions = {0, 0}, .flexible_since = 0};
  using Response = ListPartitionReassignmentsResponse;

  struct Topic {
    std::string name;
    std::vector<std::int32_t> partition_indexes;

    static void fields(auto& c, auto& m) {
      c(m.name);
      c(m.partition_indexes);
    }
  };

  std::int32_t timeout_ms = 60'000;
  std::optional<std::vector<Topic>> topics;

  static void fields(auto& c, auto& m) {
    c(m.timeout_ms);
    c(m.topics);
  }
};

struct ListPartitionReassignmentsResponse {
  struct Topic {
    struct Partition {
      std::int32_t partition_index = 0;
      std::vector<std::int32_t> replicas, adding_replicas, removing_replicas;

      static void fields(auto& c, auto& m) {
        c(m.partition_index);
        c(m.replicas);
        c(m.adding_replicas);
        c(m.removing_replicas);
      }
    };

    std::string name;
    std::vector<Partition> partitions;

    static void fields(auto& c, auto& m) {
      c(m.name);
      c(m.partitions);
    }
  };

  std::int32_t throttle_time_ms = 0;
  KafkaError error_code = KafkaError::none;
  std::optional<std::string> error_message;
  std::vector<Topic> topics;

  static void fields(auto& c, auto& m) {
    c(m.throttle_time_ms);
    c(m.error_code);
    c(m.error_message);
    c(m.topics);
  }
};

}  // namespace tickerlake::kafka
