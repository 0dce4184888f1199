#pragma once
// The segments of one partition and its producers: what is appended where, which files that dirties, what expires.
#include <memory>
#include <vector>

#include "base/log.h"
#include "base/result.h"
#include "base/time.h"
#include "io/file_slice.h"
#include "kafka/records/batch.h"
#include "services/broker/ids.h"
#include "services/broker/log/checkpoint.h"
#include "services/broker/log/producer_state.h"
#include "services/broker/log/segment.h"
#include "services/broker/log/unsynced.h"
#include "services/broker/topic_config.h"

namespace tickerlake::broker {

struct CompactionSource;

/// What an aborted transaction is in its segment's index.
AbortedEntry entry_of(const DecidedTransaction& decided);

/// Not thread-safe: Partition's lock covers it. Never syncs; it says what has to be synced.
class PartitionLog {
 public:
  /// Opens the folder, recovering what lies behind its checkpoint, or creates an empty log. Afterwards everything in
  /// it is on disk. Defined in recovery.cpp.
  static Result<std::unique_ptr<PartitionLog>> open(const io::Path& directory, const TopicConfig& config,
                                                    TimestampMs now_ms, const Log& log);

  /// Where the next batch goes.
  LogPosition end() const;
  Offset log_start() const { return log_start_; }
  std::int64_t size_bytes() const;
  const io::Path& directory() const { return directory_; }
  const ProducerState& producers() const { return producers_; }
  /// Where readers of committed records stop: nothing before it belongs to an undecided transaction.
  Offset last_stable(Offset high_watermark) const {
    return std::max(log_start_, producers_.last_stable(high_watermark));
  }
  /// Markers before it are on disk.
  void made_durable(Offset high_watermark) { producers_.made_durable(high_watermark); }
  /// The checkpoint found at open(), if it was of use.
  const std::optional<Checkpoint>& opened_with() const { return opened_with_; }

  /// Appends a batch whose header (with its final base offset, end().offset) and bytes have been checked; parts are
  /// its bytes. Begins a new segment when the batch doesn't fit the last one or that is old. marker: of a control
  /// batch.
  Result<void> append(std::span<const ByteView> parts, const kafka::BatchHeader& header, const TopicConfig& config,
                      TimestampMs now_ms, std::optional<kafka::Marker> marker = std::nullopt);

  /// What must be synced to make everything up to end() durable. Taking it makes the caller responsible.
  using Unsynced = broker::Unsynced<std::shared_ptr<const io::File>>;
  Unsynced take_unsynced();
  const Unsynced& unsynced() const { return unsynced_; }

  /// What a checkpoint at end() consists of, apart from the log's own files.
  struct CheckpointParts {
    Checkpoint checkpoint;
    Buffer producers;                                      // snapshot; empty if there are none
    std::vector<std::shared_ptr<const io::File>> indexes;  // to sync
  };
  Result<CheckpointParts> prepare_checkpoint();

  /// Where a read of `from` (log_start ≤ from < limit.offset) has to look: batches of one segment.
  struct Range {
    std::shared_ptr<const io::File> file;
    std::int64_t start = 0;  // a boundary at or before the batch that holds `from`
    std::int64_t later = 0;  // a boundary not before start, near start + max_bytes
    std::int64_t limit = 0;  // the boundary where readable bytes end
    /// A boundary before the batch at `upper`, where the range has to be cut; nothing when all of it lies before.
    std::optional<std::int64_t> upper;
  };
  /// upper: an offset at or below the limit's at which a batch begins; what lies at or behind it is not asked for.
  Result<Range> locate(Offset from, std::int64_t max_bytes, const LogPosition& limit, Offset upper) const;
  /// Aborted transactions with records or markers in what a read from `from` found that ended at a position of the same
  /// segment; perhaps some more. Ordered by their first offsets.
  Result<std::vector<AbortedEntry>> aborted_in(Offset from, std::int64_t end_position, Offset upper) const;
  /// The same for a range of offsets.
  Result<std::vector<AbortedEntry>> aborted_between(Offset from, Offset behind) const;
  /// The base of the segment behind the one that holds the offset.
  std::optional<Offset> segment_after(Offset offset) const;
  /// Where the first record at or after the time must be looked for, segment by segment.
  Result<std::vector<Range>> locate_time(TimestampMs timestamp_ms, const LogPosition& limit) const;
  /// Where the batch with the largest timestamp is; nothing without any.
  Result<std::optional<Range>> locate_max_timestamp(const LogPosition& limit) const;

  /// Moves the log start; durable ≥ offset ≥ log_start().
  void set_log_start(Offset offset) { log_start_ = offset; }
  /// Takes segments out of the log that retention or the log start has freed; their files are still there. Only
  /// what lies below `durable` goes. The caller checkpoints, then removes the files.
  Result<std::vector<Offset>> take_expired(const TopicConfig& config, Offset durable, TimestampMs now_ms);
  void expire_producers(TimestampMs now_ms, TimestampMs after_ms) { producers_.expire(now_ms, after_ms); }

  /// Segments that end at or before an offset and not below the log start.
  std::vector<CompactionSource> segments_below(Offset offset) const;
  /// Where compaction's last pass ended.
  Offset cleaned() const { return cleaned_; }
  void set_cleaned(Offset offset) { cleaned_ = std::max(cleaned_, offset); }
  /// Lets readers go on with the segments that begin in [base, next) while their files are replaced.
  Result<void> hold(Offset base, Offset next);
  /// Puts a segment in the place of those that begin in [its base, next), whose files are replaced already. What was
  /// there: closing it may take a while.
  std::vector<std::unique_ptr<Segment>> replace(std::unique_ptr<Segment> cleaned, Offset next);
  /// Counts replace(): positions within segments are of no use after another one.
  std::int64_t generation() const { return generation_; }

 private:
  friend class LogRecovery;
  PartitionLog(io::Path directory, Log log) : directory_(std::move(directory)), log_(std::move(log)) {}
  Segment& active() { return *segments_.back(); }
  const Segment& active() const { return *segments_.back(); }
  std::size_t segment_index(Offset offset) const;
  std::int64_t readable_size(std::size_t index, const LogPosition& limit) const;
  Result<void> roll(TimestampMs now_ms);
  bool must_roll(const kafka::BatchHeader& header, const TopicConfig& config, TimestampMs now_ms) const;
  std::int64_t longest_ms(const TopicConfig& config) const;
  Result<bool> is_older_than(const Segment& segment, TimestampMs time_ms) const;

  const io::Path directory_;
  const Log log_;
  std::vector<std::unique_ptr<Segment>> segments_;  // never empty; ordered by base
  Offset log_start_;
  Offset next_offset_;
  Offset cleaned_;
  std::int64_t generation_ = 0;
  TimestampMs active_since_ms_ = 0;  // when the active segment got its first batch
  Offset unsynced_indexes_from_;     // base of the first segment whose indexes may not be on disk
  Unsynced unsynced_;
  ProducerState producers_;
  std::optional<Checkpoint> opened_with_;
};

/// "%020d.snapshot" of the checkpoint's offset.
inline std::string snapshot_file_name(Offset offset) { return segment_file_name(offset, ".snapshot"); }

}  // namespace tickerlake::broker
