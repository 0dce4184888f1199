#pragma once
// ListOffsets (key 2): offsets by time. Source: KIP-79, KIP-734 (max timestamp).
#include <cstdint>
#include <limits>
#include <optional>
#include <string>
#include <vector>

#include "kafka/errors.h"
#include "kafka/wire/api.h"
#include "kafka/wire/parts.h"

namespace tickerlake::kafka {

struct ListOffsetsResponse;

struct ListOffsetsRequest {
  static constexpr auto api = Api{.key = 2, .name = "ListOffsets", .versions = {1, 11}, .flexible_since = 6};
  using Response = ListOffsetsResponse;

  struct Partition {
    std::int32_t partition_index = 0;
    std::int32_t current_leader_epoch = -1;
    std::int64_t timestamp = 0;

    static void fields(auto& c, auto& m) {
      c(m.partition_index);
      c(m.current_leader_epoch, since(4));
      c(m.timestamp);
    }
  };

  using Topic = ByTopic<Partition>;

  std::int32_t replica_id = 0;
  std::int8_t isolation_level = 0;
  std::vector<Topic> topics;
  std::int32_t timeout_ms = 0;

  static void fields(auto& c, auto& m) {
    c(m.replica_id);
    c(m.isolation_level, since(2));
    c(m.topics);
    c(m.timeout_ms, since(10));
  }
};

struct ListOffsetsResponse {
  struct Partition {
    std::int32_t partition_index = 0;
    KafkaError error_code = KafkaError::none;
    std::int64_t timestamp = -1;
    std::int64_t offset = -1;
    std::int32_t leader_epoch = -1;

    static void fields(auto& c, auto& m) {
      c(m.partition_index);
      c(m.error_code);
      c(m.timestamp);
      c(m.offset);
      c(m.leader_epoch, since(4));
    }
  };

  using Topic = ByTopic<Partition>;

  std::int32_t throttle_time_ms = 0;
  std::vector<Topic> topics;

  static void fields(auto& c, auto& m) {
    c(m.throttle_time_ms, since(2));
    c(m.topics);
  }
};

}  // namespace tickerlake::kafka
