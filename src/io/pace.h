#pragma once
// How slowly a peer may send or read before it is given up: what keeps a slow-loris from holding a thread for ever.
#include <chrono>
#include <cstdint>

#include "base/bytes.h"
#include "base/result.h"

namespace tickerlake::io {

/// Of waiting for one message, before the least rate is asked for.
inline constexpr std::chrono::milliseconds pace_patience{30'000};
/// Bytes per second of waiting.
inline constexpr std::int64_t least_rate = 1_KiB;

/// The waits for one message, looked at each time that they have used up the patience. Belongs to one thread.
class Pace {
 public:
  struct Options {
    std::chrono::milliseconds patience = pace_patience;
    std::int64_t least_rate = io::least_rate;
  };
  Pace() = default;
  explicit Pace(Options options) : options_(options) {}

  /// Counts a wait and what came of it; ErrorCode::timeout for a peer that is slower than it may be.
  Result<void> note(std::chrono::nanoseconds waited, std::size_t bytes) {
    waited_ += waited;
    bytes_ += static_cast<std::int64_t>(bytes);
    if (waited_ <= options_.patience) return {};
    const double seconds = std::chrono::duration<double>(waited_).count();
    if (static_cast<double>(bytes_) < seconds * static_cast<double>(options_.least_rate)) {
      return fail(ErrorCode::timeout, "the peer is too slow");
    }
    // What came fast at first is no credit for later.
    waited_ = {};
    bytes_ = 0;
    return {};
  }

 private:
  Options options_;
  std::chrono::nanoseconds waited_{};
  std::int64_t bytes_ = 0;
};

}  // namespace tickerlake::io
