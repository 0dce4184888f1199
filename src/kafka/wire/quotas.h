#pragma once
// What clients may use: DescribeClientQuotas (48), AlterClientQuotas (49). Source: KIP-546, KIP-612 (addresses).
#include <bit>
#include <cstdint>
#include <optional>
#include <string>
#include <type_traits>
#include <vector>

#include "kafka/errors.h"
#include "kafka/wire/api.h"

namespace tickerlake::kafka {

/// float64: the bits of a double as an integer.
void float64(auto& c, auto& value) {
  auto bits = std::bit_cast<std::uint64_t>(value);
  c(bits);
  if constexpr (!std::is_const_v<std::remove_reference_t<decltype(value)>>) value = std::bit_cast<double>(bits);
}

/// One part of who a quota is for: a user, a client id or an address.
struct QuotaEntityPart {
  std::string type;                 // "user", "client-id", "ip"
  std::optional<std::string> name;  // null: the default of that type

  static void fields(auto& c, auto& m) {
    c(m.type);
    c(m.name);
  }
};

struct DescribeClientQuotasResponse;

struct DescribeClientQuotasRequest {
  static constexpr auto api = Api{.key = 48, .name = "DescribeClientQuotas", .versions = {0, 1}, .flexible_since = 1};
  using Response = DescribeClientQuotasResponse;

  struct Component {
    static constexpr std::int8_t exact = 0, default_name = 1, any_specified = 2;

    std::string entity_type;
    std::int8_t match_type = exact;
    std::optional<std::string> match;

    static void fields(auto& c, auto& m) {
      c(m.entity_type);
      c(m.match_type);
      c(m.match);
    }
  };

  std::vector<Component> components;
  bool strict = false;  // leave out what has further parts than those

  static void fields(auto& c, auto& m) {
    c(m.components);
    c(m.strict);
  }
};

struct DescribeClientQuotasResponse {
  struct Entry {
    struct Value {
      std::string key;
      double value = 0;

      static void fields(auto& c, auto& m) {
        c(m.key);
        float64(c, m.value);
      }
    };

    std::vector<QuotaEntityPart> entity;
    std::vector<Value> values;

    static void fields(auto& c, auto& m) {
      c(m.entity);
      c(m.values);
    }
  };

  std::int32_t throttle_time_ms = 0;
  KafkaError error_code = KafkaError::none;
  std::optional<std::string> error_message;
  std::optional<std::vector<Entry>> entries;

  static void fields(auto& c, auto& m) {
    c(m.throttle_time_ms);
    c(m.error_code);
    c(m.error_message);
    c(m.entries);
  }
};

struct AlterClientQuotasResponse;

struct AlterClientQuotasRequest {
  static constexpr auto api = Api{.key = 49, .name = "AlterClientQuotas", .versions = {0, 1}, .flexible_since = 1};
  using Response = AlterClientQuotasResponse;

  struct Entry {
    struct Operation {
      std::string key;
      double value = 0;
      bool remove = false;

      static void fields(auto& c, auto& m) {
        c(m.key);
        float64(c, m.value);
        c(m.remove);
      }
    };

    std::vector<QuotaEntityPart> entity;
    std::vector<Operation> ops;

    static void fields(auto& c, auto& m) {
      c(m.entity);
      c(m.ops);
    }
  };

  std::vector<Entry> entries;
  bool validate_only = false;

  static void fields(auto& c, auto& m) {
    c(m.entries);
    c(m.validate_only);
  }
};

struct AlterClientQuotasResponse {
  struct Entry {
    KafkaError error_code = KafkaError::none;
    std::optional<std::string> error_message;
    std::vector<QuotaEntityPart> entity;

    static void fields(auto& c, auto& m) {
      c(m.error_code);
      c(m.error_message);
      c(m.entity);
    }
  };

  std::int32_t throttle_time_ms = 0;
  std::vector<Entry> entries;

  static void fields(auto& c, auto& m) {
    c(m.throttle_time_ms);
    c(m.entries);
  }
};

}  // namespace tickerlake::kafka
