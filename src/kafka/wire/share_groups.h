#pragma once
// Membership of share groups, whose members share partitions' records: ShareGroupHeartbeat (76), ShareGroupDescribe
// (77). Source: KIP-932.
#include <cstdint>
#include <limits>
#include <optional>
#include <string>
#include <vector>

#include "kafka/errors.h"
#include "kafka/wire/api.h"
#include "kafka/wire/parts.h"

namespace tickerlake::kafka {

struct ShareGroupHeartbeatResponse;

/// What is null has not changed since the last heartbeat.
struct ShareGroupHeartbeatRequest {
  static constexpr auto api = Api{.key = 76, .name = "ShareGroupHeartbeat", .versions = {1, 1}, .flexible_since = 0};
  using Response = ShareGroupHeartbeatResponse;

  std::string group_id;
  std::string member_id;
  std::int32_t member_epoch = 0;
  std::optional<std::string> rack_id;
  std::optional<std::vector<std::string>> subscribed_topic_names;

  static void fields(auto& c, auto& m) {
    c(m.group_id);
    c(m.member_id);
    c(m.member_epoch);
    c(m.rack_id);
    c(m.subscribed_topic_names);
  }
};

struct ShareGroupHeartbeatResponse {
  struct Assignment {
    std::vector<TopicIdPartitions> topic_partitions;

    static void fields(auto& c, auto& m) { c(m.topic_partitions); }
  };

  std::int32_t throttle_time_ms = 0;
  KafkaError error_code = KafkaError::none;
  std::optional<std::string> error_message;
  std::optional<std::string> member_id;
  std::int32_t member_epoch = 0;
  std::int32_t heartbeat_interval_ms = 0;
  std::optional<Assignment> assignment;

  static void fields(auto& c, auto& m) {
    c(m.throttle_time_ms);
    c(m.error_code);
    c(m.error_message);
    c(m.member_id);
    c(m.member_epoch);
    c(m.heartbeat_interval_ms);
    c(m.assignment);
  }
};

struct ShareGroupDescribeResponse;

struct ShareGroupDescribeRequest {
  static constexpr auto api = Api{.key = 77, .name = "ShareGroupDescribe", .versions = {1, 1}, .flexible_since = 0};
  using Response = ShareGroupDescribeResponse;

  std::vector<std::string> group_ids;
  bool include_authorized_operations = false;

  static void fields(auto& c, auto& m) {
    c(m.group_ids);
    c(m.include_authorized_operations);
  }
};

struct ShareGroupDescribeResponse {
  struct TopicPartitions {
    Uuid topic_id;
    std::string topic_name;
    std::vector<std::int32_t> partitions;

    static void fields(auto& c, auto& m) {
      c(m.topic_id);
      c(m.topic_name);
      c(m.partitions);
    }
  };

  struct Assignment {
    std::vector<TopicPartitions> topic_partitions;

    static void fields(auto& c, auto& m) { c(m.topic_partitions); }
  };

  struct Member {
    std::string member_id;
    std::optional<std::string> rack_id;
    std::int32_t member_epoch = 0;
    std::string client_id;
    std::string client_host;
    std::vector<std::string> subscribed_topic_names;
    Assignment assignment;

    static void fields(auto& c, auto& m) {
      c(m.member_id);
      c(m.rack_id);
      c(m.member_epoch);
      c(m.client_id);
      c(m.client_host);
      c(m.subscribed_topic_names);
      c(m.assignment);
    }
  };

  struct Group {
    KafkaError error_code = KafkaError::none;
    std::optional<std::string> error_message;
    std::string group_id;
    std::string group_state;
    std::int32_t group_epoch = 0;
    std::int32_t assignment_epoch = 0;
    std::string assignor_name;
    std::vector<Member> members;
    std::int32_t authorized_operations = std::numeric_limits<std::int32_t>::min();

    static void fields(auto& c, auto& m) {
      c(m.error_code);
      c(m.error_message);
      c(m.group_id);
      c(m.group_state);
      c(m.group_epoch);
      c(m.assignment_epoch);
      c(m.assignor_name);
      c(m.members);
      c(m.authorized_operations);
    }
  };

  std::int32_t throttle_time_ms = 0;
  std::vector<Group> groups;

  static void fields(auto& c, auto& m) {
    c(m.throttle_time_ms);
    c(m.groups);
  }
};

}  // namespace tickerlake::kafka
