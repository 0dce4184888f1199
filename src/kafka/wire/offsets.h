#pragma once
// Committed offsets: OffsetCommit (8), OffsetFetch (9), OffsetDelete (47), OffsetForLeaderEpoch (23). Source: KIP-447,
// KIP-496, KIP-709 (batched fetch), KIP-320 (leader epochs).
#include <cstdint>
#include <limits>
#include <optional>
#include <string>
#include <vector>

#include "kafka/errors.h"
#include "kafka/wire/api.h"
#include "kafka/wire/parts.h"

namespace tickerlake::kafka {

struct OffsetCommitResponse;

struct OffsetCommitRequest {
  static constexpr auto api = Api{.key = 8, .name = "OffsetCommit", .versions = {2, 10}, .flexible_since = 8};
  using Response = OffsetCommitResponse;

  using Topic = ByTopicOrId<OffsetToCommit<6>, 10>;

  std::string group_id;
  std::int32_t generation_id = -1;
  std::string member_id;
  std::optional<std::string> group_instance_id;
  std::int64_t retention_time_ms = -1;
  std::vector<Topic> topics;

  static void fields(auto& c, auto& m) {
    c(m.group_id);
    c(m.generation_id);
    c(m.member_id);
    c(m.group_instance_id, since(7));
    c(m.retention_time_ms, until(4));
    c(m.topics);
  }
};

struct OffsetCommitResponse {
  using Topic = ByTopicOrId<PartitionError, 10>;

  std::int32_t throttle_time_ms = 0;
  std::vector<Topic> topics;

  static void fields(auto& c, auto& m) {
    c(m.throttle_time_ms, since(3));
    c(m.topics);
  }
};

struct OffsetFetchResponse;

struct OffsetFetchRequest {
  static constexpr auto api = Api{.key = 9, .name = "OffsetFetch", .versions = {1, 10}, .flexible_since = 6};
  using Response = OffsetFetchResponse;

  struct Topic {
    std::string name;
    std::vector<std::int32_t> partition_indexes;

    static void fields(auto& c, auto& m) {
      c(m.name);
      c(m.partition_indexes);
    }
  };

  struct Group {
    struct Topic {
      std::string name;
      Uuid topic_id;
      std::vector<std::int32_t> partition_indexes;

      static void fields(auto& c, auto& m) {
        c(m.name, until(9));
        c(m.topic_id, since(10));
        c(m.partition_indexes);
      }
    };

    std::string group_id;
    std::optional<std::string> member_id;
    std::int32_t member_epoch = -1;
    std::optional<std::vector<Topic>> topics;

    static void fields(auto& c, auto& m) {
      c(m.group_id);
      c(m.member_id, since(9));
      c(m.member_epoch, since(9));
      c(m.topics);
    }
  };

  std::string group_id;
  std::optional<std::vector<Topic>> topics;
  std::vector<Group> groups;
  bool require_stable = false;

  static void fields(auto& c, auto& m) {
    c(m.group_id, until(7));
    c(m.topics, until(7).nullable_since(2));
    c(m.groups, since(8));
    c(m.require_stable, since(7));
  }
};

struct OffsetFetchResponse {
  struct Partition {
    std::int32_t partition_index = 0;
    std::int64_t committed_offset = 0;
    std::int32_t committed_leader_epoch = -1;
    std::optional<std::string> metadata;
    KafkaError error_code = KafkaError::none;

    static void fields(auto& c, auto& m) {
      c(m.partition_index);
      c(m.committed_offset);
      c(m.committed_leader_epoch, since(5));
      c(m.metadata);
      c(m.error_code);
    }
  };

  using Topic = ByTopic<Partition>;

  struct Group {
    using Topic = ByTopicOrId<Partition, 10>;

    std::string group_id;
    std::vector<Topic> topics;
    KafkaError error_code = KafkaError::none;

    static void fields(auto& c, auto& m) {
      c(m.group_id);
      c(m.topics);
      c(m.error_code);
    }
  };

  std::int32_t throttle_time_ms = 0;
  std::vector<Topic> topics;
  KafkaError error_code = KafkaError::none;
  std::vector<Group> groups;

  static void fields(auto& c, auto& m) {
    c(m.throttle_time_ms, since(3));
    c(m.topics, until(7));
    c(m.error_code, between(2, 7));
    c(m.groups, since(8));
  }
};

struct OffsetDeleteResponse;

struct OffsetDeleteRequest {
  static constexpr auto api = Api{.key = 47, .name = "OffsetDelete", .versions = {0, 0}};
  using Response = OffsetDeleteResponse;

  struct Partition {
    std::int32_t partition_index = 0;

    static void fields(auto& c, auto& m) { c(m.partition_index); }
  };

  using Topic = ByTopic<Partition>;

  std::string group_id;
  std::vector<Topic> topics;

  static void fields(auto& c, auto& m) {
    c(m.group_id);
    c(m.topics);
  }
};

struct OffsetDeleteResponse {
  using Topic = ByTopic<PartitionError>;

  KafkaError error_code = KafkaError::none;
  std::int32_t throttle_time_ms = 0;
  std::vector<Topic> topics;

  static void fields(auto& c, auto& m) {
    c(m.error_code);
    c(m.throttle_time_ms);
    c(m.topics);
  }
};

struct OffsetForLeaderEpochResponse;

struct OffsetForLeaderEpochRequest {
  static constexpr auto api = Api{.key = 23, .name = "OffsetForLeaderEpoch", .versions = {2, 4}, .flexible_since = 4};
  using Response = OffsetForLeaderEpochResponse;

  struct Topic {
    struct Partition {
      std::int32_t partition = 0;
      std::int32_t current_leader_epoch = -1;
      std::int32_t leader_epoch = 0;

      static void fields(auto& c, auto& m) {
        c(m.partition);
        c(m.current_leader_epoch);
        c(m.leader_epoch);
      }
    };

    std::string topic;
    std::vector<Partition> partitions;

    static void fields(auto& c, auto& m) {
      c(m.topic);
      c(m.partitions);
    }
  };

  std::int32_t replica_id = -2;
  std::vector<Topic> topics;

  static void fields(auto& c, auto& m) {
    c(m.replica_id, since(3));
    c(m.topics);
  }
};

struct OffsetForLeaderEpochResponse {
  struct Topic {
    struct Partition {
      KafkaError error_code = KafkaError::none;
      std::int32_t partition = 0;
      std::int32_t leader_epoch = -1;
      std::int64_t end_offset = -1;

      static void fields(auto& c, auto& m) {
        c(m.error_code);
        c(m.partition);
        c(m.leader_epoch);
        c(m.end_offset);
      }
    };

    std::string topic;
    std::vector<Partition> partitions;

    static void fields(auto& c, auto& m) {
      c(m.topic);
      c(m.partitions);
    }
  };

  std::int32_t throttle_time_ms = 0;
  std::vector<Topic> topics;

  static void fields(auto& c, auto& m) {
    c(m.throttle_time_ms);
    c(m.topics);
  }
};

}  // namespace tickerlake::kafka
