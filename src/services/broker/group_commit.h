#pragma once
// One thread that makes appends durable: it syncs every partition written since its last round, then tells who waits.
#include <chrono>
#include <cstdint>
#include <memory>
#include <thread>
#include <vector>

#include "base/bytes.h"
#include "base/log.h"
#include "base/mutex.h"

namespace tickerlake::broker {

/// Something that was written to the page cache and has to reach the disk.
class Syncable {
 public:
  virtual ~Syncable() = default;
  /// Asks the kernel to begin writing, so that the disks work on all files of a round at once.
  virtual void begin_sync() = 0;
  /// Returns when everything written before the call is on disk: how many bytes that were. Ends the process if the disk
  /// refuses: after a failed fsync the kernel may have dropped the pages, so nothing that was written can be trusted or
  /// acknowledged.
  virtual std::int64_t sync() = 0;
};

/// When a round has written this much, the next one begins bulk_round_interval after it or later: a sync costs about as
/// much CPU as writing 100 kB, so bulk loads gain from fewer, larger rounds. Small writes are synced at once.
inline constexpr std::int64_t bulk_round_bytes = 64_KiB;
inline constexpr std::chrono::milliseconds bulk_round_interval{4};

/// Thread-safe. Appends that arrive while a round's fdatasync runs share the next round's. Lock order: the mutex of a
/// Syncable comes before GroupCommit::mutex_; a round holds neither while it syncs.
class GroupCommit {
 public:
  explicit GroupCommit(Log log);
  ~GroupCommit();
  GroupCommit(const GroupCommit&) = delete;
  GroupCommit& operator=(const GroupCommit&) = delete;

  /// The file's owner calls it once per change from clean to dirty.
  void mark_dirty(std::shared_ptr<Syncable> file) TL_EXCLUDES(mutex_);
  /// Syncs what is dirty and joins the thread. Nothing may be marked afterwards.
  void stop() TL_EXCLUDES(mutex_);

 private:
  void run() TL_EXCLUDES(mutex_);

  const Log log_;
  Mutex mutex_;
  Condition wake_;
  std::vector<std::shared_ptr<Syncable>> dirty_ TL_GUARDED_BY(mutex_);
  bool stopping_ TL_GUARDED_BY(mutex_) = false;
  std::thread thread_;  // last: starts when all else is there
};

}  // namespace tickerlake::broker
