#pragma once
// DescribeQuorum (55). Source: KIP-595.
#include <cstdint>
#include <vector>

#include "kafka/errors.h"
#include "kafka/wire/api.h"
#include "kafka/wire/parts.h"

namespace tickerlake::kafka {

struct DescribeQuorumResponse;

/// Of KRaft's metadata log: topic __cluster_metadata, partition 0. Brokers pass it on to the active controller.
struct DescribeQuorumRequest {
  static constexpr auto api = Api{.key = 55, .name = "DescribeQuorum", .versions = {0, 0}, .flexible_since = 0};
  using Response = DescribeQuorumResponse;

  struct Partition {
    std::int32_t partition_index = 0;

    static void fields(auto& c, auto& m) { c(m.partition_index); }
  };

  std::vector<ByTopic<Partition>> topics;

  static void fields(auto& c, auto& m) { c(m.topics); }
};

struct DescribeQuorumResponse {
  struct Replica {
    std::int32_t replica_id = -1;
    std::int64_t log_end_offset = -1;

    static void fields(auto& c, auto& m) {
      c(m.replica_id);
      c(m.log_end_offset);
    }
  };
  struct Partition {
    std::int32_t partition_index = 0;
    KafkaError error_code = KafkaError::none;
    std::int32_t leader_id = -1;
    std::int32_t leader_epoch = -1;
    std::int64_t high_watermark = -1;
    std::vector<Replica> current_voters;
    std::vector<Replica> observers;

    static void fields(auto& c, auto& m) {
      c(m.partition_index);
      c(m.error_code);
      c(m.leader_id);
      c(m.leader_epoch);
      c(m.high_watermark);
      c(m.current_voters);
      c(m.observers);
    }
  };

  KafkaError error_code = KafkaError::none;
  std::vector<ByTopic<Partition>> topics;

  static void fields(auto& c, auto& m) {
    c(m.error_code);
    c(m.topics);
  }
};

}  // namespace tickerlake::kafka
