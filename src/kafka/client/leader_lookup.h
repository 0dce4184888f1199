#pragma once
// Asking who leads a topic's partitions, again and again while it is not known, with pauses that grow.
#include <chrono>
#include <optional>
#include <string>

#include "base/log.h"
#include "kafka/client/cluster.h"

namespace tickerlake::kafka {

/// Not thread-safe.
class LeaderLookup {
 public:
  static constexpr std::chrono::milliseconds look_time{5'000};  // that an answer may take

  LeaderLookup(Cluster& cluster, Log log) : cluster_(cluster), log_(std::move(log)) {}

  /// The pause after the last look is over.
  bool is_due() const { return std::chrono::steady_clock::now() >= next_; }
  /// Until then; never below zero, nor above `most`.
  std::chrono::milliseconds rest(std::chrono::milliseconds most) const;

  /// The topic as it is now; nothing when that can't be told yet: look again when it is due. known: the id that was
  /// found before, or none. Errors: not_found (it has been missing for long), conflict (deleted and made again),
  /// unauthorized, and what else a broker says that does not pass.
  Result<std::optional<TopicView>> look(const std::string& topic, const Uuid& known);

  /// The next look is for another topic.
  void forget() { missing_since_.reset(); }
  /// A leader did what it was asked to: pauses are short again.
  void succeeded() { pause_ = shortest_pause; }

 private:
  static constexpr std::chrono::milliseconds shortest_pause{10};

  Cluster& cluster_;
  const Log log_;
  SteadyTime next_{};
  std::chrono::milliseconds pause_ = shortest_pause;
  std::optional<SteadyTime> missing_since_;
};

}  // namespace tickerlake::kafka
