#pragma once
// The wish to end early: set by a signal handler or another thread, looked at by every loop at least ten times a
// second.
#include <atomic>

namespace tickerlake::pipeline {

/// Thread-safe, and request() is safe in a signal handler.
class Stop {
 public:
  void request() noexcept { requested_.store(true, std::memory_order_relaxed); }
  bool requested() const noexcept { return requested_.load(std::memory_order_relaxed); }

 private:
  std::atomic<bool> requested_ = false;
  static_assert(std::atomic<bool>::is_always_lock_free);
};

}  // namespace tickerlake::pipeline
