#include "app/start.h"

#include <fmt/core.h>

#include <algorithm>
#include <charconv>
#include <limits>

#include "base/time.h"

namespace tickerlake::app {

Result<Start> parse_start(std::string_view flag, std::string_view text) {
  if (text == "beginning") return Start{Start::Kind::beginning};
  if (text == "end") return Start{Start::Kind::end};
  std::int64_t value = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
  if (error == std::errc() && end == text.data() + text.size()) {
    if (!text.starts_with('-')) return Start{Start::Kind::offset, value};
    return Start{Start::Kind::last, -std::max(value, -std::numeric_limits<std::int64_t>::max())};
  }
  constexpr std::size_t date_length = 10;
  constexpr std::int64_t day_ms = 86'400'000;
  const auto day = parse_date(text.substr(0, date_length));
  const std::string_view time = text.size() > date_length ? text.substr(date_length) : "T00:00:00Z";
  int hours = 0, minutes = 0, seconds = 0, used = 0;
  double fraction = 0;
  const std::string terminated(time);
  const bool plain = std::sscanf(terminated.c_str(), "T%2d:%2d:%2d%n", &hours, &minutes, &seconds, &used) == 3;
  std::string_view rest = plain ? time.substr(static_cast<std::size_t>(used)) : "";
  if (plain && rest.starts_with('.') && rest.size() > 2) {
    const auto [stop, wrong] = std::from_chars(rest.data(), rest.data() + rest.size(), fraction);
    rest.remove_prefix(wrong == std::errc() ? static_cast<std::size_t>(stop - rest.data()) : 0);
  }
  const bool valid = day && plain && rest == "Z" && hours >= 0 && hours < 24 && minutes >= 0 && minutes < 60 &&
                     seconds >= 0 && seconds < 60;
  if (!valid) {
    return fail(
        ErrorCode::invalid_argument,
        std::string(flag) + " " + std::string(text) +
            ": expected beginning, end, an offset, -n for the last n, or a time as 2017-11-01 or 2017-11-01T14:30:00Z");
  }
  const std::int64_t of_day =
      ((hours * 60 + minutes) * 60 + seconds) * 1000LL + static_cast<std::int64_t>(fraction * 1000);
  return Start{Start::Kind::time, *day * day_ms + of_day};
}

Result<std::int64_t> offset_of(kafka::Admin& admin, std::string_view flag, const Start& start, const std::string& topic,
                               std::int32_t partition) {
  constexpr std::chrono::milliseconds patience{10'000};
  if (start.kind == Start::Kind::time) return admin.offset_at(topic, partition, start.value, patience);
  TRY(const auto marks, admin.watermarks(topic, partition, patience));
  if (start.kind == Start::Kind::beginning) return marks.low;
  if (start.kind == Start::Kind::end) return marks.high;
  if (start.kind == Start::Kind::last) return std::max(marks.low, marks.high - start.value);
  if (start.value >= marks.low && start.value <= marks.high) return start.value;
  return fail(ErrorCode::invalid_argument, fmt::format("{} {}: partition {} has the offsets {} to {}", flag,
                                                       start.value, partition, marks.low, marks.high - 1));
}

}  // namespace tickerlake::app
