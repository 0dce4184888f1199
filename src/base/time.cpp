#include "base/time.h"

#include <charconv>
#include <ctime>

namespace tickerlake {
namespace {

std::string formatted(TimestampMs time, const char* format) {
  const std::time_t seconds = static_cast<std::time_t>(time >= 0 ? time / 1000 : (time - 999) / 1000);
  std::tm parts{};
  gmtime_r(&seconds, &parts);
  char text[64];
  return {text, std::strftime(text, sizeof text, format, &parts)};
}

std::optional<TimestampMs> parsed(std::string_view text, const char* format) {
  std::tm parts{};
  const std::string terminated(text);
  const char* end = strptime(terminated.c_str(), format, &parts);
  if (end == nullptr || *end != '\0') return std::nullopt;
  return static_cast<TimestampMs>(timegm(&parts)) * 1000;
}

std::optional<int> digits(std::string_view text) {
  int value = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
  if (error != std::errc{} || end != text.data() + text.size() || text[0] == '-') return std::nullopt;
  return value;
}

}  // namespace

TimestampMs SystemClock::now_ms() const {
  using namespace std::chrono;
  return duration_cast<milliseconds>(system_clock::now().time_since_epoch()).count();
}

std::string iso8601(TimestampMs time) {
  const int millis = static_cast<int>(((time % 1000) + 1000) % 1000);
  char text[8];
  std::snprintf(text, sizeof text, ".%03dZ", millis);
  return formatted(time, "%Y-%m-%dT%H:%M:%S") + text;
}

std::string iso8601_basic(TimestampMs time) { return formatted(time, "%Y%m%dT%H%M%SZ"); }
std::string http_date(TimestampMs time) { return formatted(time, "%a, %d %b %Y %H:%M:%S GMT"); }

std::optional<TimestampMs> parse_http_date(std::string_view text) { return parsed(text, "%a, %d %b %Y %H:%M:%S GMT"); }
std::optional<TimestampMs> parse_iso8601_basic(std::string_view text) { return parsed(text, "%Y%m%dT%H%M%SZ"); }

std::optional<std::int32_t> parse_date(std::string_view text) {
  if (text.size() != 10 || text[4] != '-' || text[7] != '-') return std::nullopt;
  const auto year = digits(text.substr(0, 4)), month = digits(text.substr(5, 2)), day = digits(text.substr(8, 2));
  if (!year || !month || !day) return std::nullopt;
  const std::chrono::year_month_day date{std::chrono::year{*year}, std::chrono::month(*month), std::chrono::day(*day)};
  if (!date.ok()) return std::nullopt;
  return static_cast<std::int32_t>(std::chrono::sys_days{date}.time_since_epoch().count());
}

std::string format_date(std::int32_t days_since_1970) {
  const std::chrono::year_month_day date{std::chrono::sys_days{std::chrono::days{days_since_1970}}};
  char text[32];
  std::snprintf(text, sizeof text, "%04d-%02u-%02u", static_cast<int>(date.year()), static_cast<unsigned>(date.month()),
                static_cast<unsigned>(date.day()));
  return text;
}

}  // namespace tickerlake
