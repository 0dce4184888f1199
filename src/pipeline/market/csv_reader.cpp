#include "pipeline/market/csv_reader.h"

#include <algorithm>
#include <array>
#include <cstring>

#include "base/time.h"
#include "pipeline/market/decimal.h"

namespace tickerlake::pipeline {
namespace {

constexpr bool is_digit(char c) { return c >= '0' && c <= '9'; }

/// A plain number such as 12.5; false when it is anything else (or may be too large). What follows is the caller's.
bool plain_number(const char*& at, const char* end, int scale, std::int64_t& value) {
  constexpr std::array<std::uint64_t, price_scale + 1> powers = {1, 10, 100, 1'000, 10'000, 100'000, 1'000'000};
  constexpr int most_digits = 12;  // before the point: leaves room for six decimals in 64 bits
  const char* p = at;
  std::uint64_t digits = 0;  // may wrap for numbers that are too long, which are refused then
  const auto take = [&] { digits = digits * 10 + static_cast<std::uint64_t>(*p++ - '0'); };
  while (p != end && is_digit(*p)) take();
  if (p == at || p - at > most_digits) return false;
  int decimals = 0;
  if (p != end && *p == '.') {
    const char* const first = ++p;
    while (p != end && is_digit(*p) && p - first < scale) take();
    decimals = static_cast<int>(p - first);
    if (decimals == 0) return false;
  }
  value = static_cast<std::int64_t>(digits * powers[static_cast<std::size_t>(scale - decimals)]);
  at = p;
  return true;
}

std::string_view trim(std::string_view text) {
  while (!text.empty() && (text.front() == ' ' || text.front() == '\t')) text.remove_prefix(1);
  while (!text.empty() && (text.back() == ' ' || text.back() == '\t')) text.remove_suffix(1);
  return text;
}

bool means_missing(std::string_view text) {
  if (text.empty() || text == "-") return true;
  std::string lower;
  if (text.size() > 4) return false;
  for (const char c : text) lower += static_cast<char>(c >= 'A' && c <= 'Z' ? c + 32 : c);
  return lower == "null" || lower == "nan" || lower == "none" || lower == "n/a" || lower == "na";
}

/// "4,787,699" without its commas; empty when they don't part thousands.
std::string without_thousands(std::string_view text) {
  std::string digits;
  const std::size_t point = std::min(text.find('.'), text.size());
  const std::size_t sign = text.starts_with('-') || text.starts_with('+') ? 1 : 0;
  for (std::size_t i = 0; i < text.size(); ++i) {
    if (text[i] != ',') {
      digits += text[i];
      continue;
    }
    if (i > point || i <= sign || (point - i) % 4 != 0) return {};
  }
  // Between the commas all groups are of three digits, and the first has at most three.
  const std::size_t first = text.find(',');
  if (first != text.npos && first - sign > 3) return {};
  for (std::size_t i = first; i != text.npos && i < point; i += 4)
    if (text[i] != ',') return {};
  return digits;
}

struct Fields {
  std::vector<std::string> values;
  bool closed = true;  // every quotation mark has its partner
};

Fields split_quoted(std::string_view line, char separator) {
  Fields fields;
  std::string field;
  bool quoted = false;
  for (std::size_t i = 0; i < line.size(); ++i) {
    if (line[i] == '"') {
      if (quoted && i + 1 < line.size() && line[i + 1] == '"')
        field += line[++i];
      else
        quoted = !quoted;
    } else if (line[i] == separator && !quoted) {
      fields.values.push_back(std::move(field));
      field.clear();
    } else {
      field += line[i];
    }
  }
  fields.values.push_back(std::move(field));
  fields.closed = !quoted;
  return fields;
}

std::int64_t* number_of(Bar& bar, Column column) {
  switch (column) {
    case Column::open:
      return &bar.open;
    case Column::high:
      return &bar.high;
    case Column::low:
      return &bar.low;
    case Column::close:
      return &bar.close;
    case Column::volume:
      return &bar.volume;
    case Column::open_interest:
      return &bar.open_interest;
    default:
      return nullptr;
  }
}

const char* name_of(Column column) {
  switch (column) {
    case Column::open:
      return "open";
    case Column::high:
      return "high";
    case Column::low:
      return "low";
    case Column::close:
      return "close";
    case Column::volume:
      return "volume";
    case Column::open_interest:
      return "open interest";
    default:
      return "field";
  }
}

int scale_of(Column column) { return column == Column::volume || column == Column::open_interest ? 0 : price_scale; }

}  // namespace

std::string_view first_line(std::string_view text) {
  text.remove_prefix(byte_order_mark_length(text));
  text = text.substr(0, std::min(text.find('\n'), text.size()));
  if (text.ends_with('\r')) text.remove_suffix(1);
  return text;
}

CsvReader::CsvReader(std::string_view text, CsvLayout layout) : layout_(std::move(layout)) {
  text.remove_prefix(byte_order_mark_length(text));
  at_ = text.data();
  end_ = text.data() + text.size();
  if (layout_.has_header && at_ != end_) {
    const void* newline = std::memchr(at_, '\n', static_cast<std::size_t>(end_ - at_));
    at_ = newline == nullptr ? end_ : static_cast<const char*>(newline) + 1;
    line_ = 1;
  }
}

CsvReader::Next CsvReader::next() {
  while (at_ != end_) {
    const char* const start = at_;
    ++line_;
    // Most rows are plain: they are read without a look for their end first.
    bar_ = Bar{};
    if (!layout_.has_symbol && read_plain(at_)) return Next::row;
    const void* newline = std::memchr(start, '\n', static_cast<std::size_t>(end_ - start));
    const char* line_end = newline == nullptr ? end_ : static_cast<const char*>(newline);
    at_ = newline == nullptr ? end_ : line_end + 1;
    if (line_end != start && line_end[-1] == '\r') --line_end;
    if (line_end == start) continue;
    bar_ = Bar{};
    return read_carefully({start, line_end}) ? Next::row : Next::bad;
  }
  return Next::end;
}

bool CsvReader::plain_date(const char*& at, const char* end) {
  if (end - at < 10 || !is_digit(at[8]) || !is_digit(at[9])) return false;
  const int day = (at[8] - '0') * 10 + (at[9] - '0');
  if (std::memcmp(at, month_text_, sizeof month_text_) != 0) {
    const std::string first = std::string(at, sizeof month_text_) + "01";
    const auto start = parse_date(first);
    if (!start) return false;
    std::memcpy(month_text_, at, sizeof month_text_);
    month_start_ = *start - 1;
    month_days_ = 28;
    while (month_days_ < 31 && parse_date(first.substr(0, 8) + std::to_string(month_days_ + 1))) ++month_days_;
  }
  if (day < 1 || day > month_days_) return false;
  bar_.day = month_start_ + day;
  at += 10;
  return true;
}

bool CsvReader::read_plain(const char*& line) {
  const char separator = layout_.separator;
  const char* at = line;
  for (std::size_t i = 0; i < layout_.columns.size(); ++i) {
    if (i > 0) {
      if (at == end_ || *at != separator) return false;
      ++at;
    }
    const Column column = layout_.columns[i];
    if (column == Column::date) {
      if (!plain_date(at, end_)) return false;
    } else if (std::int64_t* number = number_of(bar_, column); number != nullptr) {
      if (!plain_number(at, end_, scale_of(column), *number)) return false;
    } else {
      for (; at != end_ && *at != separator && *at != '\n'; ++at)
        if (*at == '"' || *at == '\r') return false;
    }
  }
  if (at != end_ && *at == '\r') ++at;
  if (at != end_ && *at != '\n') return false;
  line = at == end_ ? at : at + 1;
  return true;
}

bool CsvReader::read_carefully(std::string_view line) {
  reason_.clear();
  const Fields fields = split_quoted(line, layout_.separator);
  const auto empty = [](const std::string& field) { return trim(field).empty(); };
  if (std::all_of(fields.values.begin(), fields.values.end(), empty)) {
    reason_ = "an empty row";
    return false;
  }
  if (!fields.closed) {
    reason_ = "a quotation mark is not closed";
    return false;
  }
  if (fields.values.size() != layout_.columns.size()) {
    reason_ =
        "has " + std::to_string(fields.values.size()) + " fields instead of " + std::to_string(layout_.columns.size());
    return false;
  }
  for (std::size_t i = 0; i < fields.values.size(); ++i) {
    const Column column = layout_.columns[i];
    const std::string_view text = trim(fields.values[i]);
    if (column == Column::symbol) {
      if (text.empty()) {
        reason_ = "has no symbol";
        return false;
      }
      symbol_ = text;
    } else if (column == Column::date) {
      const auto day = parse_any_date(text, layout_.date_order);
      if (!day) {
        reason_ = day.error().message;
        return false;
      }
      bar_.day = *day;
    } else if (std::int64_t* number = number_of(bar_, column); number != nullptr) {
      if (means_missing(text)) continue;
      const std::string joined = text.find(',') == text.npos ? std::string(text) : without_thousands(text);
      const auto value = parse_decimal(joined.empty() ? text : std::string_view(joined), scale_of(column));
      if (!value) {
        reason_ = std::string(name_of(column)) + ' ' + value.error().message;
        return false;
      }
      *number = *value;
    }
  }
  return true;
}

}  // namespace tickerlake::pipeline
