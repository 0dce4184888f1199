#pragma once
// Records of share groups: ShareFetch (78) and ShareAcknowledge (79). Source: KIP-932, KIP-1206 (acquire mode),
// KIP-1222 (renewed locks).
#include <cstdint>
#include <limits>
#include <optional>
#include <string>
#include <vector>

#include "kafka/errors.h"
#include "kafka/wire/api.h"
#include "kafka/wire/parts.h"

namespace tickerlake::kafka {

/// How records of a range were dealt with. One type for all, or one a record.
struct AcknowledgementBatch {
  std::int64_t first_offset = 0;
  std::int64_t last_offset = 0;
  std::vector<std::int8_t> acknowledge_types;

  static void fields(auto& c, auto& m) {
    c(m.first_offset);
    c(m.last_offset);
    c(m.acknowledge_types);
  }
};

struct ShareFetchResponse;

struct ShareFetchRequest {
  static constexpr auto api = Api{.key = 78, .name = "ShareFetch", .versions = {1, 2}, .flexible_since = 0};
  using Response = ShareFetchResponse;

  struct Topic {
    struct Partition {
      std::int32_t partition_index = 0;
      std::vector<AcknowledgementBatch> acknowledgement_batches;

      static void fields(auto& c, auto& m) {
        c(m.partition_index);
        c(m.acknowledgement_batches);
      }
    };

    Uuid topic_id;
    std::vector<Partition> partitions;

    static void fields(auto& c, auto& m) {
      c(m.topic_id);
      c(m.partitions);
    }
  };

  std::optional<std::string> group_id;
  std::optional<std::string> member_id;
  std::int32_t share_session_epoch = 0;
  std::int32_t max_wait_ms = 0;
  std::int32_t min_bytes = 0;
  std::int32_t max_bytes = std::numeric_limits<std::int32_t>::max();
  std::int32_t max_records = 0;
  std::int32_t batch_size = 0;
  std::int8_t share_acquire_mode = 0;  // 0 whole batches, 1 exactly max_records
  bool is_renew_ack = false;
  std::vector<Topic> topics;
  std::vector<TopicIdPartitions> forgotten_topics_data;

  static void fields(auto& c, auto& m) {
    c(m.group_id);
    c(m.member_id);
    c(m.share_session_epoch);
    c(m.max_wait_ms);
    c(m.min_bytes);
    c(m.max_bytes);
    c(m.max_records);
    c(m.batch_size);
    c(m.share_acquire_mode, since(2));
    c(m.is_renew_ack, since(2));
    c(m.topics);
    c(m.forgotten_topics_data);
  }
};

struct ShareFetchResponse {
  struct Topic {
    struct Partition {
      struct AcquiredRecords {
        std::int64_t first_offset = 0;
        std::int64_t last_offset = 0;
        std::int16_t delivery_count = 0;

        static void fields(auto& c, auto& m) {
          c(m.first_offset);
          c(m.last_offset);
          c(m.delivery_count);
        }
      };

      std::int32_t partition_index = 0;
      KafkaError error_code = KafkaError::none;
      std::optional<std::string> error_message;
      KafkaError acknowledge_error_code = KafkaError::none;
      std::optional<std::string> acknowledge_error_message;
      CurrentLeader current_leader{0, 0};
      Records records;
      std::vector<AcquiredRecords> acquired_records;

      static void fields(auto& c, auto& m) {
        c(m.partition_index);
        c(m.error_code);
        c(m.error_message);
        c(m.acknowledge_error_code);
        c(m.acknowledge_error_message);
        c(m.current_leader);
        c(m.records);
        c(m.acquired_records);
      }
    };

    Uuid topic_id;
    std::vector<Partition> partitions;

    static void fields(auto& c, auto& m) {
      c(m.topic_id);
      c(m.partitions);
    }
  };

  std::int32_t throttle_time_ms = 0;
  KafkaError error_code = KafkaError::none;
  std::optional<std::string> error_message;
  std::int32_t acquisition_lock_timeout_ms = 0;
  std::vector<Topic> responses;
  std::vector<NodeEndpoint> node_endpoints;

  static void fields(auto& c, auto& m) {
    c(m.throttle_time_ms);
    c(m.error_code);
    c(m.error_message);
    c(m.acquisition_lock_timeout_ms);
    c(m.responses);
    c(m.node_endpoints);
  }
};

struct ShareAcknowledgeResponse;

struct ShareAcknowledgeRequest {
  static constexpr auto api = Api{.key = 79, .name = "ShareAcknowledge", .versions = {1, 2}, .flexible_since = 0};
  using Response = ShareAcknowledgeResponse;
  using Topic = ShareFetchRequest::Topic;

  std::optional<std::string> group_id;
  std::optional<std::string> member_id;
  std::int32_t share_session_epoch = 0;
  bool is_renew_ack = false;
  std::vector<Topic> topics;

  static void fields(auto& c, auto& m) {
    c(m.group_id);
    c(m.member_id);
    c(m.share_session_epoch);
    c(m.is_renew_ack, since(2));
    c(m.topics);
  }
};

struct ShareAcknowledgeResponse {
  struct Topic {
    struct Partition {
      std::int32_t partition_index = 0;
      KafkaError error_code = KafkaError::none;
      std::optional<std::string> error_message;
      CurrentLeader current_leader{0, 0};

      static void fields(auto& c, auto& m) {
        c(m.partition_index);
        c(m.error_code);
        c(m.error_message);
        c(m.current_leader);
      }
    };

    Uuid topic_id;
    std::vector<Partition> partitions;

    static void fields(auto& c, auto& m) {
      c(m.topic_id);
      c(m.partitions);
    }
  };

  std::int32_t throttle_time_ms = 0;
  KafkaError error_code = KafkaError::none;
  std::optional<std::string> error_message;
  std::int32_t acquisition_lock_timeout_ms = 0;
  std::vector<Topic> responses;
  std::vector<NodeEndpoint> node_endpoints;

  static void fields(auto& c, auto& m) {
    c(m.throttle_time_ms);
    c(m.error_code);
    c(m.error_message);
    c(m.acquisition_lock_timeout_ms, since(2));
    c(m.responses);
    c(m.node_endpoints);
  }
};

}  // namespace tickerlake::kafka
