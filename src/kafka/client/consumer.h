#pragma once
// A consumer of partitions that are assigned by hand, in batches.
#include <chrono>
#include <cstdint>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "base/bytes.h"
#include "base/log.h"
#include "base/result.h"
#include "kafka/client/settings.h"
#include "kafka/client/watermarks.h"
#include "kafka/records/record_cursor.h"

struct rd_kafka_message_s;

namespace tickerlake::kafka {

/// A record as it lies in the client's memory; valid while its batch is.
struct FetchedRecord {
  std::int32_t partition = 0;
  bool has_key = false;
  bool has_value = false;
  std::int64_t offset = 0;
  std::int64_t timestamp_ms = 0;  // -1 if there is none
  std::string_view key;
  std::string_view value;
  ByteView headers;                       // as they are on the wire, or
  rd_kafka_message_s* message = nullptr;  // librdkafka's message that knows them

  /// The last header of that name; parsed only when asked for.
  std::optional<std::string_view> header(const char* name) const;
  /// All of them, in their order.
  std::vector<HeaderView> all_headers() const;
};

/// What one poll brought. Reuse it: its memory stays.
class RecordBatch {
 public:
  struct End {
    std::int32_t partition;
    std::int64_t offset;  // the partition had no record from here on
  };
  RecordBatch() = default;
  RecordBatch(const RecordBatch&) = delete;
  RecordBatch& operator=(const RecordBatch&) = delete;
  void clear() {
    records_.clear();
    ends_.clear();
    memory_.clear();
  }

  std::span<const FetchedRecord> records() const { return records_; }
  std::span<const End> ends() const { return ends_; }

 private:
  friend class RdkafkaConsumer;
  friend class BatchConsumer;
  friend class GroupConsumer;
  std::vector<FetchedRecord> records_;
  std::vector<End> ends_;
  std::vector<std::shared_ptr<const void>> memory_;  // what the records' views point into
};

struct PartitionOffset {
  std::int32_t partition;
  std::int64_t offset;
};

/// Not thread-safe, but for commit() and what asks the cluster. Errors: unavailable (no broker answers), timeout,
/// unauthorized, not_found, invalid_argument, io.
class Consumer {
 public:
  /// The group only names where commit() stores offsets: nothing is joined. Records of aborted transactions are not
  /// seen.
  static Result<std::unique_ptr<Consumer>> create(const ClientSettings& settings, const std::string& group,
                                                  const Log& log);
  virtual ~Consumer() = default;

  /// How many partitions the topic has, nothing if there is no such topic.
  virtual Result<std::optional<int>> partitions(const std::string& topic, std::chrono::milliseconds timeout) = 0;
  /// Waits until every partition has a leader.
  virtual Result<void> wait_for_leaders(const std::string& topic, std::chrono::milliseconds timeout) = 0;
  virtual Result<Watermarks> watermarks(const std::string& topic, std::int32_t partition,
                                        std::chrono::milliseconds timeout) = 0;
  virtual Result<std::string> cluster_id(std::chrono::milliseconds timeout) = 0;

  /// Replaces what is read.
  virtual Result<void> assign(const std::string& topic, std::span<const PartitionOffset> from) = 0;
  virtual Result<void> pause(const std::string& topic, std::int32_t partition) = 0;
  virtual Result<void> resume(const std::string& topic, std::int32_t partition) = 0;
  /// Up to max records; fewer, also none, after the timeout. A broker that is away is waited for.
  virtual Result<void> poll(RecordBatch& batch, std::size_t max, std::chrono::milliseconds timeout) = 0;
  /// Stores a group's offset, without waiting for the answer.
  virtual void commit(const std::string& topic, PartitionOffset next) = 0;
  /// Waits until the leaders hold nothing that may still vanish or become visible: what a writer sent that is gone now
  /// can be on its way to the followers. librdkafka can't tell; then this returns at once.
  virtual Result<void> wait_until_committed(const std::string& topic, int partitions,
                                            std::chrono::milliseconds timeout) = 0;
};

}  // namespace tickerlake::kafka
