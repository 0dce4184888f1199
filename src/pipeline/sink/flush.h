#pragma once
// The part of a flush that waits for others: plan, dead letters, files. Runs on worker threads, one flush a partition
// at a time.
#include <atomic>
#include <deque>
#include <functional>
#include <memory>
#include <thread>
#include <vector>

#include "base/log.h"
#include "base/mutex.h"
#include "pipeline/sink/dead_letters.h"
#include "pipeline/sink/lake_store.h"
#include "pipeline/sink/planner.h"
#include "pipeline/sink/rows.h"
#include "pipeline/stop.h"

namespace tickerlake::pipeline {

/// A schema with how rows are parted by it; shared by all that is made with it.
struct Layout {
  Schema schema;
  Partitioning partitioning;
  std::string partition_by;
  std::string schema_json;
};

/// What was collected for one plan, on its way into the lake. The planner's step is store_plan or, of a redone plan,
/// write_letters.
struct Flush {
  SinkPlanner* planner = nullptr;  // used by nobody else until the flush is done
  std::shared_ptr<const Layout> layout;
  PartitionedRows rows;
  std::vector<DeadLetter> letters;
  bool redone = false;
  std::int64_t bytes = 0;          // that it takes in memory, roughly
  std::int64_t newest_row_ms = 0;  // time of its newest record
};

/// Sums over all flushes; read while they run.
struct FlushCounts {
  std::atomic<std::int64_t> rows = 0;
  std::atomic<std::int64_t> dead_letters = 0;
  std::atomic<std::int64_t> tombstones = 0;
  std::atomic<std::int64_t> plans = 0;
  std::atomic<std::int64_t> files = 0;
  std::atomic<std::int64_t> file_bytes = 0;
  std::atomic<std::int64_t> offsets = 0;  // that the plans cover
  std::atomic<std::int64_t> newest_row_ms = 0;
  std::atomic<std::int64_t> bytes_in_flight = 0;
};

/// Thread-safe but for its destructor, which waits for the flushes at work and drops the others.
class Flusher {
 public:
  static constexpr std::size_t max_threads = 4;
  static constexpr std::size_t max_uploads = 4;  // of one flush at a time

  /// done is called on a worker thread after each flush that succeeded, with the partition and the offset behind it.
  Flusher(LakeStore& lake, LakeNames names, DeadLetterTopic& letters, const Stop& stop, std::size_t threads, Log log,
          std::function<void(std::int32_t partition, std::int64_t next)> done);
  ~Flusher();
  Flusher(const Flusher&) = delete;
  Flusher& operator=(const Flusher&) = delete;

  void add(std::unique_ptr<Flush> flush) TL_EXCLUDES(mutex_);
  bool is_busy(std::int32_t partition) TL_EXCLUDES(mutex_);
  bool is_idle() TL_EXCLUDES(mutex_);
  /// Until any flush ends or the time comes.
  void wait(std::chrono::milliseconds timeout) TL_EXCLUDES(mutex_);
  /// The first failure, if any; nothing is flushed after it.
  std::optional<Error> failure() TL_EXCLUDES(mutex_);
  const FlushCounts& counts() const { return counts_; }

 private:
  void work();
  Result<void> run(Flush& flush);
  Result<void> write_files(const Flush& flush);
  Result<void> write_file(const Flush& flush, const std::string& folder, const Rows& rows, std::size_t index);
  Result<void> put(const std::string& key, const char* content_type, const std::string& bytes, bool& existed);

  // constant after construction
  LakeStore& lake_;
  const LakeNames names_;
  DeadLetterTopic& letters_;
  const Stop& stop_;
  const Log log_;
  const std::function<void(std::int32_t, std::int64_t)> done_;

  FlushCounts counts_;
  Mutex mutex_;
  Condition changed_;
  std::deque<std::unique_ptr<Flush>> queue_ TL_GUARDED_BY(mutex_);
  std::vector<std::int32_t> busy_ TL_GUARDED_BY(mutex_);  // partitions queued or at work
  std::optional<Error> failure_ TL_GUARDED_BY(mutex_);
  bool closing_ TL_GUARDED_BY(mutex_) = false;
  std::vector<std::jthread> threads_;  // last: they use all of the above
};

/// Tries again what failed for the moment (unavailable, timeout, conflict), with growing pauses and for about a minute.
Result<void> with_retries(const Stop& stop, const Log& log, const std::string& what,
                          const std::function<Result<void>()>& attempt);

}  // namespace tickerlake::pipeline
