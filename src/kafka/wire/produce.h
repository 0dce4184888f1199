#pragma once
// Produce (key 0). Versions 0 to 2 are advertised because librdkafka looks for them (KAFKA-18659), and refused.
#include <cstdint>
#include <limits>
#include <optional>
#include <string>
#include <vector>

#include "kafka/errors.h"
#include "kafka/wire/api.h"
#include "kafka/wire/parts.h"

namespace tickerlake::kafka {

struct ProduceResponse;

struct ProduceRequest {
  static constexpr auto api = Api{.key = 0, .name = "Produce", .versions = {0, 13}, .flexible_since = 9};
  using Response = ProduceResponse;

  struct Topic {
    struct Partition {
      std::int32_t index = 0;
      Records records;

      static void fields(auto& c, auto& m) {
        c(m.index);
        c(m.records);
      }
    };

    std::string name;
    Uuid topic_id;
    std::vector<Partition> partition_data;

    static void fields(auto& c, auto& m) {
      c(m.name, until(12));
      c(m.topic_id, since(13));
      c(m.partition_data);
    }
  };

  std::optional<std::string> transactional_id;
  std::int16_t acks = 0;
  std::int32_t timeout_ms = 0;
  std::vector<Topic> topic_data;

  static void fields(auto& c, auto& m) {
    c(m.transactional_id, since(3));
    c(m.acks);
    c(m.timeout_ms);
    c(m.topic_data);
  }
};

struct ProduceResponse {
  struct Topic {
    struct Partition {
      struct RecordError {
        std::int32_t batch_index = 0;
        std::optional<std::string> batch_index_error_message;

        static void fields(auto& c, auto& m) {
          c(m.batch_index);
          c(m.batch_index_error_message);
        }
      };

      std::int32_t index = 0;
      KafkaError error_code = KafkaError::none;
      std::int64_t base_offset = 0;
      std::int64_t log_append_time_ms = -1;
      std::int64_t log_start_offset = -1;
      std::vector<RecordError> record_errors;
      std::optional<std::string> error_message;
      CurrentLeader current_leader;

      static void fields(auto& c, auto& m) {
        c(m.index);
        c(m.error_code);
        c(m.base_offset);
        c(m.log_append_time_ms, since(2));
        c(m.log_start_offset, since(5));
        c(m.record_errors, since(8));
        c(m.error_message, since(8));
        c.tags(tag(0, m.current_leader, since(10)));
      }
    };

    std::string name;
    Uuid topic_id;
    std::vector<Partition> partition_responses;

    static void fields(auto& c, auto& m) {
      c(m.name, until(12));
      c(m.topic_id, since(13));
      c(m.partition_responses);
    }
  };

  std::vector<Topic> responses;
  std::int32_t throttle_time_ms = 0;
  std::vector<NodeEndpoint> node_endpoints;

  static void fields(auto& c, auto& m) {
    c(m.responses);
    c(m.throttle_time_ms, since(1));
    c.tags(tag(0, m.node_endpoints, since(10)));
  }
};

}  // namespace tickerlake::kafka
