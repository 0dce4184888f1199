#pragma once
// What the columns of a market data file mean: found by the header's names, and by the dates themselves where they are
// ambiguous.
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"

namespace tickerlake::pipeline {

enum class Column : std::uint8_t { ignored, symbol, date, open, high, low, close, volume, open_interest };

/// How dates such as 03/04/2016 read. Dates of other forms (2016-04-03, 20160403, Apr 3 2016) need no hint.
enum class DateOrder : std::uint8_t { day_first, month_first };

struct CsvLayout {
  char separator = ',';
  std::vector<Column> columns;
  bool has_symbol = false;  // a column names the symbol; else the file's name does
  bool has_header = true;   // the first line is not a row
  DateOrder date_order = DateOrder::day_first;
};

/// The length of a byte order mark at the start, plain or encoded twice; 0 without one.
std::size_t byte_order_mark_length(std::string_view text);

/// The layout that the first line tells: a header, or a row in the order date, open, high, low, close, volume, open
/// interest. ErrorCode::unsupported when it is neither.
Result<CsvLayout> detect_layout(std::string_view first_line);

/// Days since 1970 of a date in one of the known forms; the error says why not ("has a time of day").
Result<std::int32_t> parse_any_date(std::string_view text, DateOrder order);

/// What a date says about the order of day and month, if anything ("25/03/2016").
std::optional<DateOrder> date_order_of(std::string_view text);

}  // namespace tickerlake::pipeline
