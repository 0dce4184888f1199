#pragma once
// InitProducerId (key 22). Source: KIP-98, KIP-360.
#include <cstdint>
#include <limits>
#include <optional>
#include <string>
#include <vector>

#include "kafka/errors.h"
#include "kafka/wire/api.h"

namespace tickerlake::kafka {

struct InitProducerIdResponse;

struct InitProducerIdRequest {
  static constexpr auto api = Api{.key = 22, .name = "InitProducerId", .versions = {0, 5}, .flexible_since = 2};
  using Response = InitProducerIdResponse;

  std::optional<std::string> transactional_id;
  std::int32_t transaction_timeout_ms = 0;
  std::int64_t producer_id = -1;
  std::int16_t producer_epoch = -1;

  static void fields(auto& c, auto& m) {
    c(m.transactional_id);
    c(m.transaction_timeout_ms);
    c(m.producer_id, since(3));
    c(m.producer_epoch, since(3));
  }
};

struct InitProducerIdResponse {
  std::int32_t throttle_time_ms = 0;
  KafkaError error_code = KafkaError::none;
  std::int64_t producer_id = -1;
  std::int16_t producer_epoch = 0;

  static void fields(auto& c, auto& m) {
    c(m.throttle_time_ms);
    c(m.error_code);
    c(m.producer_id);
    c(m.producer_epoch);
  }
};

}  // namespace tickerlake::kafka
