// DATE '…', TIMESTAMP '…', INTERVAL '…' and the values that need no arguments.
#include <algorithm>
#include <charconv>
#include <cmath>

#include "services/athena/sql/writer_impl.h"

namespace tickerlake::athena::sql {
namespace {

using Kind = Type::Kind;

bool is_digit(char c) { return c >= '0' && c <= '9'; }

/// yyyy-MM-dd with one or two digits a part; nothing else.
bool is_date(std::string_view text) {
  int part = 0;
  std::size_t digits = 0;
  std::size_t i = text.starts_with("-") ? 1 : 0;
  for (; i < text.size(); ++i) {
    if (is_digit(text[i])) {
      ++digits;
    } else if (text[i] == '-' && digits > 0 && part < 2) {
      if (part == 0 && digits < 4) return false;
      ++part;
      digits = 0;
    } else {
      return false;
    }
  }
  return part == 2 && digits >= 1 && digits <= 2;
}

/// Numbers of an interval's text, by their separators: '1 02:03:04.5' has 1, 2, 3, 4.5.
std::optional<std::vector<double>> numbers(std::string_view text) {
  std::vector<double> out;
  std::size_t i = 0;
  while (i < text.size()) {
    double number = 0;
    const auto [end, failure] = std::from_chars(text.data() + i, text.data() + text.size(), number);
    if (failure != std::errc() || number < 0 || number > 1e15 || !std::isfinite(number)) return std::nullopt;
    out.push_back(number);
    i = static_cast<std::size_t>(end - text.data());
    if (i == text.size()) return out;
    if (text[i] != ' ' && text[i] != ':' && text[i] != '-') return std::nullopt;
    ++i;
  }
  return std::nullopt;
}

}  // namespace

Written<Typed> Writer::typed_literal(const TypedLiteral& node, Position where) const {
  if (node.type.is(Kind::timestamp)) return timestamp_literal(node, where);
  if (node.type.is(Kind::date) && !is_date(node.value))
    return error(where, "'" + node.value + "' is not a valid DATE literal", SyntaxErrorKind::syntax);
  if (node.type.is(Kind::json)) return Typed{"json(" + quote_string(node.value) + ")", node.type};
  if (node.type.is(Kind::date)) return Typed{"DATE " + quote_string(node.value), node.type};
  const Typed text{quote_string(node.value), Type::of(Kind::varchar)};
  return cast_to(text, node.type, false);
}

Written<Typed> Writer::timestamp_literal(const TypedLiteral& node, Position where) const {
  const std::string_view text = node.value;
  // "2020-01-01", "2020-01-01 10:00", "2020-01-01 10:00:00.123", each with a zone behind it.
  const auto date_end = std::min(text.find_first_of(" T"), text.size());
  if (!is_date(text.substr(0, date_end)))
    return error(where, "'" + node.value + "' is not a valid TIMESTAMP literal", SyntaxErrorKind::syntax);
  std::size_t at = date_end;
  if (at < text.size() && at + 1 < text.size() && is_digit(text[at + 1])) ++at;
  const auto time_start = at;
  while (at < text.size() && (is_digit(text[at]) || text[at] == ':' || text[at] == '.')) ++at;
  const auto time = text.substr(time_start, at - time_start);
  const auto dot = time.find('.');
  const auto precision = dot == std::string_view::npos ? 0 : static_cast<std::int32_t>(time.size() - dot - 1);
  auto zone = text.substr(at);
  while (zone.starts_with(" ")) zone.remove_prefix(1);
  // DuckDB wants hours, minutes and seconds.
  std::string full(text.substr(0, date_end));
  const auto colons = std::count(time.begin(), time.end(), ':');
  if (!time.empty()) full += " " + std::string(time) + (colons == 1 ? ":00" : colons == 0 ? ":00:00" : "");
  if (zone.empty()) return Typed{"TIMESTAMP " + quote_string(full), Type::of(Kind::timestamp, precision)};
  const auto type = Type::of(Kind::timestamp_with_zone, precision);
  if (zone.front() == '+' || zone.front() == '-' || zone == "Z")
    return Typed{"CAST(" + quote_string(full + std::string(zone)) + " AS TIMESTAMPTZ)", type};
  return Typed{"timezone(" + quote_string(zone) + ", TIMESTAMP " + quote_string(full) + ")", type};
}

Written<Typed> Writer::interval_literal(const IntervalLiteral& node, Position where) const {
  auto text = std::string_view(node.value);
  bool negative = node.negative;
  while (text.starts_with(" ")) text.remove_prefix(1);
  if (text.starts_with("-")) {
    negative = !negative;
    text.remove_prefix(1);
  } else if (text.starts_with("+")) {
    text.remove_prefix(1);
  }
  const auto parts = numbers(text);
  const auto from = static_cast<std::size_t>(node.from);
  const auto to = static_cast<std::size_t>(node.to.value_or(node.from));
  static constexpr std::string_view functions[] = {"to_years", "to_months",  "to_weeks",  "to_days",
                                                   "to_hours", "to_minutes", "to_seconds"};
  // WEEK stands between MONTH and DAY and is not part of ranges.
  const auto count = to - from + 1;
  const bool years = node.from <= IntervalUnit::month;
  const bool consistent = to >= from && years == (to <= static_cast<std::size_t>(IntervalUnit::month));
  if (!parts || !consistent || parts->size() != count)
    return error(where, "'" + node.value + "' is not a valid INTERVAL literal", SyntaxErrorKind::syntax);
  std::string out;
  for (std::size_t i = 0; i < parts->size(); ++i) {
    const auto number = (*parts)[i];
    const bool seconds = from + i == static_cast<std::size_t>(IntervalUnit::second);
    if (!seconds && number != std::floor(number))
      return error(where, "'" + node.value + "' is not a valid INTERVAL literal", SyntaxErrorKind::syntax);
    auto digits = std::to_string(static_cast<long long>(number));
    if (seconds) {
      digits = std::to_string(number);
    }
    out += (i > 0 ? " + " : "") + std::string(functions[from + i]) + "(" + (negative ? "-" : "") + digits + ")";
  }
  return Typed{"(" + out + ")", Type::of(years ? Kind::interval_year_to_month : Kind::interval_day_to_second)};
}

Written<Typed> Writer::special_value(const SpecialValue& node, Position where) const {
  const auto precision = node.precision.value_or(3);
  // DuckDB has microseconds; now() is the same throughout a query in both.
  static constexpr std::string_view units[] = {"second",       "milliseconds", "milliseconds",
                                               "milliseconds", "microseconds", "microseconds"};
  const auto truncated = [&](const std::string& value) {
    return precision > 5 ? value : "date_trunc('" + std::string(units[precision]) + "', " + value + ")";
  };
  if (node.name == "current_date") return Typed{"current_date", Type::of(Kind::date)};
  if (node.name == "current_timestamp")
    return Typed{truncated("now()"), Type::of(Kind::timestamp_with_zone, precision)};
  if (node.name == "localtimestamp")
    return Typed{truncated("CAST(now() AS TIMESTAMP)"), Type::of(Kind::timestamp, precision)};
  if (node.name == "localtime") return Typed{"CAST(CAST(now() AS TIMESTAMP) AS TIME)", Type::of(Kind::time, precision)};
  if (node.name == "current_time") return Typed{"CAST(now() AS TIMETZ)", Type::of(Kind::time_with_zone, precision)};
  if (node.name == "current_user") return Typed{quote_string(options_.user), Type::of(Kind::varchar)};
  if (node.name == "current_catalog") return Typed{quote_string(options_.catalog), Type::of(Kind::varchar)};
  if (node.name == "current_schema") return Typed{quote_string(options_.schema), Type::of(Kind::varchar)};
  return error(where, node.name + " is not supported", SyntaxErrorKind::unsupported);
}

}  // namespace tickerlake::athena::sql
