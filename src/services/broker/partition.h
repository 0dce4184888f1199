#pragma once
// A partition: its log, what of it is durable, who waits for it.
#include <cstdint>
#include <expected>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <unordered_map>
#include <vector>

#include "base/bytes.h"
#include "base/log.h"
#include "base/mutex.h"
#include "base/result.h"
#include "base/time.h"
#include "io/file_slice.h"
#include "services/broker/durability.h"
#include "services/broker/fetch_signal.h"
#include "services/broker/group_commit.h"
#include "services/broker/ids.h"
#include "services/broker/log/checkpoint.h"
#include "services/broker/log/producer_state.h"
#include "services/broker/topic_config.h"

namespace tickerlake::broker {

class Compaction;
class PartitionLog;

/// Why a batch was not appended. api/produce.cpp maps these to Kafka's error codes.
enum class Refusal {
  corrupt,                 // CRC, length or structure is wrong
  too_large,               // over max.message.bytes, or over a segment
  invalid_record,          // well-formed, but not allowed: counts, offsets, control batches from clients
  unsupported_format,      // magic 0 or 1
  invalid_timestamp,       // outside message.timestamp.{before,after}.max.ms
  out_of_order_sequence,   // an idempotent producer skipped or repeated something that is no known duplicate
  invalid_producer_epoch,  // a newer instance of the producer has written
  not_in_transaction,      // the coordinator has not added this partition, or the transaction has ended
  closed,                  // the topic was deleted, or the broker stops
  storage,                 // the disk is full or failed
};
struct AppendError {
  Refusal why = Refusal::storage;
  std::string message;
  std::optional<std::int32_t> record{};  // which of the batch's records it is about
};

/// Who appends: clients may not write control batches; the broker's own coordinators may.
enum class Origin { client, broker };

struct Appended {
  Offset base;                          // of the first record
  Offset next;                          // behind the last record
  TimestampMs log_append_time_ms = -1;  // set for topics with LogAppendTime
  Offset log_start;
  bool duplicate = false;  // an idempotent producer's retry; base is the original's
};

struct Offsets {
  Offset log_start;       // the first record that can be read
  Offset high_watermark;  // behind the last record that consumers may see
  Offset durable;         // behind the last record that is on disk; at or before the high watermark
  Offset log_end;         // behind the last appended record
  Offset last_stable;     // the first record of an undecided transaction; `durable` where there is none
};

/// Where a reader wants to stop: at the high watermark, at the end of what is on disk, or before that at the first
/// undecided transaction.
enum class Isolation { read_uncommitted, read_durable, read_committed };

struct AbortedTransaction {
  ProducerId producer;
  Offset first;
};

struct Fetched {
  io::FileSlice batches;  // whole batches; the first may begin before the offset asked for
  Offsets offsets;
  std::vector<AbortedTransaction> aborted;  // with records among the batches; for Isolation::read_committed
};
enum class FetchError { out_of_range, closed, storage, corrupt };

struct TimestampedOffset {
  Offset offset;
  TimestampMs timestamp_ms = -1;
};

/// What a pass of compaction may use.
struct CompactionLimits {
  std::int64_t key_bytes = 128_MiB;  // for what it knows of keys; what does not fit waits for the next pass
  std::function<void(std::int64_t bytes)> pace{};  // is told of bytes read and written; may wait
};

/// One partition of one topic. Thread-safe.
///
/// Durability: append() returns after the write to the page cache (survives kill -9). The group-commit thread then
/// syncs, and completes when_durable(). No reader ever sees a record that a power loss can take back, but for those
/// that were appended as Visible::at_once, and readers of committed records not even these.
///
/// Lock order: compaction_mutex_, checkpoint_mutex_, sync_mutex_, mutex_, then GroupCommit::mutex_ and FetchSignal's.
/// Completions run without any lock, on the thread that synced; they must not block, least of all in append_durably().
class Partition final : public Syncable, public std::enable_shared_from_this<Partition> {
 public:
  /// Called once, when what was waited for is on disk.
  using Completion = std::move_only_function<void()>;

