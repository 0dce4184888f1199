#pragma once
// The thread that compacts logs: always the dirtiest one that is due, at a pace that leaves the disk to producers.
#include <chrono>
#include <cstdint>
#include <functional>
#include <limits>
#include <memory>
#include <thread>
#include <vector>

#include "base/log.h"
#include "base/mutex.h"
#include "services/broker/partition.h"

namespace tickerlake::broker {

/// Kafka's log.cleaner.* settings.
struct CleanerSettings {
  bool enabled = true;
  std::chrono::milliseconds backoff{15'000};                     // between two looks when nothing is due
  std::int64_t key_bytes = 128_MiB;                              // dedupe.buffer.size
  double bytes_per_second = std::numeric_limits<double>::max();  // io.max.bytes.per.second: read and written
};

/// Thread-safe. Its mutex is never held while a partition is worked on.
class LogCleaner {
 public:
  using Partitions = std::function<std::vector<std::shared_ptr<Partition>>()>;

  LogCleaner(const CleanerSettings& settings, Log log) : log_(std::move(log)), settings_(settings) {}
  ~LogCleaner() { stop(); }

  /// partitions: those whose cleanup.policy has "compact", as they are when it is called.
  void start(Partitions partitions);
  /// From now on nothing is waited for, and no further pass begins; the one under way ends when its partition is
  /// closed.
  void begin_stop() TL_EXCLUDES(mutex_);
  /// Waits for it.
  void stop() TL_EXCLUDES(mutex_);
  /// Takes effect with the next batch.
  void set(const CleanerSettings& settings) TL_EXCLUDES(mutex_);

 private:
  void run() TL_EXCLUDES(mutex_);
  void clean(Partition& partition) TL_EXCLUDES(mutex_);
  void pace(std::int64_t bytes) TL_EXCLUDES(mutex_);

  const Log log_;
  Partitions partitions_;  // constant after start()
  Mutex mutex_;
  Condition changed_;
  CleanerSettings settings_ TL_GUARDED_BY(mutex_);
  bool stopping_ TL_GUARDED_BY(mutex_) = false;
  std::chrono::steady_clock::time_point paced_until_{};  // only the thread's
  std::thread thread_;
};

}  // namespace tickerlake::broker
