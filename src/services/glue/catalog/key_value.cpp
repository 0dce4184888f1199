#include "services/glue/catalog/key_value.h"

#include <algorithm>
#include <charconv>

#include "base/time.h"
#include "services/glue/catalog/catalog.h"

namespace tickerlake::glue {
namespace {

bool all_digits(std::string_view text) {
  return std::ranges::all_of(text, [](char c) { return c >= '0' && c <= '9'; });
}

std::optional<ExactNumber> parse_exact(std::string_view text) {
  ExactNumber number;
  if (!text.empty() && (text.front() == '-' || text.front() == '+')) {
    number.negative = text.front() == '-';
    text.remove_prefix(1);
  }
  const auto point = text.find('.');
  auto whole = text.substr(0, point);
  auto fraction = point == std::string_view::npos ? std::string_view{} : text.substr(point + 1);
  if (whole.empty() && fraction.empty()) return std::nullopt;
  if (!all_digits(whole) || !all_digits(fraction)) return std::nullopt;
  while (!whole.empty() && whole.front() == '0') whole.remove_prefix(1);
  while (!fraction.empty() && fraction.back() == '0') fraction.remove_suffix(1);
  number.whole = whole;
  number.fraction = fraction;
  if (whole.empty() && fraction.empty()) number.negative = false;
  return number;
}

/// "2016-02-29", "2016-02-29 14:05", "2016-02-29T14:05:06.5" as "2016-02-29 14:05:06.5": a form that sorts by time.
std::optional<std::string> parse_timestamp(std::string_view text) {
  if (text.size() < 10 || !parse_date(text.substr(0, 10))) return std::nullopt;
  std::string sortable(text.substr(0, 10));
  auto clock = text.substr(10);
  if (clock.empty()) return sortable + " 00:00:00";
  if (clock.front() != ' ' && clock.front() != 'T') return std::nullopt;
  clock.remove_prefix(1);
  constexpr std::string_view form = "00:00:00";
  if (clock.size() != 5 && clock.size() < form.size()) return std::nullopt;
  for (std::size_t i = 0; i < std::min(clock.size(), form.size()); ++i) {
    if (form[i] == ':' ? clock[i] != ':' : !all_digits(clock.substr(i, 1))) return std::nullopt;
  }
  sortable += ' ';
  if (clock.size() == 5) return sortable.append(clock) + ":00";
  sortable += clock.substr(0, form.size());
  auto fraction = clock.substr(form.size());
  if (fraction.empty()) return sortable;
  if (fraction.front() != '.' || !all_digits(fraction.substr(1))) return std::nullopt;
  while (fraction.back() == '0') fraction.remove_suffix(1);
  if (fraction != ".") sortable += fraction;
  return sortable;
}

}  // namespace

KeyKind key_kind(std::string_view hive_type) {
  const auto type = fold_name(hive_type.substr(0, hive_type.find('(')));
  if (type == "tinyint" || type == "smallint" || type == "int" || type == "integer" || type == "bigint" ||
      type == "long" || type == "decimal") {
    return KeyKind::exact_number;
  }
  if (type == "float" || type == "double") return KeyKind::floating_number;
  if (type == "date") return KeyKind::date;
  if (type == "timestamp") return KeyKind::timestamp;
  return KeyKind::text;
}

std::strong_ordering ExactNumber::operator<=>(const ExactNumber& other) const {
  if (negative != other.negative) return negative ? std::strong_ordering::less : std::strong_ordering::greater;
  auto order = whole.size() <=> other.whole.size();
  if (order == 0) order = whole <=> other.whole;
  if (order == 0) order = fraction <=> other.fraction;
  return negative ? 0 <=> order : order;
}

std::optional<KeyValue> parse_key_value(KeyKind kind, std::string_view text) {
  switch (kind) {
    case KeyKind::text:
      return std::string(text);
    case KeyKind::exact_number:
      return parse_exact(text);
    case KeyKind::floating_number: {
      double number = 0;
      const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), number);
      if (error != std::errc() || end != text.data() + text.size()) return std::nullopt;
      return number;
    }
    case KeyKind::date:
      if (!parse_date(text)) return std::nullopt;
      return std::string(text);
    case KeyKind::timestamp:
      return parse_timestamp(text);
  }
  return std::nullopt;
}

std::partial_ordering compare(const KeyValue& left, const KeyValue& right) {
  if (left.index() != right.index()) return std::partial_ordering::unordered;
  if (const auto* number = std::get_if<ExactNumber>(&left)) return *number <=> std::get<ExactNumber>(right);
  if (const auto* number = std::get_if<double>(&left)) return *number <=> std::get<double>(right);
  return std::get<std::string>(left) <=> std::get<std::string>(right);
}

bool like(std::string_view text, std::string_view pattern) {
  // Greedy with one point to come back to: the last '%', which may take one character more.
  std::size_t t = 0, p = 0;
  std::size_t star = std::string_view::npos, star_text = 0;
  while (t < text.size()) {
    const bool escaped = p + 1 < pattern.size() && pattern[p] == '\\';
    if (p < pattern.size() && !escaped && pattern[p] == '%') {
      star = p++;
      star_text = t;
    } else if (p < pattern.size() && !escaped && pattern[p] == '_') {
      ++p;
      ++t;
      while (t < text.size() && (static_cast<unsigned char>(text[t]) & 0xC0) == 0x80) ++t;
    } else if (p < pattern.size() && pattern[p + (escaped ? 1 : 0)] == text[t]) {
      p += escaped ? 2 : 1;
      ++t;
    } else if (star != std::string_view::npos) {
      p = star + 1;
      t = ++star_text;
    } else {
      return false;
    }
  }
  while (p < pattern.size() && pattern[p] == '%') ++p;
  return p == pattern.size();
}

}  // namespace tickerlake::glue
