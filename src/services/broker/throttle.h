#pragma once
// A request's use of what its client has a quota of, and the pause that follows: told in its answer, kept by its
// connection (connection.cpp).
#include <chrono>
#include <cstdint>

#include "services/broker/quotas/client_quotas.h"
#include "services/broker/responder.h"

namespace tickerlake::broker {

class Broker;

QuotaClient client_of(const Caller& caller);

/// This thread's processor time where the request's client may have a quota of it.
std::optional<std::chrono::nanoseconds> clock_request(const ClientQuotas& quotas);
/// Charges the processor time that the request has taken.
std::chrono::milliseconds charge_time(Broker& broker, const Caller& caller);
/// The connection will pause for that long, or for what another reason asks of it.
void pause(const Caller& caller, std::chrono::milliseconds time);
/// Both, when everything else has been charged: what the answer tells as its throttle time.
std::int32_t throttle(Broker& broker, const Caller& caller, std::chrono::milliseconds by_others);

/// Charges partitions made or deleted; the longest pause of a request's topics stays in throttle_time_ms. False: they
/// are refused, as they can be since strict_since, the first version with an error for it.
bool may_mutate(Broker& broker, const Caller& caller, double partitions, std::int16_t strict_since,
                std::int32_t& throttle_time_ms);
inline constexpr const char* quota_exceeded_message = "The throttling quota has been exceeded.";

}  // namespace tickerlake::broker
