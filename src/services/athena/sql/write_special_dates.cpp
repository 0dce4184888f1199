// Date functions whose unit or pattern is a literal.
#include <algorithm>
#include <array>

#include "services/athena/sql/lexer.h"
#include "services/athena/sql/write_special.h"

namespace tickerlake::athena::sql {
namespace {

using Kind = Type::Kind;
using F = SpecialFunctions;

constexpr std::array<std::string_view, 9> units = {"millisecond", "second", "minute",  "hour", "day",
                                                   "week",        "month",  "quarter", "year"};

/// The unit argument in lower case, checked; empty if it is none.
std::string unit_of(const FunctionCall& node) {
  const auto* text = F::literal(node, 0);
  if (text == nullptr) return "";
  auto unit = to_lower(*text);
  return std::find(units.begin(), units.end(), unit) == units.end() ? "" : unit;
}

std::unexpected<SyntaxError> bad_unit(const FunctionCall& node) {
  const auto* text = F::literal(node, 0);
  return F::wrong(node, text != nullptr ? "'" + *text + "' is not a valid unit for " + node.name.text
                                        : node.name.text + " needs its unit as a literal");
}

Written<Typed> date_add(Writer& w, const FunctionCall& node, const Scope& scope) {
  if (node.arguments.size() != 3) return F::wrong_count(node);
  const auto unit = unit_of(node);
  if (unit.empty()) return bad_unit(node);
  TRY(const auto count, F::argument(w, node, 1, scope));
  TRY(const auto moment, F::argument(w, node, 2, scope));
  const auto number = "CAST(" + count.sql + " AS INTEGER)";
  const auto interval = unit == "quarter"       ? "to_months(3 * " + number + ")"
                        : unit == "millisecond" ? "to_milliseconds(" + number + ")"
                                                : "to_" + unit + "s(" + number + ")";
  const auto text = "(" + moment.sql + " + " + interval + ")";
  if (moment.type.is(Kind::date)) {
    if (unit == "hour" || unit == "minute" || unit == "second" || unit == "millisecond")
      return F::wrong(node, "'" + unit + "' is not a valid DATE field");
    return Typed{"CAST(" + text + " AS DATE)", moment.type};
  }
  return Typed{text, moment.type};
}

Written<Typed> date_diff(Writer& w, const FunctionCall& node, const Scope& scope) {
  if (node.arguments.size() != 3) return F::wrong_count(node);
  const auto unit = unit_of(node);
  if (unit.empty()) return bad_unit(node);
  TRY(const auto from, F::argument(w, node, 1, scope));
  TRY(const auto to, F::argument(w, node, 2, scope));
  CHECK(F::comparable(w, "-", from.type, to.type, node.name.position));
  // Whole units that have passed, as date_sub counts; date_diff would count boundaries.
  return Typed{"date_sub('" + unit + "', " + from.sql + ", " + to.sql + ")", Type::of(Kind::bigint)};
}

Written<Typed> date_trunc(Writer& w, const FunctionCall& node, const Scope& scope) {
  if (node.arguments.size() != 2) return F::wrong_count(node);
  const auto unit = unit_of(node);
  if (unit.empty()) return bad_unit(node);
  TRY(const auto moment, F::argument(w, node, 1, scope));
  if (moment.type.is_text())
    return F::wrong(node, "Unexpected parameters (" + to_string(Type::of(Kind::varchar)) + ", " +
                              to_string(moment.type) + ") for function date_trunc");
  const auto text = "date_trunc('" + unit + "', " + moment.sql + ")";
  return Typed{moment.type.is(Kind::date) ? "CAST(" + text + " AS DATE)" : text, moment.type};
}

using Translate = std::optional<std::string> (*)(std::string_view);

/// The second argument, a literal, as DuckDB writes such patterns.
Written<std::string> pattern_of(const FunctionCall& node, Translate translate) {
  if (node.arguments.size() != 2) return F::wrong_count(node);
  const auto* pattern = F::literal(node, 1);
  if (pattern == nullptr)
    return F::wrong(node, node.name.text + " needs its pattern as a literal", SyntaxErrorKind::unsupported);
  auto translated = translate(*pattern);
  if (!translated)
    return F::wrong(node, "Pattern '" + *pattern + "' of " + node.name.text + " is not supported",
                    SyntaxErrorKind::unsupported);
  return *std::move(translated);
}

Written<Typed> formatted(Writer& w, const FunctionCall& node, const Scope& scope, Translate translate) {
  TRY(const auto format, pattern_of(node, translate));
  TRY(const auto moment, F::argument(w, node, 0, scope));
  if (moment.type.is_text())
    return F::wrong(node,
                    "Unexpected parameters (" + to_string(moment.type) + ", varchar) for function " + node.name.text);
  const auto value = moment.type.is(Kind::timestamp_with_zone) ? "CAST(" + moment.sql + " AS TIMESTAMP)" : moment.sql;
  return Typed{"strftime(" + value + ", " + quote_string(format) + ")", Type::of(Kind::varchar)};
}

Written<Typed> date_format(Writer& w, const FunctionCall& node, const Scope& scope) {
  return formatted(w, node, scope, strftime_of_mysql);
}
Written<Typed> format_datetime(Writer& w, const FunctionCall& node, const Scope& scope) {
  return formatted(w, node, scope, strftime_of_joda);
}

Written<Typed> parsed(Writer& w, const FunctionCall& node, const Scope& scope, Translate translate, bool zoned) {
  TRY(const auto format, pattern_of(node, translate));
  TRY(const auto text, F::argument(w, node, 0, scope));
  const auto value = "strptime(" + text.sql + ", " + quote_string(format) + ")";
  if (!zoned) return Typed{value, Type::of(Kind::timestamp, 3)};
  return Typed{"CAST(" + value + " AS TIMESTAMPTZ)", Type::of(Kind::timestamp_with_zone, 3)};
}

Written<Typed> date_parse(Writer& w, const FunctionCall& node, const Scope& scope) {
  return parsed(w, node, scope, strftime_of_mysql, false);
}
Written<Typed> parse_datetime(Writer& w, const FunctionCall& node, const Scope& scope) {
  return parsed(w, node, scope, strftime_of_joda, true);
}

Written<Typed> date(Writer& w, const FunctionCall& node, const Scope& scope) {
  if (node.arguments.size() != 1) return F::wrong_count(node);
  TRY(auto value, F::argument(w, node, 0, scope));
  return F::cast_to(w, std::move(value), Type::of(Kind::date));
}

constexpr SpecialEntry dates[] = {{"date_add", date_add},
                                  {"date_diff", date_diff},
                                  {"date_trunc", date_trunc},
                                  {"date_format", date_format},
                                  {"date_parse", date_parse},
                                  {"format_datetime", format_datetime},
                                  {"parse_datetime", parse_datetime},
                                  {"date", date}};

}  // namespace

std::span<const SpecialEntry> special_dates() { return dates; }

std::optional<std::string> strftime_of_mysql(std::string_view pattern) {
  std::string out;
  for (std::size_t i = 0; i < pattern.size(); ++i) {
    if (pattern[i] != '%' || i + 1 == pattern.size()) {
      out += pattern[i];
      continue;
    }
    switch (pattern[++i]) {
      case 'a':
        out += "%a";
        break;
      case 'b':
        out += "%b";
        break;
      case 'c':
        out += "%-m";
        break;
      case 'd':
        out += "%d";
        break;
      case 'e':
        out += "%-d";
        break;
      case 'f':
        out += "%f";
        break;
      case 'H':
        out += "%H";
        break;
      case 'h':
      case 'I':
        out += "%I";
        break;
      case 'i':
        out += "%M";
        break;
      case 'j':
        out += "%j";
        break;
      case 'k':
        out += "%-H";
        break;
      case 'l':
        out += "%-I";
        break;
      case 'M':
        out += "%B";
        break;
      case 'm':
        out += "%m";
        break;
      case 'p':
        out += "%p";
        break;
      case 'r':
        out += "%I:%M:%S %p";
        break;
      case 'S':
      case 's':
        out += "%S";
        break;
      case 'T':
        out += "%H:%M:%S";
        break;
      case 'v':
        out += "%V";
        break;
      case 'W':
        out += "%A";
        break;
      case 'x':
        out += "%G";
        break;
      case 'Y':
        out += "%Y";
        break;
      case 'y':
        out += "%y";
        break;
      case '%':
        out += "%%";
        break;
      case 'D':
      case 'U':
      case 'u':
      case 'V':
      case 'w':
      case 'X':
        return std::nullopt;  // Trino refuses these too
      default:
        out += pattern[i];
    }
  }
  return out;
}

std::optional<std::string> strftime_of_joda(std::string_view pattern) {
  std::string out;
  for (std::size_t i = 0; i < pattern.size();) {
    const char c = pattern[i];
    if (c == '\'') {
      const auto end = pattern.find('\'', i + 1);
      if (end == std::string_view::npos) return std::nullopt;
      out += end == i + 1 ? "'" : std::string(pattern.substr(i + 1, end - i - 1));
      i = end + 1;
      continue;
    }
    const bool letter = (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z');
    std::size_t run = 1;
    while (letter && i + run < pattern.size() && pattern[i + run] == c) ++run;
    i += run;
    switch (c) {
      case 'y':
      case 'Y':
      case 'u':
        out += run == 2 ? "%y" : "%Y";
        break;
      case 'x':
        out += "%G";
        break;
      case 'M':
        out += run >= 4 ? "%B" : run == 3 ? "%b" : run == 2 ? "%m" : "%-m";
        break;
      case 'd':
        out += run == 1 ? "%-d" : "%d";
        break;
      case 'D':
        out += run == 1 ? "%-j" : "%j";
        break;
      case 'E':
        out += run >= 4 ? "%A" : "%a";
        break;
      case 'e':
        out += "%u";
        break;
      case 'w':
        out += "%V";
        break;
      case 'H':
        out += run == 1 ? "%-H" : "%H";
        break;
      case 'h':
        out += run == 1 ? "%-I" : "%I";
        break;
      case 'm':
        out += run == 1 ? "%-M" : "%M";
        break;
      case 's':
        out += run == 1 ? "%-S" : "%S";
        break;
      case 'S':
        if (run != 3 && run != 6) return std::nullopt;
        out += run == 3 ? "%g" : "%f";
        break;
      case 'a':
        out += "%p";
        break;
      case 'Z':
        out += run >= 2 ? "+00:00" : "+0000";
        break;
      case 'z':
        out += "UTC";
        break;
      case '%':
        out += "%%";
        break;
      default:
        if (letter) return std::nullopt;
        out += c;
    }
  }
  return out;
}

}  // namespace tickerlake::athena::sql
