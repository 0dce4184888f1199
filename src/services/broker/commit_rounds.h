#pragma once
// Which files a round of the group commit syncs, and when the next one may begin.
#include <chrono>
#include <cstdint>
#include <utility>
#include <vector>

#include "base/bytes.h"

namespace tickerlake::broker {

/// When a round has written this much, the next one begins bulk_round_interval after it or later: a sync costs about as
/// much CPU as writing 100 kB, so bulk loads gain from fewer, larger rounds. Small writes are synced at once.
inline constexpr std::int64_t bulk_round_bytes = 64_KiB;
inline constexpr std::chrono::milliseconds bulk_round_interval{4};

/// A state machine without clock or threads. A file that is marked while a round runs is in the next round: what was
/// written before mark() is on disk when the round that begin() gave it to has ended.
template <class File>
class CommitRounds {
 public:
  using Time = std::chrono::steady_clock::time_point;

  /// True when it is the first: whoever runs the rounds may have to be woken.
  bool mark(File file) {
    dirty_.push_back(std::move(file));
    return dirty_.size() == 1;
  }
  bool is_due() const { return !dirty_.empty(); }
  /// Not before this.
  Time earliest() const { return earliest_; }

  std::vector<File> begin(Time now) {
    earliest_ = now;
    return std::exchange(dirty_, {});
  }
  /// The round that began last has synced so many bytes.
  void end(std::int64_t bytes) {
    if (bytes >= bulk_round_bytes) earliest_ += bulk_round_interval;
  }

 private:
  std::vector<File> dirty_;
  Time earliest_;
};

}  // namespace tickerlake::broker
