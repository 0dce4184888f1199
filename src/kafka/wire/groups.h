#pragma once
// Groups seen from outside: FindCoordinator (10), DescribeGroups (15), ListGroups (16), DeleteGroups (42). Source:
// KIP-699 (batched coordinators), KIP-518, KIP-229.
#include <cstdint>
#include <limits>
#include <optional>
#include <string>
#include <vector>

#include "kafka/errors.h"
#include "kafka/wire/api.h"

namespace tickerlake::kafka {

struct FindCoordinatorResponse;

struct FindCoordinatorRequest {
  static constexpr auto api = Api{.key = 10, .name = "FindCoordinator", .versions = {0, 6}, .flexible_since = 3};
  using Response = FindCoordinatorResponse;

  std::string key;
  std::int8_t key_type = 0;
  std::vector<std::string> coordinator_keys;

  static void fields(auto& c, auto& m) {
    c(m.key, until(3));
    c(m.key_type, since(1));
    c(m.coordinator_keys, since(4));
  }
};

struct FindCoordinatorResponse {
  struct Coordinator {
    std::string key;
    std::int32_t node_id = 0;
    std::string host;
    std::int32_t port = 0;
    KafkaError error_code = KafkaError::none;
    std::optional<std::string> error_message;

    static void fields(auto& c, auto& m) {
      c(m.key);
      c(m.node_id);
      c(m.host);
      c(m.port);
      c(m.error_code);
      c(m.error_message);
    }
  };

  std::int32_t throttle_time_ms = 0;
  KafkaError error_code = KafkaError::none;
  std::optional<std::string> error_message;
  std::int32_t node_id = 0;
  std::string host;
  std::int32_t port = 0;
  std::vector<Coordinator> coordinators;

  static void fields(auto& c, auto& m) {
    c(m.throttle_time_ms, since(1));
    c(m.error_code, until(3));
    c(m.error_message, between(1, 3));
    c(m.node_id, until(3));
    c(m.host, until(3));
    c(m.port, until(3));
    c(m.coordinators, since(4));
  }
};

struct DescribeGroupsResponse;

struct DescribeGroupsRequest {
  static constexpr auto api = Api{.key = 15, .name = "DescribeGroups", .versions = {0, 6}, .flexible_since = 5};
  using Response = DescribeGroupsResponse;

  std::vector<std::string> groups;
  bool include_authorized_operations = false;

  static void fields(auto& c, auto& m) {
    c(m.groups);
    c(m.include_authorized_operations, since(3));
  }
};

struct DescribeGroupsResponse {
  struct Group {
    struct Member {
      std::string member_id;
      std::optional<std::string> group_instance_id;
      std::string client_id;
      std::string client_host;
      Buffer member_metadata;
      Buffer member_assignment;

      static void fields(auto& c, auto& m) {
        c(m.member_id);
        c(m.group_instance_id, since(4));
        c(m.client_id);
        c(m.client_host);
        c(m.member_metadata);
        c(m.member_assignment);
      }
    };

    KafkaError error_code = KafkaError::none;
    std::optional<std::string> error_message;
    std::string group_id;
    std::string group_state;
    std::string protocol_type;
    std::string protocol_data;
    std::vector<Member> members;
    std::int32_t authorized_operations = std::numeric_limits<std::int32_t>::min();

    static void fields(auto& c, auto& m) {
      c(m.error_code);
      c(m.error_message, since(6));
      c(m.group_id);
      c(m.group_state);
      c(m.protocol_type);
      c(m.protocol_data);
      c(m.members);
      c(m.authorized_operations, since(3));
    }
  };

  std::int32_t throttle_time_ms = 0;
  std::vector<Group> groups;

  static void fields(auto& c, auto& m) {
    c(m.throttle_time_ms, since(1));
    c(m.groups);
  }
};

struct ListGroupsResponse;

struct ListGroupsRequest {
  static constexpr auto api = Api{.key = 16, .name = "ListGroups", .versions = {0, 5}, .flexible_since = 3};
  using Response = ListGroupsResponse;

  std::vector<std::string> states_filter;
  std::vector<std::string> types_filter;

  static void fields(auto& c, auto& m) {
    c(m.states_filter, since(4));
    c(m.types_filter, since(5));
  }
};

struct ListGroupsResponse {
  struct Group {
    std::string group_id;
    std::string protocol_type;
    std::string group_state;
    std::string group_type;

    static void fields(auto& c, auto& m) {
      c(m.group_id);
      c(m.protocol_type);
      c(m.group_state, since(4));
      c(m.group_type, since(5));
    }
  };

  std::int32_t throttle_time_ms = 0;
  KafkaError error_code = KafkaError::none;
  std::vector<Group> groups;

  static void fields(auto& c, auto& m) {
    c(m.throttle_time_ms, since(1));
    c(m.error_code);
    c(m.groups);
  }
};

struct DeleteGroupsResponse;

struct DeleteGroupsRequest {
  static constexpr auto api = Api{.key = 42, .name = "DeleteGroups", .versions = {0, 2}, .flexible_since = 2};
  using Response = DeleteGroupsResponse;

  std::vector<std::string> groups;

  static void fields(auto& c, auto& m) { c(m.groups); }
};

struct DeleteGroupsResponse {
  struct Group {
    std::string group_id;
    KafkaError error_code = KafkaError::none;

    static void fields(auto& c, auto& m) {
      c(m.group_id);
      c(m.error_code);
    }
  };

  std::int32_t throttle_time_ms = 0;
  std::vector<Group> results;

  static void fields(auto& c, auto& m) {
    c(m.throttle_time_ms);
    c(m.results);
  }
};

}  // namespace tickerlake::kafka
