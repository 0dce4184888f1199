#include "pipeline/replay/pace.h"

#include <charconv>
#include <cmath>
#include <string>

namespace tickerlake::pipeline {
namespace {

constexpr double seconds_per_day = 86'400;
constexpr auto most_lag = std::chrono::seconds(1);  // more is forgiven, not caught up with

}  // namespace

Result<Pace> Pace::parse(std::string_view text) {
  double number = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), number);
  const std::string_view unit(end, static_cast<std::size_t>(text.data() + text.size() - end));
  if (error == std::errc() && std::isfinite(number) && number >= 0) {
    if (number == 0 && unit.empty()) return Pace{};
    if (number > 0 && unit == "/s") return Pace{Kind::records_per_second, number};
    if (number > 0 && (unit.empty() || unit == "x")) return Pace{Kind::times_real, number};
    if (number > 0 && unit == "d/s") return Pace{Kind::times_real, number * seconds_per_day};
  }
  return fail(ErrorCode::invalid_argument, "speed '" + std::string(text) +
                                               "': give 0 (flat out), 5000/s (records a second), 86400 or 86400x "
                                               "(times real speed) or 1d/s (days a second)");
}

Pacer::Time Pacer::due(std::int32_t day, Time now) {
  if (pace_.kind == Pace::Kind::flat_out) return now;
  if (!started_) {
    started_ = true;
    anchor_ = now;
    anchor_day_ = day;
    records_since_anchor_ = 0;
  }
  const double seconds = pace_.kind == Pace::Kind::records_per_second
                             ? static_cast<double>(records_since_anchor_) / pace_.rate
                             : (day - anchor_day_) * seconds_per_day / pace_.rate;
  ++records_since_anchor_;
  constexpr double longest = 1e9;  // about thirty years, so that the sum stays within the clock's range
  const Time due =
      anchor_ + std::chrono::duration_cast<Time::duration>(std::chrono::duration<double>(std::min(seconds, longest)));
  if (now - due > most_lag) {
    anchor_ = now;
    anchor_day_ = day;
    records_since_anchor_ = 1;
    return now;
  }
  return due;
}

}  // namespace tickerlake::pipeline
