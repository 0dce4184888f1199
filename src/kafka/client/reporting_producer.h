#pragma once
// A producer that tells what became of each record, with the acknowledgements its caller chose.
#include <chrono>
#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "kafka/client/client.h"

struct rd_kafka_topic_s;

namespace tickerlake::kafka {

/// How many brokers must have a record before it is acknowledged.
enum class Acks : std::int8_t { all = -1, none = 0, leader = 1 };

/// What became of one record.
struct Delivery {
  std::uint64_t number = 0;  // of the record: 0 for the first that was produced
  std::int32_t partition = -1;
  std::int64_t offset = -1;    // −1: not known, as nobody acknowledged it
  std::optional<Error> error;  // why it was not acknowledged in time. It may have been stored all the same
};

/// Of one topic, for few records by hand: replay has Producer. Not thread-safe. Acks::all is idempotent too.
class ReportingProducer : private Client {
 public:
  /// patience: for a record's acknowledgement.
  static Result<std::unique_ptr<ReportingProducer>> create(const ClientSettings& settings, const std::string& topic,
                                                           Acks acks, std::chrono::milliseconds patience,
                                                           const Log& log);
  ~ReportingProducer();

  /// partition < 0: by the key, as Java's clients; without a key any. False when the queue is full: poll, try again.
  Result<bool> produce(std::int32_t partition, const std::optional<std::string_view>& key,
                       const std::optional<std::string_view>& value);
  /// What became of records since the last call.
  Result<std::vector<Delivery>> poll(std::chrono::milliseconds timeout);
  /// Records of which nothing has been told yet.
  std::uint64_t in_queue() const { return produced_ - reported_; }

 private:
  explicit ReportingProducer(Client&& client);
  rd_kafka_topic_s* topic_ = nullptr;
  std::uint64_t produced_ = 0, reported_ = 0;
  std::vector<Delivery> reports_;  // filled within poll(), by librdkafka's callback
};

}  // namespace tickerlake::kafka
