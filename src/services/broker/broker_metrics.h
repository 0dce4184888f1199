#pragma once
// What the broker counts, and what it tells when somebody scrapes. Names: docs/operations.md.
#include <array>
#include <chrono>
#include <cstdint>

#include "base/log.h"
#include "base/metrics.h"

namespace tickerlake::broker {

class Broker;

/// Thread-safe; constant after construction but for the atomics.
class BrokerMetrics {
 public:
  /// slow_request: requests that take so long are logged.
  BrokerMetrics(const Metrics& metrics, std::chrono::milliseconds slow_request);

  Counter& bytes_in;
  Counter& bytes_out;
  Counter& messages_in;
  Counter& connections;
  Counter& bad_requests;
  Counter& failed_authentications;

  /// Null for an API that is not served.
  Histogram* latency(std::int16_t api_key) const;
  std::chrono::milliseconds slow_request() const { return slow_request_; }

 private:
  const Metrics metrics_;  // keeps what the references name
  const std::chrono::milliseconds slow_request_;
  std::array<Histogram*, 128> latency_{};
};

/// One request from its arrival to its answer. A value that its answer's slot holds.
class RequestTimer {
 public:
  RequestTimer(const BrokerMetrics& metrics, std::int16_t api_key)
      : metrics_(metrics), api_key_(api_key), arrived_(std::chrono::steady_clock::now()) {}
  /// Counts it, and logs it when it was slow. Not those that wait by their nature: Fetch, JoinGroup, SyncGroup.
  void answered(const Log& log) const;

 private:
  const BrokerMetrics& metrics_;
  std::int16_t api_key_;
  std::chrono::steady_clock::time_point arrived_;
};

/// Topics, partitions, offsets, sizes, groups and their lag.
void collect(Broker& broker, Exposition& into);

}  // namespace tickerlake::broker
