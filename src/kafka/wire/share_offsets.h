#pragma once
// Where share groups begin to deliver: DescribeShareGroupOffsets (90), AlterShareGroupOffsets (91),
// DeleteShareGroupOffsets (92). Source: KIP-932, KIP-1226 (lag).
#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "kafka/errors.h"
#include "kafka/wire/api.h"
#include "kafka/wire/parts.h"

namespace tickerlake::kafka {

struct DescribeShareGroupOffsetsResponse;

struct DescribeShareGroupOffsetsRequest {
  static constexpr auto api =
      Api{.key = 90, .name = "DescribeShareGroupOffsets", .versions = {0, 1}, .flexible_since = 0};
  using Response = DescribeShareGroupOffsetsResponse;
  using Topic = ByTopic<std::int32_t>;

  struct Group {
    std::string group_id;
    std::optional<std::vector<Topic>> topics;  // null: all

    static void fields(auto& c, auto& m) {
      c(m.group_id);
      c(m.topics);
    }
  };

  std::vector<Group> groups;

  static void fields(auto& c, auto& m) { c(m.groups); }
};

struct DescribeShareGroupOffsetsResponse {
  struct Group {
    struct Topic {
      struct Partition {
        std::int32_t partition_index = 0;
        std::int64_t start_offset = -1;
        std::int32_t leader_epoch = 0;
        std::int64_t lag = -1;
        KafkaError error_code = KafkaError::none;
        std::optional<std::string> error_message;

        static void fields(auto& c, auto& m) {
          c(m.partition_index);
          c(m.start_offset);
          c(m.leader_epoch);
          c(m.lag, since(1));
          c(m.error_code);
          c(m.error_message);
        }
      };

      std::string topic_name;
      Uuid topic_id;
      std::vector<Partition> partitions;

      static void fields(auto& c, auto& m) {
        c(m.topic_name);
        c(m.topic_id);
        c(m.partitions);
      }
    };

    std::string group_id;
    std::vector<Topic> topics;
    KafkaError error_code = KafkaError::none;
    std::optional<std::string> error_message;

    static void fields(auto& c, auto& m) {
      c(m.group_id);
      c(m.topics);
      c(m.error_code);
      c(m.error_message);
    }
  };

  std::int32_t throttle_time_ms = 0;
  std::vector<Group> groups;

  static void fields(auto& c, auto& m) {
    c(m.throttle_time_ms);
    c(m.groups);
  }
};

struct AlterShareGroupOffsetsResponse;

struct AlterShareGroupOffsetsRequest {
  static constexpr auto api = Api{.key = 91, .name = "AlterShareGroupOffsets", .versions = {0, 0}, .flexible_since = 0};
  using Response = AlterShareGroupOffsetsResponse;

  struct StartOffset {
    std::int32_t partition_index = 0;
    std::int64_t start_offset = 0;

    static void fields(auto& c, auto& m) {
      c(m.partition_index);
      c(m.start_offset);
    }
  };

  std::string group_id;
  std::vector<ByTopic<StartOffset>> topics;

  static void fields(auto& c, auto& m) {
    c(m.group_id);
    c(m.topics);
  }
};

struct AlterShareGroupOffsetsResponse {
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

    std::string topic_name;
    Uuid topic_id;
    std::vector<Partition> partitions;

    static void fields(auto& c, auto& m) {
      c(m.topic_name);
      c(m.topic_id);
      c(m.partitions);
    }
  };

  std::int32_t throttle_time_ms = 0;
  KafkaError error_code = KafkaError::none;
  std::optional<std::string> error_message;
  std::vector<Topic> responses;

  static void fields(auto& c, auto& m) {
    c(m.throttle_time_ms);
    c(m.error_code);
    c(m.error_message);
    c(m.responses);
  }
};

struct DeleteShareGroupOffsetsResponse;

struct DeleteShareGroupOffsetsRequest {
  static constexpr auto api =
      Api{.key = 92, .name = "DeleteShareGroupOffsets", .versions = {0, 0}, .flexible_since = 0};
  using Response = DeleteShareGroupOffsetsResponse;

  struct Topic {
    std::string topic_name;

    static void fields(auto& c, auto& m) { c(m.topic_name); }
  };

  std::string group_id;
  std::vector<Topic> topics;

  static void fields(auto& c, auto& m) {
    c(m.group_id);
    c(m.topics);
  }
};

struct DeleteShareGroupOffsetsResponse {
  struct Topic {
    std::string topic_name;
    Uuid topic_id;
    KafkaError error_code = KafkaError::none;
    std::optional<std::string> error_message;

    static void fields(auto& c, auto& m) {
      c(m.topic_name);
      c(m.topic_id);
      c(m.error_code);
      c(m.error_message);
    }
  };

  std::int32_t throttle_time_ms = 0;
  KafkaError error_code = KafkaError::none;
  std::optional<std::string> error_message;
  std::vector<Topic> responses;

  static void fields(auto& c, auto& m) {
    c(m.throttle_time_ms);
    c(m.error_code);
    c(m.error_message);
    c(m.responses);
  }
};

}  // namespace tickerlake::kafka
