#pragma once
// CreateTopics (19), DeleteTopics (20), CreatePartitions (37), DeleteRecords (21). Source: KIP-4, KIP-107, KIP-195.
#include <cstdint>
#include <limits>
#include <optional>
#include <string>
#include <vector>

#include "kafka/errors.h"
#include "kafka/wire/api.h"
#include "kafka/wire/parts.h"

namespace tickerlake::kafka {

struct CreateTopicsResponse;

struct CreateTopicsRequest {
  static constexpr auto api = Api{.key = 19, .name = "CreateTopics", .versions = {2, 7}, .flexible_since = 5};
  using Response = CreateTopicsResponse;

  struct Topic {
    struct Assignment {
      std::int32_t partition_index = 0;
      std::vector<std::int32_t> broker_ids;

      static void fields(auto& c, auto& m) {
        c(m.partition_index);
        c(m.broker_ids);
      }
    };

    std::string name;
    std::int32_t num_partitions = 0;
    std::int16_t replication_factor = 0;
    std::vector<Assignment> assignments;
    std::vector<ConfigValue> configs;

    static void fields(auto& c, auto& m) {
      c(m.name);
      c(m.num_partitions);
      c(m.replication_factor);
      c(m.assignments);
      c(m.configs);
    }
  };

  std::vector<Topic> topics;
  std::int32_t timeout_ms = 60'000;
  bool validate_only = false;

  static void fields(auto& c, auto& m) {
    c(m.topics);
    c(m.timeout_ms);
    c(m.validate_only);
  }
};

struct CreateTopicsResponse {
  struct Topic {
    struct Config {
      std::string name;
      std::optional<std::string> value;
      bool read_only = false;
      std::int8_t config_source = -1;
      bool is_sensitive = false;

      static void fields(auto& c, auto& m) {
        c(m.name);
        c(m.value);
        c(m.read_only);
        c(m.config_source);
        c(m.is_sensitive);
      }
    };

    std::string name;
    Uuid topic_id;
    KafkaError error_code = KafkaError::none;
    std::optional<std::string> error_message;
    KafkaError topic_config_error_code = KafkaError::none;
    std::int32_t num_partitions = -1;
    std::int16_t replication_factor = -1;
    std::optional<std::vector<Config>> configs;

    static void fields(auto& c, auto& m) {
      c(m.name);
      c(m.topic_id, since(7));
      c(m.error_code);
      c(m.error_message);
      c(m.num_partitions, since(5));
      c(m.replication_factor, since(5));
      c(m.configs, since(5));
      c.tags(tag(0, m.topic_config_error_code));
    }
  };

  std::int32_t throttle_time_ms = 0;
  std::vector<Topic> topics;

  static void fields(auto& c, auto& m) {
    c(m.throttle_time_ms);
    c(m.topics);
  }
};

struct DeleteTopicsResponse;

struct DeleteTopicsRequest {
  static constexpr auto api = Api{.key = 20, .name = "DeleteTopics", .versions = {1, 6}, .flexible_since = 4};
  using Response = DeleteTopicsResponse;

  struct Topic {
    std::optional<std::string> name;
    Uuid topic_id;

    static void fields(auto& c, auto& m) {
      c(m.name);
      c(m.topic_id);
    }
  };

  std::vector<Topic> topics;
  std::vector<std::string> topic_names;
  std::int32_t timeout_ms = 0;

  static void fields(auto& c, auto& m) {
    c(m.topics, since(6));
    c(m.topic_names, until(5));
    c(m.timeout_ms);
  }
};

struct DeleteTopicsResponse {
  struct Topic {
    std::optional<std::string> name;
    Uuid topic_id;
    KafkaError error_code = KafkaError::none;
    std::optional<std::string> error_message;

    static void fields(auto& c, auto& m) {
      c(m.name, nullable_since(6));
      c(m.topic_id, since(6));
      c(m.error_code);
      c(m.error_message, since(5));
    }
  };

  std::int32_t throttle_time_ms = 0;
  std::vector<Topic> responses;

  static void fields(auto& c, auto& m) {
    c(m.throttle_time_ms);
    c(m.responses);
  }
};

struct CreatePartitionsResponse;

struct CreatePartitionsRequest {
  static constexpr auto api = Api{.key = 37, .name = "CreatePartitions", .versions = {0, 3}, .flexible_since = 2};
  using Response = CreatePartitionsResponse;

  struct Topic {
    struct Assignment {
      std::vector<std::int32_t> broker_ids;

      static void fields(auto& c, auto& m) { c(m.broker_ids); }
    };

    std::string name;
    std::int32_t count = 0;
    std::optional<std::vector<Assignment>> assignments;

    static void fields(auto& c, auto& m) {
      c(m.name);
      c(m.count);
      c(m.assignments);
    }
  };

  std::vector<Topic> topics;
  std::int32_t timeout_ms = 0;
  bool validate_only = false;

  static void fields(auto& c, auto& m) {
    c(m.topics);
    c(m.timeout_ms);
    c(m.validate_only);
  }
};

struct CreatePartitionsResponse {
  struct Topic {
    std::string name;
    KafkaError error_code = KafkaError::none;
    std::optional<std::string> error_message;

    static void fields(auto& c, auto& m) {
      c(m.name);
      c(m.error_code);
      c(m.error_message);
    }
  };

  std::int32_t throttle_time_ms = 0;
  std::vector<Topic> results;

  static void fields(auto& c, auto& m) {
    c(m.throttle_time_ms);
    c(m.results);
  }
};

struct DeleteRecordsResponse;

struct DeleteRecordsRequest {
  static constexpr auto api = Api{.key = 21, .name = "DeleteRecords", .versions = {0, 2}, .flexible_since = 2};
  using Response = DeleteRecordsResponse;

  struct Partition {
    std::int32_t partition_index = 0;
    std::int64_t offset = 0;

    static void fields(auto& c, auto& m) {
      c(m.partition_index);
      c(m.offset);
    }
  };

  using Topic = ByTopic<Partition>;

  std::vector<Topic> topics;
  std::int32_t timeout_ms = 0;

  static void fields(auto& c, auto& m) {
    c(m.topics);
    c(m.timeout_ms);
  }
};

struct DeleteRecordsResponse {
  struct Partition {
    std::int32_t partition_index = 0;
    std::int64_t low_watermark = 0;
    KafkaError error_code = KafkaError::none;

    static void fields(auto& c, auto& m) {
      c(m.partition_index);
      c(m.low_watermark);
      c(m.error_code);
    }
  };

  using Topic = ByTopic<Partition>;

  std::int32_t throttle_time_ms = 0;
  std::vector<Topic> topics;

  static void fields(auto& c, auto& m) {
    c(m.throttle_time_ms);
    c(m.topics);
  }
};

}  // namespace tickerlake::kafka
