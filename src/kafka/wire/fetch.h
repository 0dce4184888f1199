#pragma once
// Fetch (key 1). Source: KIP-74, KIP-227 (sessions), KIP-516 (topic ids since 13).
#include <cstdint>
#include <limits>
#include <optional>
#include <string>
#include <vector>

#include "kafka/errors.h"
#include "kafka/wire/api.h"
#include "kafka/wire/parts.h"

namespace tickerlake::kafka {

struct FetchResponse;

struct FetchRequest {
  static constexpr auto api = Api{.key = 1, .name = "Fetch", .versions = {4, 18}, .flexible_since = 12};
  using Response = FetchResponse;

  struct ReplicaState {
    std::int32_t replica_id = -1;
    std::int64_t replica_epoch = -1;
    bool operator==(const ReplicaState&) const = default;

    static void fields(auto& c, auto& m) {
      c(m.replica_id);
      c(m.replica_epoch);
    }
  };

  struct Topic {
    struct Partition {
      std::int32_t partition = 0;
      std::int32_t current_leader_epoch = -1;
      std::int64_t fetch_offset = 0;
      std::int32_t last_fetched_epoch = -1;
      std::int64_t log_start_offset = -1;
      std::int32_t partition_max_bytes = 0;
      Uuid replica_directory_id;
      std::int64_t high_watermark = std::numeric_limits<std::int64_t>::max();

      static void fields(auto& c, auto& m) {
        c(m.partition);
        c(m.current_leader_epoch, since(9));
        c(m.fetch_offset);
        c(m.last_fetched_epoch, since(12));
        c(m.log_start_offset, since(5));
        c(m.partition_max_bytes);
        c.tags(tag(0, m.replica_directory_id, since(17)),
               tag(1, m.high_watermark, since(18), std::int64_t{std::numeric_limits<std::int64_t>::max()}));
      }
    };

    std::string topic;
    Uuid topic_id;
    std::vector<Partition> partitions;

    static void fields(auto& c, auto& m) {
      c(m.topic, until(12));
      c(m.topic_id, since(13));
      c(m.partitions);
    }
  };

  struct ForgottenTopic {
    std::string topic;
    Uuid topic_id;
    std::vector<std::int32_t> partitions;

    static void fields(auto& c, auto& m) {
      c(m.topic, until(12));
      c(m.topic_id, since(13));
      c(m.partitions);
    }
  };

  std::optional<std::string> cluster_id;
  std::int32_t replica_id = -1;
  ReplicaState replica_state;
  std::int32_t max_wait_ms = 0;
  std::int32_t min_bytes = 0;
  std::int32_t max_bytes = std::numeric_limits<std::int32_t>::max();
  std::int8_t isolation_level = 0;
  std::int32_t session_id = 0;
  std::int32_t session_epoch = -1;
  std::vector<Topic> topics;
  std::vector<ForgottenTopic> forgotten_topics_data;
  std::string rack_id;

  static void fields(auto& c, auto& m) {
    c(m.replica_id, until(14));
    c(m.max_wait_ms);
    c(m.min_bytes);
    c(m.max_bytes);
    c(m.isolation_level);
    c(m.session_id, since(7));
    c(m.session_epoch, since(7));
    c(m.topics);
    c(m.forgotten_topics_data, since(7));
    c(m.rack_id, since(11));
    c.tags(tag(0, m.cluster_id), tag(1, m.replica_state, since(15)));
  }
};

struct FetchResponse {
  struct Topic {
    struct Partition {
      struct EpochEndOffset {
        std::int32_t epoch = -1;
        std::int64_t end_offset = -1;
        bool operator==(const EpochEndOffset&) const = default;

        static void fields(auto& c, auto& m) {
          c(m.epoch);
          c(m.end_offset);
        }
      };

      struct SnapshotId {
        std::int64_t end_offset = -1;
        std::int32_t epoch = -1;
        bool operator==(const SnapshotId&) const = default;

        static void fields(auto& c, auto& m) {
          c(m.end_offset);
          c(m.epoch);
        }
      };

      struct AbortedTransaction {
        std::int64_t producer_id = 0;
        std::int64_t first_offset = 0;

        static void fields(auto& c, auto& m) {
          c(m.producer_id);
          c(m.first_offset);
        }
      };

      std::int32_t partition_index = 0;
      KafkaError error_code = KafkaError::none;
      std::int64_t high_watermark = 0;
      std::int64_t last_stable_offset = -1;
      std::int64_t log_start_offset = -1;
      EpochEndOffset diverging_epoch;
      CurrentLeader current_leader;
      SnapshotId snapshot_id;
      std::optional<std::vector<AbortedTransaction>> aborted_transactions;
      std::int32_t preferred_read_replica = -1;
      Records records;

      static void fields(auto& c, auto& m) {
        c(m.partition_index);
        c(m.error_code);
        c(m.high_watermark);
        c(m.last_stable_offset);
        c(m.log_start_offset, since(5));
        c(m.aborted_transactions);
        c(m.preferred_read_replica, since(11));
        c(m.records);
        c.tags(tag(0, m.diverging_epoch), tag(1, m.current_leader), tag(2, m.snapshot_id));
      }
    };

    std::string topic;
    Uuid topic_id;
    std::vector<Partition> partitions;

    static void fields(auto& c, auto& m) {
      c(m.topic, until(12));
      c(m.topic_id, since(13));
      c(m.partitions);
    }
  };

  std::int32_t throttle_time_ms = 0;
  KafkaError error_code = KafkaError::none;
  std::int32_t session_id = 0;
  std::vector<Topic> responses;
  std::vector<NodeEndpoint> node_endpoints;

  static void fields(auto& c, auto& m) {
    c(m.throttle_time_ms);
    c(m.error_code, since(7));
    c(m.session_id, since(7));
    c(m.responses);
    c.tags(tag(0, m.node_endpoints, since(16)));
  }
};

}  // namespace tickerlake::kafka
