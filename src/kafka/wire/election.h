#pragma once
// ElectLeaders (key 43). Source: KIP-183, KIP-460.
#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "kafka/errors.h"
#include "kafka/wire/api.h"

namespace tickerlake::kafka {

struct ElectLeadersResponse;

struct ElectLeadersRequest {
  static constexpr auto api = Api{.key = 43, .name = "ElectLeaders", .versions = {0, 2}, .flexible_since = 2};
  using Response = ElectLeadersResponse;
  static constexpr std::int8_t preferred = 0;

  struct Topic {
    std::string topic;
    std::vector<std::int32_t> partitions;

    static void fields(auto& c, auto& m) {
      c(m.topic);
      c(m.partitions);
    }
  };

  std::int8_t election_type = preferred;
  std::optional<std::vector<Topic>> topic_partitions;
  std::int32_t timeout_ms = 60'000;

  static void fields(auto& c, auto& m) {
    c(m.election_type, since(1));
    c(m.topic_partitions);
    c(m.timeout_ms);
  }
};

struct ElectLeadersResponse {
  struct Topic {
    struct Partition {
      std::int32_t partition_id = 0;
      KafkaError error_code = KafkaError::none;
      std::optional<std::string> error_message;

      static void fields(auto& c, auto& m) {
        c(m.partition_id);
        c(m.error_code);
        c(m.error_message);
      }
    };

    std::string topic;
    std::vector<Partition> partition_result;

    static void fields(auto& c, auto& m) {
      c(m.topic);
      c(m.partition_result);
    }
  };

  std::int32_t throttle_time_ms = 0;
  KafkaError error_code = KafkaError::none;
  std::vector<Topic> replica_election_results;

  static void fields(auto& c, auto& m) {
    c(m.throttle_time_ms);
    c(m.error_code, since(1));
    c(m.replica_election_results);
  }
};

}  // namespace tickerlake::kafka
