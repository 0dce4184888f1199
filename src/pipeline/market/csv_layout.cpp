#include "pipeline/market/csv_layout.h"

#include <algorithm>
#include <array>
#include <cctype>
#include <charconv>

#include "base/time.h"

namespace tickerlake::pipeline {
namespace {

std::string_view trim(std::string_view text) {
  while (!text.empty() && (text.front() == ' ' || text.front() == '\t' || text.front() == '"')) text.remove_prefix(1);
  while (!text.empty() && (text.back() == ' ' || text.back() == '\t' || text.back() == '"' || text.back() == '\r'))
    text.remove_suffix(1);
  return text;
}

/// "Open Int" and "open_interest" alike: letters and digits only, lower case.
std::string plain_name(std::string_view text) {
  std::string name;
  for (const char c : trim(text))
    if (std::isalnum(static_cast<unsigned char>(c)))
      name += static_cast<char>(std::tolower(static_cast<unsigned char>(c)));
  return name;
}

Column column_of(std::string_view name) {
  struct Entry {
    std::string_view name;
    Column column;
  };
  static constexpr Entry names[] = {
      {"date", Column::date},
      {"day", Column::date},
      {"timestamp", Column::date},
      {"datetime", Column::date},
      {"time", Column::date},
      {"tradedate", Column::date},
      {"open", Column::open},
      {"high", Column::high},
      {"low", Column::low},
      {"close", Column::close},
      {"volume", Column::volume},
      {"vol", Column::volume},
      {"openint", Column::open_interest},
      {"openinterest", Column::open_interest},
      {"oi", Column::open_interest},
      {"symbol", Column::symbol},
      {"ticker", Column::symbol},
  };
  for (const auto& entry : names)
    if (entry.name == name) return entry.column;
  return Column::ignored;
}

std::vector<std::string_view> split(std::string_view line, char separator) {
  std::vector<std::string_view> fields;
  bool quoted = false;
  std::size_t start = 0;
  for (std::size_t i = 0; i <= line.size(); ++i) {
    if (i < line.size() && line[i] == '"') quoted = !quoted;
    if (i == line.size() || (line[i] == separator && !quoted)) {
      fields.push_back(line.substr(start, i - start));
      start = i + 1;
    }
  }
  return fields;
}

constexpr std::array<std::string_view, 12> months = {"jan", "feb", "mar", "apr", "may", "jun",
                                                     "jul", "aug", "sep", "oct", "nov", "dec"};

std::optional<int> month_by_name(std::string_view word) {
  if (word.size() < 3) return {};
  std::string lower;
  for (const char c : word.substr(0, 3)) lower += static_cast<char>(std::tolower(static_cast<unsigned char>(c)));
  const auto found = std::find(months.begin(), months.end(), lower);
  if (found == months.end()) return {};
  return static_cast<int>(found - months.begin()) + 1;
}

std::optional<int> number(std::string_view text) {
  int value = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
  if (error != std::errc() || end != text.data() + text.size() || value < 0) return {};
  return value;
}

std::optional<std::int32_t> civil(int year, int month, int day) {
  if (year < 1000 || year > 9999 || month > 12 || day > 31) return {};  // chrono's types would take their last bits
  const std::chrono::year_month_day date{std::chrono::year(year), std::chrono::month(static_cast<unsigned>(month)),
                                         std::chrono::day(static_cast<unsigned>(day))};
  if (!date.ok()) return {};
  return static_cast<std::int32_t>(std::chrono::sys_days(date).time_since_epoch().count());
}

/// The parts of "3/4/2016", "Apr 3, 2016", "2016/4/3": words between anything that is neither letter nor digit.
std::vector<std::string_view> words(std::string_view text) {
  std::vector<std::string_view> parts;
  std::size_t i = 0;
  while (i < text.size()) {
    while (i < text.size() && !std::isalnum(static_cast<unsigned char>(text[i]))) ++i;
    const std::size_t start = i;
    while (i < text.size() && std::isalnum(static_cast<unsigned char>(text[i]))) ++i;
    if (i > start) parts.push_back(text.substr(start, i - start));
  }
  return parts;
}

bool is_midnight(std::string_view time) {
  return !time.empty() && std::all_of(time.begin(), time.end(),
                                      [](char c) { return c == '0' || c == ':' || c == '.' || c == 'Z' || c == '+'; });
}

std::unexpected<Error> bad_date(std::string_view text, std::string_view why) {
  return fail(ErrorCode::invalid_argument, "date '" + std::string(text.substr(0, 40)) + "' " + std::string(why));
}

}  // namespace

std::size_t byte_order_mark_length(std::string_view text) {
  if (text.starts_with("\xEF\xBB\xBF")) return 3;
  if (text.starts_with("\xC3\xAF\xC2\xBB\xC2\xBF")) return 6;  // the mark read as Latin-1 and written as UTF-8
  return 0;
}

Result<CsvLayout> detect_layout(std::string_view first_line) {
  CsvLayout layout;
  const auto count = [&](char c) { return std::count(first_line.begin(), first_line.end(), c); };
  if (count('\t') > count(layout.separator)) layout.separator = '\t';
  if (count(';') > count(layout.separator)) layout.separator = ';';

  const auto fields = split(first_line, layout.separator);
  int known = 0;
  bool has_date = false;
  std::optional<std::size_t> index_column;
  for (std::size_t i = 0; i < fields.size(); ++i) {
    const std::string name = plain_name(fields[i]);
    Column column = column_of(name);
    // A second column of a meaning ("Time" after "Date") is left out.
    if (column != Column::ignored &&
        std::find(layout.columns.begin(), layout.columns.end(), column) != layout.columns.end())
      column = Column::ignored;
    if (name == "index") index_column = i;
    has_date = has_date || column == Column::date;
    layout.has_symbol = layout.has_symbol || column == Column::symbol;
    known += column != Column::ignored ? 1 : 0;
    layout.columns.push_back(column);
  }
  if (has_date && known >= 2) {
    if (!layout.has_symbol && index_column) {  // stock indices: "Index,Date,Open,…"
      layout.columns[*index_column] = Column::symbol;
      layout.has_symbol = true;
    }
    return layout;
  }

  if (fields.size() >= 6 && fields.size() <= 7 && parse_any_date(trim(fields[0]), DateOrder::day_first)) {
    layout.has_header = false;
    layout.has_symbol = false;
    layout.columns = {Column::date, Column::open, Column::high, Column::low, Column::close, Column::volume};
    if (fields.size() == 7) layout.columns.push_back(Column::open_interest);
    return layout;
  }
  return fail(ErrorCode::unsupported,
              "the first line names no date and price columns: '" + std::string(first_line.substr(0, 80)) + "'");
}

std::optional<DateOrder> date_order_of(std::string_view text) {
  const auto parts = words(text);
  if (parts.size() < 3 || parts[0].size() > 2 || parts[1].size() > 2) return {};
  const auto first = number(parts[0]);
  const auto second = number(parts[1]);
  if (!first || !second) return {};
  if (*first > 12 && *second <= 12) return DateOrder::day_first;
  if (*second > 12 && *first <= 12) return DateOrder::month_first;
  return {};
}

Result<std::int32_t> parse_any_date(std::string_view text, DateOrder order) {
  if (const auto day = parse_date(text)) return *day;
  if (text.empty()) return bad_date(text, "is empty");

  // A time behind the date may only be midnight: a bar within the day would lose its time.
  std::string_view date = text;
  if (const auto colon = text.find(':'); colon != text.npos) {
    const auto gap = text.find_first_of(" T");
    if (gap == text.npos || gap > colon) return bad_date(text, "is a time");
    date = text.substr(0, gap);
    if (!is_midnight(text.substr(gap + 1))) return bad_date(text, "has a time of day; bars are daily");
  } else if (text.size() == 8 && number(text)) {
    if (const auto day = civil(*number(text.substr(0, 4)), *number(text.substr(4, 2)), *number(text.substr(6, 2))))
      return *day;
    return bad_date(text, "does not exist");
  }

  const auto parts = words(date);
  if (parts.size() != 3) return bad_date(text, "is not a date");
  std::optional<int> year, month, day;
  if (const auto named = month_by_name(parts[0])) {  // Jan 1 2000
    month = named, day = number(parts[1]), year = number(parts[2]);
  } else if (const auto middle = month_by_name(parts[1])) {  // 1 Jan 2000
    day = number(parts[0]), month = middle, year = number(parts[2]);
  } else if (parts[0].size() == 4) {  // 2000/1/31
    year = number(parts[0]), month = number(parts[1]), day = number(parts[2]);
  } else if (parts[2].size() == 4) {  // 31/01/2000
    day = number(parts[order == DateOrder::day_first ? 0 : 1]);
    month = number(parts[order == DateOrder::day_first ? 1 : 0]);
    year = number(parts[2]);
  }
  if (!year || !month || !day) return bad_date(text, "is not a date");
  if (const auto days = civil(*year, *month, *day)) return *days;
  return bad_date(text, "does not exist");
}

}  // namespace tickerlake::pipeline
