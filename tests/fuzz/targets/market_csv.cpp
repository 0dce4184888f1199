// A file of market data. Every line is a row or has a reason why not, and the reader's two ways (quick for plain rows,
// patient with others) agree: the same text with its cells in quotes gives the same rows.
#include "pipeline/market/csv_reader.h"
#include "pipeline/market/decimal.h"
#include "target.h"

namespace tickerlake::pipeline {
namespace {

using fuzz::require;

struct Row {
  Bar bar;
  std::string symbol;
};

std::vector<Row> rows_of(std::string_view text, const CsvLayout& layout) {
  std::vector<Row> rows;
  CsvReader reader(text, layout);
  std::int64_t line = 0;
  while (true) {
    const auto next = reader.next();
    if (next == CsvReader::Next::end) return rows;
    require(reader.line() > line, "lines are counted up");
    line = reader.line();
    if (next == CsvReader::Next::bad) {
      require(!reader.reason().empty(), "a bad row has a reason");
    } else {
      rows.push_back({reader.bar(), layout.has_symbol ? std::string(reader.symbol()) : std::string()});
    }
  }
}

std::string with_quotes(std::string_view text, char separator) {
  std::string quoted;
  bool line_begins = true;
  for (const char c : text) {
    if (line_begins) quoted += '"';
    line_begins = c == '\n';
    if (c == separator || c == '\n') quoted += '"';
    quoted += c;
    if (c == separator) quoted += '"';
  }
  return quoted += '"';
}

void check_rows(std::string_view text) {
  auto layout = detect_layout(first_line(text));
  if (!layout) return;
  const auto rows = rows_of(text, *layout);
  // Where quotes, or spaces that quotes would hide, play no part.
  if (text.find_first_of("\"\r") != std::string_view::npos || byte_order_mark_length(text) > 0) return;
  const auto again = rows_of(with_quotes(text, layout->separator), *layout);
  require(rows.size() == again.size(), "quoted cells give as many rows");
  for (std::size_t i = 0; i < rows.size(); ++i) {
    const Bar &a = rows[i].bar, &b = again[i].bar;
    require(a.day == b.day && a.open == b.open && a.high == b.high && a.low == b.low && a.close == b.close &&
                a.volume == b.volume && a.open_interest == b.open_interest && rows[i].symbol == again[i].symbol,
            "quoted cells give the same rows");
  }
}

void check_decimal(std::string_view text) {
  for (const int scale : {0, price_scale, 18}) {
    const auto value = parse_decimal(text, scale);
    if (!value) continue;
    char buffer[max_number_length + 20];
    const std::string_view printed(buffer, static_cast<std::size_t>(format_decimal(buffer, *value, scale) - buffer));
    require(parse_decimal(printed, scale) == *value, "a number prints as itself");
  }
}

/// What a date comes to is written in its text: the numbers of year and day at least.
void check_date(std::string_view text) {
  for (const DateOrder order : {DateOrder::day_first, DateOrder::month_first}) {
    const auto day = parse_any_date(text, order);
    if (!day) continue;
    std::string digits;
    for (const char c : text) {
      if (c >= '0' && c <= '9') digits += c;
    }
    const std::chrono::year_month_day date{std::chrono::sys_days(std::chrono::days(*day))};
    const auto has = [&](int number) { return digits.find(std::to_string(number)) != std::string::npos; };
    require(has(static_cast<int>(date.day().operator unsigned())), "the day is one of the text");
    require(has(static_cast<int>(date.year()) % 100), "the year is one of the text");
  }
}

}  // namespace
}  // namespace tickerlake::pipeline

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace tickerlake::pipeline;
  const std::string_view text = tickerlake::as_text(tickerlake::fuzz::as_input(data, size));
  check_rows(text);
  check_decimal(text.substr(0, 64));
  check_date(text.substr(0, std::min(text.find_first_of(",\n"), text.size())));
  return 0;
}