  struct Environment {
    GroupCommit& group_commit;
    const Clock& clock;
    Log log;
  };

  /// Opens (and recovers) or creates the log in the folder. Directly after an unclean stop that reads what lies behind
  /// the recovery point.
  static Result<std::shared_ptr<Partition>> open(const io::Path& directory, const TopicConfig& config,
                                                 Environment environment);
  ~Partition() override;

  /// Appends one v2 record batch as it is; only base offset and leader epoch are patched (LogAppendTime: also the
  /// timestamps and the CRC). The bytes are copied. Returns when a crash of this process can't lose it.
  std::expected<Appended, AppendError> append(ByteView batch, Origin origin, Visible visible = Visible::when_durable)
      TL_EXCLUDES(mutex_);
  /// Calls completion once everything before `next` is on disk; at once (on this thread) if it is already.
  void when_durable(Offset next, Completion completion) TL_EXCLUDES(mutex_);
  /// append() and then waiting for the disk; for the coordinators' own records.
  std::expected<Appended, AppendError> append_durably(ByteView batch, Origin origin) TL_EXCLUDES(mutex_);

  /// Lets the producer write records of its present transaction, until that one's marker is appended. So no record can
  /// come behind a marker, however late its request was. The coordinator admits before it lets the producer know.
  void admit(ProducerId producer, std::int16_t epoch) TL_EXCLUDES(mutex_);
  /// Whether it was admitted, or has written records since: then it need not be asked for again.
  bool is_admitted(ProducerId producer, std::int16_t epoch) const TL_EXCLUDES(mutex_);
  std::vector<DescribedProducer> producers() const TL_EXCLUDES(mutex_);

  /// Whole batches from the one that holds `from`, up to max_bytes and to where the isolation ends, out of one
  /// segment. Where at_least_one, the first batch comes even if it is larger. Nothing at the end: an empty
  /// slice.
  std::expected<Fetched, FetchError> read(Offset from, std::int64_t max_bytes, bool at_least_one,
                                          Isolation isolation = Isolation::read_uncommitted) TL_EXCLUDES(mutex_);

  Offsets offsets() const TL_EXCLUDES(mutex_);
  /// The first record whose timestamp is at or after the time; nothing if there is none below the high watermark.
  Result<std::optional<TimestampedOffset>> find_by_timestamp(TimestampMs timestamp_ms) TL_EXCLUDES(mutex_);
  /// The record with the largest timestamp (ListOffsets −3); nothing in an empty log.
  Result<std::optional<TimestampedOffset>> find_max_timestamp() TL_EXCLUDES(mutex_);
  std::int64_t size_bytes() const TL_EXCLUDES(mutex_);

  /// Moves the log start to `before` (it never moves back) and frees segments below. Durable when it returns.
  /// ErrorCode::invalid_argument when `before` is above the high watermark.
  Result<Offset> delete_records(Offset before) TL_EXCLUDES(mutex_);

  const io::Path& directory() const { return directory_; }
  TopicConfig settings() const TL_EXCLUDES(mutex_);
  void set_config(const TopicConfig& config) TL_EXCLUDES(mutex_);
  /// Drops what retention.ms and retention.bytes say, what lies below the log start, and producers that have been
  /// silent for so long.
  void apply_retention(TimestampMs producer_expiration = producer_expiration_ms) TL_EXCLUDES(mutex_);
  /// Checkpoints where one is due, removes files that are. Called every few seconds by a background thread.
  void maintain() TL_EXCLUDES(mutex_);

  /// How dirty the log is, from 0 to 1, when compaction is due; 0 when it is not.
  double compaction_due() TL_EXCLUDES(mutex_);
  struct Compacted {
    Offset until;  // everything before was compacted
    std::int64_t bytes_before = 0, bytes_after = 0;
  };
  /// Compacts what can be compacted, due or not; close() ends it early (ErrorCode::unavailable). After any other error
  /// the partition is not compacted again before the next start.
  Result<Compacted> compact(const CompactionLimits& limits) TL_EXCLUDES(mutex_, compaction_mutex_);

