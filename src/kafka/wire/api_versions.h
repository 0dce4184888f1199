#pragma once
// ApiVersions (key 18): what a client asks first. Source: KIP-35, KIP-511, KIP-584.
#include <cstdint>
#include <limits>
#include <optional>
#include <string>
#include <vector>

#include "kafka/errors.h"
#include "kafka/wire/api.h"

namespace tickerlake::kafka {

struct ApiVersionsResponse;

struct ApiVersionsRequest {
  static constexpr auto api = Api{.key = 18, .name = "ApiVersions", .versions = {0, 4}, .flexible_since = 3};
  using Response = ApiVersionsResponse;

  std::string client_software_name;
  std::string client_software_version;

  static void fields(auto& c, auto& m) {
    c(m.client_software_name, since(3));
    c(m.client_software_version, since(3));
  }
};

struct ApiVersionsResponse {
  struct Range {
    std::int16_t api_key = 0;
    std::int16_t min_version = 0;
    std::int16_t max_version = 0;

    static void fields(auto& c, auto& m) {
      c(m.api_key);
      c(m.min_version);
      c(m.max_version);
    }
  };

  struct SupportedFeature {
    std::string name;
    std::int16_t min_version = 0;
    std::int16_t max_version = 0;
    bool operator==(const SupportedFeature&) const = default;

    static void fields(auto& c, auto& m) {
      c(m.name);
      c(m.min_version);
      c(m.max_version);
    }
  };

  struct FinalizedFeature {
    std::string name;
    std::int16_t max_version_level = 0;
    std::int16_t min_version_level = 0;
    bool operator==(const FinalizedFeature&) const = default;

    static void fields(auto& c, auto& m) {
      c(m.name);
      c(m.max_version_level);
      c(m.min_version_level);
    }
  };

  KafkaError error_code = KafkaError::none;
  std::vector<Range> api_keys;
  std::int32_t throttle_time_ms = 0;
  std::vector<SupportedFeature> supported_features;
  std::int64_t finalized_features_epoch = -1;
  std::vector<FinalizedFeature> finalized_features;
  bool zk_migration_ready = false;

  static void fields(auto& c, auto& m) {
    c(m.error_code);
    c(m.api_keys);
    c(m.throttle_time_ms, since(1));
    c.tags(tag(0, m.supported_features), tag(1, m.finalized_features_epoch, since(3), std::int64_t{-1}),
           tag(2, m.finalized_features), tag(3, m.zk_migration_ready));
  }
};

}  // namespace tickerlake::kafka
