#include "pipeline/market/decimal.h"

#include <array>
#include <charconv>
#include <cstring>

namespace tickerlake::pipeline {
namespace {

constexpr std::array<std::int64_t, 19> powers_of_ten = [] {
  std::array<std::int64_t, 19> powers{};
  std::int64_t power = 1;
  for (auto& entry : powers) {
    entry = power;
    if (power < 1'000'000'000'000'000'000) power *= 10;
  }
  return powers;
}();

constexpr bool is_digit(char c) { return c >= '0' && c <= '9'; }

std::unexpected<Error> bad(std::string_view text, std::string_view why) {
  constexpr std::size_t shown = 40;
  std::string message = "'" + std::string(text.substr(0, shown)) + "' " + std::string(why);
  return fail(ErrorCode::invalid_argument, std::move(message));
}

}  // namespace

Result<std::int64_t> parse_decimal(std::string_view text, int scale, int precision) {
  const char* at = text.data();
  const char* const end = at + text.size();
  const bool negative = at != end && *at == '-';
  if (at != end && (*at == '-' || *at == '+')) ++at;

  // The digits as one integer, with the number of them behind the point; zeros wait until another digit follows.
  std::int64_t digits = 0;
  int decimals = 0;
  int zeros = 0;
  bool any = false;
  bool point = false;
  for (; at != end; ++at) {
    if (*at == '.' && !point) {
      point = true;
      continue;
    }
    if (!is_digit(*at)) break;
    any = true;
    if (point) ++decimals;
    if (*at == '0') {
      if (digits != 0) ++zeros;
      continue;
    }
    if (digits != 0) {
      if (zeros >= 18 || digits >= powers_of_ten[static_cast<std::size_t>(17 - zeros)])
        return bad(text, "has too many digits");
      digits *= powers_of_ten[static_cast<std::size_t>(zeros + 1)];
    }
    digits += *at - '0';
    zeros = 0;
  }
  if (!any) return bad(text, "is not a number");
  int exponent = 0;
  if (at != end && (*at == 'e' || *at == 'E')) {
    ++at;
    if (at != end && *at == '+') ++at;
    const auto [stop, error] = std::from_chars(at, end, exponent);
    if (error != std::errc() || stop == at || exponent > 400 || exponent < -400) return bad(text, "is not a number");
    at = stop;
  }
  if (at != end) return bad(text, "is not a number");
  if (digits == 0) return 0;

  // value = digits · 10^(zeros - decimals + exponent), wanted in units of 10^-scale.
  const int shift = zeros - decimals + exponent + scale;
  if (shift < 0) return bad(text, "has more than " + std::to_string(scale) + " decimals");
  const std::int64_t limit = powers_of_ten[static_cast<std::size_t>(precision)];
  if (shift > 18 || digits > limit / powers_of_ten[static_cast<std::size_t>(shift)]) return bad(text, "is too large");
  const std::int64_t value = digits * powers_of_ten[static_cast<std::size_t>(shift)];
  if (value >= limit) return bad(text, "is too large");
  return negative ? -value : value;
}

char* format_integer(char* to, std::int64_t value) { return std::to_chars(to, to + max_number_length, value).ptr; }

char* format_decimal(char* to, std::int64_t value, int scale) {
  auto magnitude = static_cast<std::uint64_t>(value);
  if (value < 0) {
    *to++ = '-';
    magnitude = 0 - magnitude;
  }
  const auto unit = static_cast<std::uint64_t>(powers_of_ten[static_cast<std::size_t>(scale)]);
  to = std::to_chars(to, to + max_number_length, magnitude / unit).ptr;
  std::uint64_t fraction = magnitude % unit;
  if (fraction == 0) return to;
  while (fraction % 100 == 0) fraction /= 100, scale -= 2;  // zeros at the end are not written
  if (fraction % 10 == 0) fraction /= 10, --scale;
  *to = '.';
  for (int i = scale; i > 0; --i) {
    to[i] = static_cast<char>('0' + fraction % 10);
    fraction /= 10;
  }
  return to + scale + 1;
}

}  // namespace tickerlake::pipeline
