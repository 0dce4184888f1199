#pragma once
// What all connections together may hold of requests that are long.
#include <chrono>
#include <cstddef>

#include "base/bytes.h"
#include "base/mutex.h"

namespace tickerlake::broker {

/// Each connection may have a request of this size whatever the others do.
inline constexpr std::size_t free_request_bytes = 64 * 1024;
/// All that lies beyond it, over all connections. Kafka's queued.max.request.bytes.
inline constexpr std::size_t max_request_memory = std::size_t{512} << 20;
/// How long a connection waits for the others to give some back; then it is closed, and its client tries again.
inline constexpr std::chrono::milliseconds request_memory_patience{10'000};

/// Thread-safe. The mutex is a leaf.
class RequestMemory {
 public:
  explicit RequestMemory(std::size_t bytes = max_request_memory) : free_(bytes) {}

  /// False when there is not that much until the deadline.
  bool take(std::size_t bytes, std::chrono::steady_clock::time_point deadline) TL_EXCLUDES(mutex_) {
    MutexLock lock(mutex_);
    while (free_ < bytes) {
      if (!returned_.wait_until(mutex_, deadline) && free_ < bytes) return false;
    }
    free_ -= bytes;
    return true;
  }
  void give_back(std::size_t bytes) TL_EXCLUDES(mutex_) {
    if (bytes == 0) return;
    MutexLock lock(mutex_);
    free_ += bytes;
    returned_.notify_all();
  }

  /// One connection's part of it.
  class Share {
   public:
    explicit Share(RequestMemory& memory) : memory_(memory) {}
    ~Share() { memory_.give_back(bytes_); }
    Share(const Share&) = delete;
    Share& operator=(const Share&) = delete;

    /// Makes it as much as a buffer of that size needs; false when there is not that much.
    bool cover(std::size_t buffer_size) {
      const std::size_t wanted = buffer_size > free_request_bytes ? buffer_size - free_request_bytes : 0;
      if (wanted < bytes_) memory_.give_back(bytes_ - wanted);
      if (wanted > bytes_ &&
          !memory_.take(wanted - bytes_, std::chrono::steady_clock::now() + request_memory_patience)) {
        return false;
      }
      bytes_ = wanted;
      return true;
    }

   private:
    RequestMemory& memory_;
    std::size_t bytes_ = 0;
  };

 private:
  Mutex mutex_;
  Condition returned_;
  std::size_t free_ TL_GUARDED_BY(mutex_);
};

}  // namespace tickerlake::broker
