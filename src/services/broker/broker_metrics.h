#pragma once
// What the broker counts, and what it tells when somebody scrapes. Names: docs/operations.md.
#include <array>
#include <chrono>
#include <cstdint>
#include <memory>
#include <string>

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

/// Who sent a request, for the log; shared by the requests of a connection, as it hardly ever changes.
struct Requester {
  std::string client_id;
  std::string principal;  // "User:alice"
};

/// One request from its arrival to its answer. A value that its answer's slot holds.
class RequestTimer {
 public:
  /// bytes: the request's, without the four of its length.
  RequestTimer(const BrokerMetrics& metrics, std::int16_t api_key, std::size_t bytes)
      : metrics_(metrics), api_key_(api_key), bytes_(bytes), arrived_(std::chrono::steady_clock::now()) {}
  /// Known once the request's header was read.
  void set_requester(std::shared_ptr<const Requester> requester) { requester_ = std::move(requester); }
  /// Counts it, and logs it when it was slow. Not those that wait by their nature: Fetch, JoinGroup, SyncGroup.
  void answered(const Log& log) const;

 private:
  const BrokerMetrics& metrics_;
  std::int16_t api_key_;
  std::size_t bytes_;
  std::shared_ptr<const Requester> requester_;
  std::chrono::steady_clock::time_point arrived_;
};

/// Topics, partitions, offsets, sizes, groups and their lag.
void collect(Broker& broker, Exposition& into);

}  // namespace tickerlake::broker
