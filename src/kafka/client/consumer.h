#pragma once
// A consumer of partitions that are assigned by hand, in batches.
#include <span>

#include "kafka/client/client.h"

struct rd_kafka_message_s;
struct rd_kafka_queue_s;

namespace tickerlake::kafka {

/// A record as it lies in librdkafka's memory; valid while its batch is.
struct Record {
  std::int32_t partition = 0;
  bool has_key = false;
  bool has_value = false;
  std::int64_t offset = 0;
  std::int64_t timestamp_ms = 0;  // -1 if there is none
  std::string_view key;
  std::string_view value;
  rd_kafka_message_s* message = nullptr;

  /// The last header of that name; parsed only when asked for.
  std::optional<std::string_view> header(const char* name) const;
};

/// What one poll brought. Reuse it: its memory stays.
class RecordBatch {
 public:
  struct End {
    std::int32_t partition;
    std::int64_t offset;  // the partition had no record from here on
  };
  RecordBatch() = default;
  ~RecordBatch() { clear(); }
  RecordBatch(const RecordBatch&) = delete;
  RecordBatch& operator=(const RecordBatch&) = delete;
  void clear();

  std::span<const Record> records() const { return records_; }
  std::span<const End> ends() const { return ends_; }

 private:
  friend class Consumer;
  std::vector<rd_kafka_message_s*> messages_;
  std::vector<Record> records_;
  std::vector<End> ends_;
};

struct PartitionOffset {
  std::int32_t partition;
  std::int64_t offset;
};

/// Not thread-safe, but for commit() and the inherited part.
class Consumer : public Client {
 public:
  /// The group only names where commit() stores offsets: nothing is joined.
  static Result<Consumer> create(const ClientSettings& settings, const std::string& group, const Log& log);
  Consumer(Consumer&& other) noexcept;
  Consumer& operator=(Consumer&&) = delete;
  ~Consumer();

  /// Replaces what is read.
  Result<void> assign(const std::string& topic, std::span<const PartitionOffset> from);
  Result<void> pause(const std::string& topic, std::int32_t partition);
  Result<void> resume(const std::string& topic, std::int32_t partition);
  /// Up to max records; fewer, also none, after the timeout. A broker that is away is waited for.
  Result<void> poll(RecordBatch& batch, std::size_t max, std::chrono::milliseconds timeout);
  /// Stores a group's offset, without waiting for the answer.
  void commit(const std::string& topic, PartitionOffset next);

 private:
  Consumer(Client client, rd_kafka_queue_s* queue);
  rd_kafka_queue_s* queue_ = nullptr;
};

}  // namespace tickerlake::kafka
