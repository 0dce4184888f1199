#pragma once
// librdkafka behind value types: what every client of a cluster can ask. Only this folder includes librdkafka's header.
#include <chrono>
#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/log.h"
#include "base/result.h"
#include "base/time.h"
#include "kafka/client/settings.h"
#include "kafka/client/watermarks.h"

struct rd_kafka_s;

namespace tickerlake::kafka {

/// The common part of what works through librdkafka. Thread-safe. Errors: unavailable (no broker
/// answers), timeout, unauthorized, not_found, invalid_argument, io.
class Client {
 public:
  Client(Client&&) noexcept;
  Client& operator=(Client&&) noexcept;
  ~Client();

  /// How many partitions the topic has, nothing if there is no such topic.
  Result<std::optional<int>> partitions(const std::string& topic, std::chrono::milliseconds timeout);
  /// Waits until every partition has a leader.
  Result<void> wait_for_leaders(const std::string& topic, std::chrono::milliseconds timeout);
  Result<Watermarks> watermarks(const std::string& topic, std::int32_t partition, std::chrono::milliseconds timeout);
  /// The first offset whose record is as young as the time or younger; the partition's end if there is none.
  Result<std::int64_t> offset_at(const std::string& topic, std::int32_t partition, TimestampMs time,
                                 std::chrono::milliseconds timeout);
  Result<std::string> cluster_id(std::chrono::milliseconds timeout);

 protected:
  struct State;  // what librdkafka's callbacks reach: it must not move
  enum class Kind { producer, consumer };
  using Defaults = std::vector<std::pair<std::string, std::string>>;
  Client(rd_kafka_s* handle, std::unique_ptr<State> state);
  /// The settings' own properties win over the defaults, but not over these: what must hold ("enable.idempotence").
  static Result<Client> create(Kind kind, const ClientSettings& settings, const Defaults& defaults,
                               const Defaults& fixed, const Log& log);

  rd_kafka_s* handle_ = nullptr;
  std::unique_ptr<State> state_;
};

}  // namespace tickerlake::kafka
