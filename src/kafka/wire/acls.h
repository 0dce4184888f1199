#pragma once
// Access control lists: DescribeAcls (29), CreateAcls (30), DeleteAcls (31). Source: KIP-140, KIP-290 (prefixes).
#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "base/bytes.h"
#include "kafka/errors.h"
#include "kafka/wire/api.h"

namespace tickerlake::kafka {

/// What DescribeAcls and DeleteAcls look for.
struct AclFilterShape {
  std::int8_t resource_type_filter = 0;
  std::optional<std::string> resource_name_filter;
  std::int8_t pattern_type_filter = 3;
  std::optional<std::string> principal_filter;
  std::optional<std::string> host_filter;
  std::int8_t operation = 0;
  std::int8_t permission_type = 0;

  static void fields(auto& c, auto& m) {
    c(m.resource_type_filter);
    c(m.resource_name_filter);
    c(m.pattern_type_filter);
    c(m.principal_filter);
    c(m.host_filter);
    c(m.operation);
    c(m.permission_type);
  }
};

/// An entry that CreateAcls makes, and one that DeleteAcls has found.
struct AclShape {
  std::int8_t resource_type = 0;
  std::string resource_name;
  std::int8_t pattern_type = 3;
  std::string principal;
  std::string host;
  std::int8_t operation = 0;
  std::int8_t permission_type = 0;

  static void fields(auto& c, auto& m) {
    c(m.resource_type);
    c(m.resource_name);
    c(m.pattern_type);
    c(m.principal);
    c(m.host);
    c(m.operation);
    c(m.permission_type);
  }
};

struct DescribeAclsResponse;

struct DescribeAclsRequest : AclFilterShape {
  static constexpr auto api = Api{.key = 29, .name = "DescribeAcls", .versions = {1, 3}, .flexible_since = 2};
  using Response = DescribeAclsResponse;
};

struct DescribeAclsResponse {
  struct Resource {
    struct Acl {
      std::string principal;
      std::string host;
      std::int8_t operation = 0;
      std::int8_t permission_type = 0;

      static void fields(auto& c, auto& m) {
        c(m.principal);
        c(m.host);
        c(m.operation);
        c(m.permission_type);
      }
    };

    std::int8_t resource_type = 0;
    std::string resource_name;
    std::int8_t pattern_type = 3;
    std::vector<Acl> acls;

    static void fields(auto& c, auto& m) {
      c(m.resource_type);
      c(m.resource_name);
      c(m.pattern_type);
      c(m.acls);
    }
  };

  std::int32_t throttle_time_ms = 0;
  KafkaError error_code = KafkaError::none;
  std::optional<std::string> error_message;
  std::vector<Resource> resources;

  static void fields(auto& c, auto& m) {
    c(m.throttle_time_ms);
    c(m.error_code);
    c(m.error_message);
    c(m.resources);
  }
};

struct CreateAclsResponse;

struct CreateAclsRequest {
  static constexpr auto api = Api{.key = 30, .name = "CreateAcls", .versions = {1, 3}, .flexible_since = 2};
  using Response = CreateAclsResponse;

  std::vector<AclShape> creations;

  static void fields(auto& c, auto& m) { c(m.creations); }
};

struct CreateAclsResponse {
  struct Result {
    KafkaError error_code = KafkaError::none;
    std::optional<std::string> error_message;

    static void fields(auto& c, auto& m) {
      c(m.error_code);
      c(m.error_message);
    }
  };

  std::int32_t throttle_time_ms = 0;
  std::vector<Result> results;

  static void fields(auto& c, auto& m) {
    c(m.throttle_time_ms);
    c(m.results);
  }
};

struct DeleteAclsResponse;

struct DeleteAclsRequest {
  static constexpr auto api = Api{.key = 31, .name = "DeleteAcls", .versions = {1, 3}, .flexible_since = 2};
  using Response = DeleteAclsResponse;

  std::vector<AclFilterShape> filters;

  static void fields(auto& c, auto& m) { c(m.filters); }
};

struct DeleteAclsResponse {
  struct FilterResult {
    struct MatchingAcl : AclShape {
      KafkaError error_code = KafkaError::none;
      std::optional<std::string> error_message;

      static void fields(auto& c, auto& m) {
        c(m.error_code);
        c(m.error_message);
        AclShape::fields(c, m);
      }
    };

    KafkaError error_code = KafkaError::none;
    std::optional<std::string> error_message;
    std::vector<MatchingAcl> matching_acls;

    static void fields(auto& c, auto& m) {
      c(m.error_code);
      c(m.error_message);
      c(m.matching_acls);
    }
  };

  std::int32_t throttle_time_ms = 0;
  std::vector<FilterResult> filter_results;

  static void fields(auto& c, auto& m) {
    c(m.throttle_time_ms);
    c(m.filter_results);
  }
};

}  // namespace tickerlake::kafka
