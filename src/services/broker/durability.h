#pragma once
// What of a partition's log is on disk, and who waits for it: decides when an append may be acknowledged.
#include <algorithm>
#include <utility>
#include <vector>

#include "services/broker/log/checkpoint.h"

namespace tickerlake::broker {

/// A state machine without I/O or threads: the partition's mutex covers it, and tests/simulation runs it through all
/// interleavings. A sync is: begin_sync() with the log's end → sync what is unsynced → synced() with that same end.
/// Syncs come one after the other: a second one must not report what the first is still writing. A sync that fails is
/// never reported, so nobody who waited for it is told anything but the end of the process.
template <class Waiter>
class Durability {
 public:
  /// Everything before it is on disk.
  explicit Durability(const LogPosition& durable) : durable_(durable) {}

  /// The high watermark, and where its bytes end.
  const LogPosition& durable() const { return durable_; }

  /// Something was appended. True when the group commit does not know of it yet: the caller marks the partition dirty.
  [[nodiscard]] bool appended() { return !std::exchange(dirty_, true); }

  /// The files to sync are taken in the same moment; what is appended from now on is dirty again.
  void begin_sync() { dirty_ = false; }
  /// All that was written before the sync began, when the log ended at `end`, is on disk. Gives those who waited for
  /// it.
  [[nodiscard]] std::vector<Waiter> synced(const LogPosition& end) {
    durable_ = std::max(durable_, end);
    std::vector<Waiter> done;
    std::erase_if(waiting_, [&](Waiting& waiting) {
      if (waiting.next > durable_.offset) return false;
      done.push_back(std::move(waiting.waiter));
      return true;
    });
    return done;
  }

  /// Keeps the waiter until everything before `next` is on disk. False when it is already: the waiter is left alone.
  [[nodiscard]] bool wait(Offset next, Waiter& waiter) {
    if (next <= durable_.offset) return false;
    waiting_.push_back({next, std::move(waiter)});
    return true;
  }

 private:
  struct Waiting {
    Offset next;
    Waiter waiter;
  };
  LogPosition durable_;
  bool dirty_ = false;  // the group commit knows of us
  std::vector<Waiting> waiting_;
};

}  // namespace tickerlake::broker
