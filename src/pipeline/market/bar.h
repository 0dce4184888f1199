#pragma once
// One trading day of one symbol, exact: prices are integers in millionths.
#include <cstdint>
#include <limits>

namespace tickerlake::pipeline {

/// Prices in millionths (decimal(18,6)); any number may be missing.
struct Bar {
  static constexpr std::int64_t missing = std::numeric_limits<std::int64_t>::min();

  std::int32_t day = 0;  // since 1970-01-01
  std::int64_t open = missing;
  std::int64_t high = missing;
  std::int64_t low = missing;
  std::int64_t close = missing;
  std::int64_t volume = missing;
  std::int64_t open_interest = missing;
};

}  // namespace tickerlake::pipeline
