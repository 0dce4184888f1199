#pragma once
// An idempotent producer: acks=all, no duplicates, no gaps, in order within a partition.
#include <span>

#include "kafka/client/client.h"

struct rd_kafka_topic_s;

namespace tickerlake::kafka {

struct Header {
  const char* name;  // ends with a zero byte
  std::string_view value;
};

/// Not thread-safe.
class Producer : public Client {
 public:
  static constexpr int max_headers = 8;

  struct Tuning {
    std::chrono::milliseconds linger{5};
    int queue_records = 15'000;       // a small queue stays in the cache: measured a quarter faster than a long one
    int batch_bytes = 400'000;        // measured a third faster than 100'000: fewer requests, polls and syncs
    std::string compression = "none";  // lz4 saves the disk, and costs the whole job a quarter of its rate on two cores
  };
  static Result<Producer> create(const ClientSettings& settings, const std::string& topic, const Tuning& tuning,
                                 const Log& log);
  Producer(Producer&& other) noexcept;
  Producer& operator=(Producer&&) = delete;
  ~Producer();

  /// Copies the record into the queue; false when that is full (poll, then try again). partition < 0: by the key.
  Result<bool> produce(std::int32_t partition, std::string_view key, std::string_view value, std::int64_t timestamp_ms,
                       std::span<const Header> headers);
  /// The same for a record without a value (a tombstone) or without a key.
  Result<bool> produce_optional(std::int32_t partition, const std::optional<std::string_view>& key,
                                const std::optional<std::string_view>& value, std::int64_t timestamp_ms,
                                std::span<const Header> headers);
  /// Serves delivery reports; the first failed delivery, or what ended the producer, is its error from then on.
  Result<void> poll(std::chrono::milliseconds timeout);
  /// Waits until everything is acknowledged; false when the time came first.
  Result<bool> flush(std::chrono::milliseconds timeout);
  /// Records not acknowledged yet.
  int in_queue() const;
  /// Drops what was not sent yet.
  void purge();

 private:
  Producer(Client client, rd_kafka_topic_s* topic);
  rd_kafka_topic_s* topic_ = nullptr;
};

}  // namespace tickerlake::kafka
