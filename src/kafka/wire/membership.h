#pragma once
// The classic group protocol: JoinGroup (11), SyncGroup (14), Heartbeat (12), LeaveGroup (13). Source: KIP-62, KIP-345
// (static membership), KIP-394 (member id required), KIP-559, KIP-800, KIP-814 (skipped assignment).
#include <cstdint>
#include <limits>
#include <optional>
#include <string>
#include <vector>

#include "kafka/errors.h"
#include "kafka/wire/api.h"

namespace tickerlake::kafka {

struct JoinGroupResponse;

struct JoinGroupRequest {
  static constexpr auto api = Api{.key = 11, .name = "JoinGroup", .versions = {0, 9}, .flexible_since = 6};
  using Response = JoinGroupResponse;

  struct Protocol {
    std::string name;
    Buffer metadata;

    static void fields(auto& c, auto& m) {
      c(m.name);
      c(m.metadata);
    }
  };

  std::string group_id;
  std::int32_t session_timeout_ms = 0;
  std::int32_t rebalance_timeout_ms = -1;
  std::string member_id;
  std::optional<std::string> group_instance_id;
  std::string protocol_type;
  std::vector<Protocol> protocols;
  std::optional<std::string> reason;

  static void fields(auto& c, auto& m) {
    c(m.group_id);
    c(m.session_timeout_ms);
    c(m.rebalance_timeout_ms, since(1));
    c(m.member_id);
    c(m.group_instance_id, since(5));
    c(m.protocol_type);
    c(m.protocols);
    c(m.reason, since(8));
  }
};

struct JoinGroupResponse {
  struct Member {
    std::string member_id;
    std::optional<std::string> group_instance_id;
    Buffer metadata;

    static void fields(auto& c, auto& m) {
      c(m.member_id);
      c(m.group_instance_id, since(5));
      c(m.metadata);
    }
  };

  std::int32_t throttle_time_ms = 0;
  KafkaError error_code = KafkaError::none;
  std::int32_t generation_id = -1;
  std::optional<std::string> protocol_type;
  std::optional<std::string> protocol_name;
  std::string leader;
  bool skip_assignment = false;
  std::string member_id;
  std::vector<Member> members;

  static void fields(auto& c, auto& m) {
    c(m.throttle_time_ms, since(2));
    c(m.error_code);
    c(m.generation_id);
    c(m.protocol_type, since(7));
    c(m.protocol_name, nullable_since(7));
    c(m.leader);
    c(m.skip_assignment, since(9));
    c(m.member_id);
    c(m.members);
  }
};

struct SyncGroupResponse;

struct SyncGroupRequest {
  static constexpr auto api = Api{.key = 14, .name = "SyncGroup", .versions = {0, 5}, .flexible_since = 4};
  using Response = SyncGroupResponse;

  struct Assignment {
    std::string member_id;
    Buffer assignment;

    static void fields(auto& c, auto& m) {
      c(m.member_id);
      c(m.assignment);
    }
  };

  std::string group_id;
  std::int32_t generation_id = 0;
  std::string member_id;
  std::optional<std::string> group_instance_id;
  std::optional<std::string> protocol_type;
  std::optional<std::string> protocol_name;
  std::vector<Assignment> assignments;

  static void fields(auto& c, auto& m) {
    c(m.group_id);
    c(m.generation_id);
    c(m.member_id);
    c(m.group_instance_id, since(3));
    c(m.protocol_type, since(5));
    c(m.protocol_name, since(5));
    c(m.assignments);
  }
};

struct SyncGroupResponse {
  std::int32_t throttle_time_ms = 0;
  KafkaError error_code = KafkaError::none;
  std::optional<std::string> protocol_type;
  std::optional<std::string> protocol_name;
  Buffer assignment;

  static void fields(auto& c, auto& m) {
    c(m.throttle_time_ms, since(1));
    c(m.error_code);
    c(m.protocol_type, since(5));
    c(m.protocol_name, since(5));
    c(m.assignment);
  }
};

struct HeartbeatResponse;

struct HeartbeatRequest {
  static constexpr auto api = Api{.key = 12, .name = "Heartbeat", .versions = {0, 4}, .flexible_since = 4};
  using Response = HeartbeatResponse;

  std::string group_id;
  std::int32_t generation_id = 0;
  std::string member_id;
  std::optional<std::string> group_instance_id;

  static void fields(auto& c, auto& m) {
    c(m.group_id);
    c(m.generation_id);
    c(m.member_id);
    c(m.group_instance_id, since(3));
  }
};

struct HeartbeatResponse {
  std::int32_t throttle_time_ms = 0;
  KafkaError error_code = KafkaError::none;

  static void fields(auto& c, auto& m) {
    c(m.throttle_time_ms, since(1));
    c(m.error_code);
  }
};

struct LeaveGroupResponse;

struct LeaveGroupRequest {
  static constexpr auto api = Api{.key = 13, .name = "LeaveGroup", .versions = {0, 5}, .flexible_since = 4};
  using Response = LeaveGroupResponse;

  struct Member {
    std::string member_id;
    std::optional<std::string> group_instance_id;
    std::optional<std::string> reason;

    static void fields(auto& c, auto& m) {
      c(m.member_id);
      c(m.group_instance_id);
      c(m.reason, since(5));
    }
  };

  std::string group_id;
  std::string member_id;
  std::vector<Member> members;

  static void fields(auto& c, auto& m) {
    c(m.group_id);
    c(m.member_id, until(2));
    c(m.members, since(3));
  }
};

struct LeaveGroupResponse {
  struct Member {
    std::string member_id;
    std::optional<std::string> group_instance_id;
    KafkaError error_code = KafkaError::none;

    static void fields(auto& c, auto& m) {
      c(m.member_id);
      c(m.group_instance_id);
      c(m.error_code);
    }
  };

  std::int32_t throttle_time_ms = 0;
  KafkaError error_code = KafkaError::none;
  std::vector<Member> members;

  static void fields(auto& c, auto& m) {
    c(m.throttle_time_ms, since(1));
    c(m.error_code);
    c(m.members, since(3));
  }
};

}  // namespace tickerlake::kafka
