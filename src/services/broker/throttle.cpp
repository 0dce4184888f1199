#include "services/broker/throttle.h"

#include <time.h>

#include <algorithm>

#include "services/broker/broker.h"
#include "services/broker/security/session.h"

namespace tickerlake::broker {
namespace {

std::chrono::nanoseconds thread_time() {
  timespec time{};
  clock_gettime(CLOCK_THREAD_CPUTIME_ID, &time);
  return std::chrono::seconds(time.tv_sec) + std::chrono::nanoseconds(time.tv_nsec);
}

}  // namespace

QuotaClient client_of(const Caller& caller) { return {caller.session->user, caller.client_id}; }

std::optional<std::chrono::nanoseconds> clock_request(const ClientQuotas& quotas) {
  if (!quotas.limits(QuotaKind::request)) return std::nullopt;
  return thread_time();
}

std::chrono::milliseconds charge_time(Broker& broker, const Caller& caller) {
  if (!caller.thread_time) return std::chrono::milliseconds(0);
  const std::chrono::duration<double> took = thread_time() - *caller.thread_time;
  return broker.quotas().charge(QuotaKind::request, client_of(caller), took.count() * 100,
                                std::chrono::steady_clock::now());
}

void pause(const Caller& caller, std::chrono::milliseconds time) {
  caller.session->pause = std::max(caller.session->pause, time);
}

std::int32_t throttle(Broker& broker, const Caller& caller, std::chrono::milliseconds by_others) {
  const auto time = std::max(by_others, charge_time(broker, caller));
  pause(caller, time);
  return static_cast<std::int32_t>(time.count());
}

bool may_mutate(Broker& broker, const Caller& caller, double partitions, std::int16_t strict_since,
                std::int32_t& throttle_time_ms) {
  const auto mutation = broker.quotas().mutate(client_of(caller), partitions, caller.version >= strict_since,
                                               std::chrono::steady_clock::now());
  throttle_time_ms = std::max(throttle_time_ms, static_cast<std::int32_t>(mutation.pause.count()));
  return !mutation.refused;
}

}  // namespace tickerlake::broker