  /// While it lives, appends that can be seen or become durable (and close()) notify the signal.
  class Watch {
   public:
    Watch(std::shared_ptr<Partition> partition, FetchSignal& signal);
    ~Watch();
    Watch(Watch&& other) noexcept = default;
    Watch& operator=(Watch&&) = delete;

   private:
    std::shared_ptr<Partition> partition_;
    FetchSignal* signal_;
  };

  /// Refuses everything from now on; what was appended is synced and its completions have run when it returns.
  void close() TL_EXCLUDES(mutex_);
  /// close(), then writes what lets the next start skip recovery.
  Result<void> close_cleanly() TL_EXCLUDES(mutex_);

  void begin_sync() override TL_EXCLUDES(mutex_);
  std::int64_t sync() override TL_EXCLUDES(mutex_);

 private:
  /// An expired segment whose files go when it is due.
  struct Doomed {
    Offset base;
    TimestampMs due_ms;
  };
  Partition(std::unique_ptr<PartitionLog> log, const TopicConfig& config, Environment environment);
  Offsets offsets_locked() const TL_REQUIRES(mutex_);
  /// Why a batch with a producer can't be appended now, or that it has been before; nothing when it can.
  std::optional<std::expected<Appended, AppendError>> refuse_or_repeat(const kafka::BatchHeader& header, Origin origin)
      TL_REQUIRES(mutex_);
  bool is_admitted_locked(ProducerId producer, std::int16_t epoch) const TL_REQUIRES(mutex_);
  FetchError read_failed(const Error& error) const;
  /// ErrorCode::unavailable when it is closed, unless it shall be written all the same: the folder may be gone.
  Result<void> write_checkpoint(bool also_when_closed = false) TL_EXCLUDES(mutex_);
  bool needs_checkpoint(bool at_once) TL_EXCLUDES(mutex_);
  void remove_doomed(TimestampMs now_ms) TL_EXCLUDES(mutex_);
  /// What compaction may work on, as it is now.
  struct Cleanable;
  Cleanable cleanable() TL_EXCLUDES(mutex_);
  Result<Compacted> compact_sources(const Cleanable& found, Compaction& compaction, const CompactionLimits& limits)
      TL_REQUIRES(compaction_mutex_) TL_EXCLUDES(mutex_);
  /// Lets the segment in the folder of cleaned ones take the place of those that begin in [base, next).
  Result<void> swap_in(Offset base, Offset next) TL_REQUIRES(compaction_mutex_) TL_EXCLUDES(mutex_);

  // constant after construction
  const Environment environment_;
  const Log read_log_;  // limited: a consumer asks again and again for what can't be read
  const io::Path directory_;

  Mutex compaction_mutex_;  // one pass at a time; close() waits for it, so that it never outlives the folder

  Mutex checkpoint_mutex_;  // one checkpoint at a time
  std::optional<Checkpoint> last_checkpoint_ TL_GUARDED_BY(checkpoint_mutex_);
  TimestampMs last_checkpoint_ms_ TL_GUARDED_BY(checkpoint_mutex_);

  Mutex sync_mutex_;  // one sync at a time: a second one must not report what the first is still writing

  mutable Mutex mutex_;
  const std::unique_ptr<PartitionLog> log_ TL_GUARDED_BY(mutex_);
  TopicConfig config_ TL_GUARDED_BY(mutex_);
  Durability<Completion> durability_ TL_GUARDED_BY(mutex_);
  bool closed_ TL_GUARDED_BY(mutex_) = false;
  bool cleaning_ TL_GUARDED_BY(mutex_) = false;     // retention leaves the segments alone meanwhile
  bool uncleanable_ TL_GUARDED_BY(mutex_) = false;  // compaction failed
  std::unordered_map<ProducerId, std::int16_t> admitted_ TL_GUARDED_BY(mutex_);  // to their present transaction
  std::vector<FetchSignal*> watchers_ TL_GUARDED_BY(mutex_);
  std::vector<Doomed> doomed_ TL_GUARDED_BY(mutex_);
};

}  // namespace tickerlake::broker
