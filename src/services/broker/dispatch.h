#pragma once
// The table of APIs: what ApiVersions tells, what requests are decoded as, which handler answers.
#include <memory>
#include <span>

#include "base/result.h"
#include "services/broker/responder.h"

namespace tickerlake::broker {

class Broker;

struct Route {
  kafka::Api api;
  /// Decodes the body, runs the handler and completes the slot, now or later. ErrorCode::corrupt for a malformed body;
  /// then the slot was not touched.
  Result<void> (*run)(Broker& broker, const Caller& caller, std::int32_t correlation_id, ByteView body,
                      std::shared_ptr<AnswerSlot> slot);
};

/// In the order of their keys.
std::span<const Route> routes();
/// Null for an API that is not served.
const Route* find_route(std::int16_t api_key);

}  // namespace tickerlake::broker
