#pragma once
// What of a partition's log is on disk, and who waits for it: decides when an append may be acknowledged, and when
// seen.
#include <algorithm>
#include <optional>
#include <utility>
#include <vector>

#include "services/broker/log/checkpoint.h"

namespace tickerlake::broker {

/// When readers may see a record: at once, where its producer lives with the loss of what it wrote last (acks 0 and 1),
/// or not before no power loss can take it back.
enum class Visible { at_once, when_durable };

/// A state machine without I/O or threads: the partition's mutex covers it, and tests/simulation runs it through all
/// interleavings. A sync is: begin_sync() with the log's end → sync what is unsynced → synced() with that same end.
/// Syncs come one after the other: a second one must not report what the first is still writing. A sync that fails is
/// never reported, so nobody who waited for it is told anything but the end of the process.
template <class Waiter>
class Durability {
 public:
  /// Everything before it is on disk.
  explicit Durability(const LogPosition& durable) : durable_(durable) {}

  /// What lies before it is on disk.
  const LogPosition& durable() const { return durable_; }
  /// The high watermark of a log that ends there: behind the last record that may be seen, and where its bytes end.
  const LogPosition& visible(const LogPosition& end) const { return held_ ? *held_ : end; }

  /// Something was appended at `begin`. True when the group commit does not know of it yet: the caller marks the
  /// partition dirty.
  [[nodiscard]] bool appended(const LogPosition& begin, Visible visible) {
    if (visible == Visible::when_durable) {
      if (!held_) held_ = begin;
      if (!held_next_) held_next_ = begin;
    }
    return !std::exchange(dirty_, true);
  }

  /// The files to sync are taken in the same moment; what is appended from now on is dirty again.
  void begin_sync() {
    dirty_ = false;
    held_next_.reset();
  }
  /// All that was written before the sync began, when the log ended at `end`, is on disk. Gives those who waited for
  /// it.
  [[nodiscard]] std::vector<Waiter> synced(const LogPosition& end) {
    durable_ = std::max(durable_, end);
    held_ = held_next_;
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
  std::optional<LogPosition> held_;       // the first append that is not to be seen yet
  std::optional<LogPosition> held_next_;  // the first of those that the present sync leaves
  bool dirty_ = false;                    // the group commit knows of us
  std::vector<Waiting> waiting_;
};

}  // namespace tickerlake::broker
