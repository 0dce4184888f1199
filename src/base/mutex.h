#pragma once
// std::mutex with clang's thread-safety annotations: -Wthread-safety proves that guarded state is read under its lock.
#include <chrono>
#include <condition_variable>
#include <mutex>

#if defined(__clang__)
#define TL_ANNOTATE(x) __attribute__((x))
#else
#define TL_ANNOTATE(x)
#endif
#define TL_GUARDED_BY(mutex) TL_ANNOTATE(guarded_by(mutex))
#define TL_REQUIRES(...) TL_ANNOTATE(requires_capability(__VA_ARGS__))
#define TL_EXCLUDES(...) TL_ANNOTATE(locks_excluded(__VA_ARGS__))

namespace tickerlake {

class TL_ANNOTATE(capability("mutex")) Mutex {
 public:
  void lock() TL_ANNOTATE(acquire_capability()) { mutex_.lock(); }
  void unlock() TL_ANNOTATE(release_capability()) { mutex_.unlock(); }

 private:
  friend class Condition;
  std::mutex mutex_;
};

class TL_ANNOTATE(scoped_lockable) MutexLock {
 public:
  explicit MutexLock(Mutex& mutex) TL_ANNOTATE(acquire_capability(mutex)) : mutex_(mutex) { mutex_.lock(); }
  ~MutexLock() TL_ANNOTATE(release_capability()) { mutex_.unlock(); }
  MutexLock(const MutexLock&) = delete;
  MutexLock& operator=(const MutexLock&) = delete;

 private:
  Mutex& mutex_;
};

/// A condition variable of a Mutex. The caller holds the mutex and loops over its predicate.
class Condition {
 public:
  void wait(Mutex& mutex) TL_REQUIRES(mutex) {
    std::unique_lock lock(mutex.mutex_, std::adopt_lock);
    condition_.wait(lock);
    lock.release();
  }
  /// False when the time came first.
  bool wait_until(Mutex& mutex, std::chrono::steady_clock::time_point deadline) TL_REQUIRES(mutex) {
    std::unique_lock lock(mutex.mutex_, std::adopt_lock);
    const auto status = condition_.wait_until(lock, deadline);
    lock.release();
    return status == std::cv_status::no_timeout;
  }
  void notify_one() { condition_.notify_one(); }
  void notify_all() { condition_.notify_all(); }

 private:
  std::condition_variable condition_;
};

}  // namespace tickerlake
