#pragma once
// DescribeConfigs (32), AlterConfigs (33), IncrementalAlterConfigs (44), ListConfigResources (74).
// Source: KIP-133, KIP-339, KIP-569, KIP-714, KIP-1142.
#include <cstdint>
#include <limits>
#include <optional>
#include <string>
#include <vector>

#include "kafka/errors.h"
#include "kafka/wire/api.h"
#include "kafka/wire/parts.h"

namespace tickerlake::kafka {

struct DescribeConfigsResponse;

struct DescribeConfigsRequest {
  static constexpr auto api = Api{.key = 32, .name = "DescribeConfigs", .versions = {1, 4}, .flexible_since = 4};
  using Response = DescribeConfigsResponse;

  struct Resource {
    std::int8_t resource_type = 0;
    std::string resource_name;
    std::optional<std::vector<std::string>> configuration_keys;

    static void fields(auto& c, auto& m) {
      c(m.resource_type);
      c(m.resource_name);
      c(m.configuration_keys);
    }
  };

  std::vector<Resource> resources;
  bool include_synonyms = false;
  bool include_documentation = false;

  static void fields(auto& c, auto& m) {
    c(m.resources);
    c(m.include_synonyms);
    c(m.include_documentation, since(3));
  }
};

struct DescribeConfigsResponse {
  struct Resource {
    struct Config {
      struct Synonym {
        std::string name;
        std::optional<std::string> value;
        std::int8_t source = 0;

        static void fields(auto& c, auto& m) {
          c(m.name);
          c(m.value);
          c(m.source);
        }
      };

      std::string name;
      std::optional<std::string> value;
      bool read_only = false;
      std::int8_t config_source = -1;
      bool is_sensitive = false;
      std::vector<Synonym> synonyms;
      std::int8_t config_type = 0;
      std::optional<std::string> documentation;

      static void fields(auto& c, auto& m) {
        c(m.name);
        c(m.value);
        c(m.read_only);
        c(m.config_source);
        c(m.is_sensitive);
        c(m.synonyms);
        c(m.config_type, since(3));
        c(m.documentation, since(3));
      }
    };

    KafkaError error_code = KafkaError::none;
    std::optional<std::string> error_message;
    std::int8_t resource_type = 0;
    std::string resource_name;
    std::vector<Config> configs;

    static void fields(auto& c, auto& m) {
      c(m.error_code);
      c(m.error_message);
      c(m.resource_type);
      c(m.resource_name);
      c(m.configs);
    }
  };

  std::int32_t throttle_time_ms = 0;
  std::vector<Resource> results;

  static void fields(auto& c, auto& m) {
    c(m.throttle_time_ms);
    c(m.results);
  }
};

struct AlterConfigsResponse;

/// What one resource's configuration becomes.
template <class ConfigChange>
struct ConfigChanges {
  using Config = ConfigChange;
  std::int8_t resource_type = 0;
  std::string resource_name;
  std::vector<Config> configs;

  static void fields(auto& c, auto& m) {
    c(m.resource_type);
    c(m.resource_name);
    c(m.configs);
  }
};

struct AlterConfigsRequest {
  static constexpr auto api = Api{.key = 33, .name = "AlterConfigs", .versions = {0, 2}, .flexible_since = 2};
  using Response = AlterConfigsResponse;
  using Resource = ConfigChanges<ConfigValue>;

  std::vector<Resource> resources;
  bool validate_only = false;

  static void fields(auto& c, auto& m) {
    c(m.resources);
    c(m.validate_only);
  }
};

struct IncrementalAlterConfigsRequest {
  static constexpr auto api =
      Api{.key = 44, .name = "IncrementalAlterConfigs", .versions = {0, 1}, .flexible_since = 1};
  using Response = AlterConfigsResponse;

  struct Config {
    std::string name;
    std::int8_t config_operation = 0;
    std::optional<std::string> value;

    static void fields(auto& c, auto& m) {
      c(m.name);
      c(m.config_operation);
      c(m.value);
    }
  };
  using Resource = ConfigChanges<Config>;

  std::vector<Resource> resources;
  bool validate_only = false;

  static void fields(auto& c, auto& m) {
    c(m.resources);
    c(m.validate_only);
  }
};

/// Of both.
struct AlterConfigsResponse {
  struct Resource {
    KafkaError error_code = KafkaError::none;
    std::optional<std::string> error_message;
    std::int8_t resource_type = 0;
    std::string resource_name;

    static void fields(auto& c, auto& m) {
      c(m.error_code);
      c(m.error_message);
      c(m.resource_type);
      c(m.resource_name);
    }
  };

  std::int32_t throttle_time_ms = 0;
  std::vector<Resource> responses;

  static void fields(auto& c, auto& m) {
    c(m.throttle_time_ms);
    c(m.responses);
  }
};

struct ListConfigResourcesResponse;

struct ListConfigResourcesRequest {
  static constexpr auto api = Api{.key = 74, .name = "ListConfigResources", .versions = {0, 1}, .flexible_since = 0};
  using Response = ListConfigResourcesResponse;

  std::vector<std::int8_t> resource_types;  // none: all

  static void fields(auto& c, auto& m) { c(m.resource_types, since(1)); }
};

struct ListConfigResourcesResponse {
  struct Resource {
    std::string resource_name;
    std::int8_t resource_type = 16;

    static void fields(auto& c, auto& m) {
      c(m.resource_name);
      c(m.resource_type, since(1));
    }
  };

  std::int32_t throttle_time_ms = 0;
  KafkaError error_code = KafkaError::none;
  std::vector<Resource> config_resources;

  static void fields(auto& c, auto& m) {
    c(m.throttle_time_ms);
    c(m.error_code);
    c(m.config_resources);
  }
};

}  // namespace tickerlake::kafka
