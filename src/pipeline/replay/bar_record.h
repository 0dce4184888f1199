#pragma once
// A bar as a Kafka record's value: one JSON object, numbers exact and in their shortest form (docs/formats/lake.md).
#include <string>
#include <string_view>
#include <vector>

#include "pipeline/market/bar.h"

namespace tickerlake::pipeline {

/// Formats the bars of one history. Not thread-safe.
class BarFormatter {
 public:
  /// Prepares what a symbol's records have in common; its number must be the next one, from 0.
  void add_symbol(std::string_view symbol);
  /// The JSON text, valid until the next call.
  std::string_view format(std::size_t symbol, const Bar& bar);

 private:
  std::vector<std::string> heads_;  // {"symbol":"AAPL","date":"
  std::int32_t day_ = 0;
  std::string day_text_;
  std::string buffer_;
};

/// The schema of these records, as the sink understands it (docs/formats/lake.md).
std::string_view bar_schema();

/// Names of record headers.
constexpr std::string_view seq_header = "seq";  // the row's position in the merged order, decimal digits
constexpr std::string_view schema_header =
    "tickerlake.schema";  // on the first record that a replay sends to a partition

}  // namespace tickerlake::pipeline
