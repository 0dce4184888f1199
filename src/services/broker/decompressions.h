#pragma once
// How many batches are decompressed at once, over all connections: each may take as much memory as a batch may become
// (a block of snappy, a window of zstd).
#include "base/mutex.h"

namespace tickerlake::broker {

/// Further ones wait; each ends within about a second.
inline constexpr int max_decompressions = 8;

/// Thread-safe. The mutex is a leaf.
class Decompressions {
 public:
  explicit Decompressions(int most = max_decompressions) : free_(most) {}

  /// One of them, while it lives. Waits for it. None where nothing is wanted.
  class Turn {
   public:
    explicit Turn(Decompressions& all, bool wanted = true) : all_(wanted ? &all : nullptr) {
      if (all_ != nullptr) all_->take();
    }
    ~Turn() {
      if (all_ != nullptr) all_->give_back();
    }
    Turn(const Turn&) = delete;
    Turn& operator=(const Turn&) = delete;

   private:
    Decompressions* all_;
  };

 private:
  void take() TL_EXCLUDES(mutex_) {
    MutexLock lock(mutex_);
    while (free_ == 0) returned_.wait(mutex_);
    --free_;
  }
  void give_back() TL_EXCLUDES(mutex_) {
    MutexLock lock(mutex_);
    ++free_;
    returned_.notify_one();
  }

  Mutex mutex_;
  Condition returned_;
  int free_ TL_GUARDED_BY(mutex_);
};

}  // namespace tickerlake::broker
