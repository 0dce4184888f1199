#pragma once
// Decimal text to integers and back without a rounding step anywhere.
#include <cstdint>
#include <optional>
#include <string_view>

#include "base/result.h"

namespace tickerlake::pipeline {

constexpr int price_scale = 6;  // decimals of a price: integers count millionths

/// "0.42388" at scale 6 is 423880. Takes a sign, an exponent ("1.5e3") and zeros beyond the scale; refuses what would
/// have to be rounded, what is not a number, and more digits than precision (at most 18).
Result<std::int64_t> parse_decimal(std::string_view text, int scale, int precision = 18);

/// Room that format_decimal and format_integer need.
constexpr int max_number_length = 24;

/// The shortest form: 423880 at scale 6 is "0.42388", 5000000 is "5". Returns the end.
char* format_decimal(char* to, std::int64_t value, int scale);
char* format_integer(char* to, std::int64_t value);

}  // namespace tickerlake::pipeline
