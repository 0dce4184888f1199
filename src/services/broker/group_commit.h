#pragma once
// One thread that makes appends durable: it syncs every partition written since its last round, then tells who waits.
#include <cstdint>
#include <memory>
#include <thread>

#include "base/log.h"
#include "base/metrics.h"
#include "base/mutex.h"
#include "services/broker/commit_rounds.h"

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

/// Thread-safe. Appends that arrive while a round's fdatasync runs share the next round's
/// (CommitRounds decides). Lock order: the mutex of a
/// Syncable comes before GroupCommit::mutex_; a round holds neither while it syncs.
class GroupCommit {
 public:
  explicit GroupCommit(Log log, const Metrics& metrics = {});
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
  const Metrics metrics_;  // keeps what the references name
  Histogram& round_seconds_;
  Counter& synced_partitions_;
  Counter& synced_bytes_;
  Mutex mutex_;
  Condition wake_;
  CommitRounds<std::shared_ptr<Syncable>> rounds_ TL_GUARDED_BY(mutex_);
  bool stopping_ TL_GUARDED_BY(mutex_) = false;
  std::thread thread_;  // last: starts when all else is there
};

}  // namespace tickerlake::broker
