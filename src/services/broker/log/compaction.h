#pragma once
// One pass of compaction over a partition's log, with Kafka's semantics (cleanup.policy=compact): of each key the last
// record stays; offsets, and the order of what stays, never change.
#include <functional>
#include <memory>
#include <optional>
#include <span>
#include <unordered_map>
#include <vector>

#include "base/result.h"
#include "base/time.h"
#include "io/file.h"
#include "kafka/records/batch_rewrite.h"
#include "services/broker/log/compaction_plan.h"
#include "services/broker/log/key_offsets.h"
#include "services/broker/log/producer_state.h"
#include "services/broker/log/segment.h"
#include "services/broker/log/transaction_fates.h"

namespace tickerlake::broker {

/// A segment to read. Its bytes don't change; its owner may go on using it.
struct CompactionSource {
  SegmentFacts facts;
  std::shared_ptr<const io::File> file;
};

/// First collect_keys() over what is dirty, then clean() over every group of segments from the log's beginning on.
/// Memory: the keys, a batch as it lies in the log, decompressed and rewritten.
class Compaction {
 public:
  struct Environment {
    io::Path directory;  // where clean() makes segments
    TopicConfig config;
    TimestampMs now_ms = 0;
    LastWritten last_written;  // by producers that may write on: these batches stay, if only in name
    /// Aborted transactions with records in a range of offsets.
    std::function<Result<std::vector<AbortedEntry>>(Offset from, Offset until)> aborted;
    /// Is told of bytes read or written; may wait. An error ends the pass.
    std::function<Result<void>(std::int64_t bytes)> pace;
  };
  explicit Compaction(Environment environment) : environment_(std::move(environment)) {}

  /// Keys of the records from an offset on, until there is no room for more within max_bytes; where that is.
  Result<Offset> collect_keys(std::span<const CompactionSource> dirty, Offset from, std::int64_t max_bytes);
  /// The segment that takes the place of the sources, synced. It ends with the same offset.
  Result<std::unique_ptr<Segment>> clean(std::span<const CompactionSource> group);

 private:
  struct Fate {
    bool drop_records = false;  // of an aborted transaction, or a marker whose time has come
    bool needs_horizon = false;
    bool keep_name = false;  // an empty batch remains
    std::optional<AbortedEntry> aborted;
  };
  Fate fate_of(const kafka::Batch& batch, bool last);
  bool is_last_of_producer(const kafka::BatchHeader& header) const;
  bool is_kept(const kafka::Batch& batch, const kafka::RawRecord& record) const;
  /// What becomes of the batch; nothing when it goes.
  Result<std::optional<Buffer>> rewrite(const kafka::Batch& batch, const Fate& fate) const;
  Result<void> put_keys(const kafka::Batch& batch, Offset from);

  const Environment environment_;
  std::optional<KeyOffsets> keys_;
  Offset collected_until_;
  bool full_ = false;
  TransactionFates fates_;
};

}  // namespace tickerlake::broker
