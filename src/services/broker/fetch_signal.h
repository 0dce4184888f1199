#pragma once
// What a long poll waits on: any of the partitions it watches wakes it.
#include <chrono>

#include "base/mutex.h"

namespace tickerlake::broker {

/// One waiting fetch. Thread-safe. Its mutex is a leaf: partitions notify while they hold their own.
class FetchSignal {
 public:
  void notify() TL_EXCLUDES(mutex_) {
    MutexLock lock(mutex_);
    notified_ = true;
    condition_.notify_one();
  }

  /// Consumes one or more notifications; false when the deadline came first.
  bool wait_until(std::chrono::steady_clock::time_point deadline) TL_EXCLUDES(mutex_) {
    MutexLock lock(mutex_);
    while (!notified_) {
      if (!condition_.wait_until(mutex_, deadline)) break;
    }
    const bool was_notified = notified_;
    notified_ = false;
    return was_notified;
  }

 private:
  Mutex mutex_;
  Condition condition_;
  bool notified_ TL_GUARDED_BY(mutex_) = false;
};

}  // namespace tickerlake::broker
