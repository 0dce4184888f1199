#pragma once
// How fast a replay plays: flat out, records a second, or market time against real time. A pause never piles up a debt.
#include <chrono>
#include <cstdint>
#include <string_view>

#include "base/result.h"

namespace tickerlake::pipeline {

struct Pace {
  enum class Kind { flat_out, records_per_second, times_real };
  Kind kind = Kind::flat_out;
  double rate = 0;  // records a second, or seconds of market time in a second

  /// "0" flat out; "N/s" records a second; "N" or "Nx" times real speed; "Nd/s" days of market time a second
  /// (the same as 86400·N times real speed). ErrorCode::invalid_argument for anything else.
  static Result<Pace> parse(std::string_view text);
};

/// When the next record is due. No clock of its own: tests give the time.
class Pacer {
 public:
  using Time = std::chrono::steady_clock::time_point;
  explicit Pacer(Pace pace) : pace_(pace) {}
  /// The moment at which a record of this day (since 1970) is due; not later than now when it is already late.
  /// After a lag of more than a second the schedule moves: what was missed is not made up for in a burst.
  Time due(std::int32_t day, Time now);

 private:
  Pace pace_;
  bool started_ = false;
  Time anchor_{};
  std::int32_t anchor_day_ = 0;
  std::int64_t records_since_anchor_ = 0;
};

}  // namespace tickerlake::pipeline
