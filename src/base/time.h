#pragma once
// Wall-clock time in milliseconds since 1970 UTC, calendar dates, and the text forms the protocols use.
#include <chrono>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace tickerlake {

using TimestampMs = std::int64_t;  // milliseconds since 1970-01-01T00:00:00Z; Kafka's unit

/// Where the time comes from; tests give their own.
class Clock {
 public:
  virtual ~Clock() = default;
  virtual TimestampMs now_ms() const = 0;
};

class SystemClock final : public Clock {
 public:
  TimestampMs now_ms() const override;
};

/// "2016-11-23T14:05:06.789Z" (ISO 8601, S3's LastModified).
std::string iso8601(TimestampMs time);
/// "20161123T140506Z" (SigV4's x-amz-date).
std::string iso8601_basic(TimestampMs time);
/// "Wed, 23 Nov 2016 14:05:06 GMT" (RFC 7231).
std::string http_date(TimestampMs time);
std::optional<TimestampMs> parse_http_date(std::string_view text);
std::optional<TimestampMs> parse_iso8601_basic(std::string_view text);

/// Days since 1970-01-01 of a strict "yyyy-mm-dd"; nothing for anything else, days that don't exist included.
std::optional<std::int32_t> parse_date(std::string_view text);
/// The inverse: "2016-02-29".
std::string format_date(std::int32_t days_since_1970);

}  // namespace tickerlake
