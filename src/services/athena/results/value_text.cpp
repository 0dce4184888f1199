#include "services/athena/results/value_text.h"

#include <fmt/format.h>

#include <algorithm>
#include <charconv>
#include <cmath>
#include <iterator>

#include "base/time.h"

namespace tickerlake::athena {
namespace {

using duckdb::TypeId;
using Kind = sql::Type::Kind;

constexpr std::int64_t micros_per_second = 1'000'000;
constexpr std::int64_t micros_per_day = 86'400 * micros_per_second;

std::int64_t floor_divide(std::int64_t a, std::int64_t b) { return a / b - (a % b < 0 ? 1 : 0); }

template <class... Args>
void append(std::string& text, fmt::format_string<Args...> format, Args&&... args) {
  fmt::format_to(std::back_inserter(text), format, std::forward<Args>(args)...);
}

template <class Number>
void append_java(std::string& text, Number value) {
  if (std::isnan(value)) {
    text += "NaN";
    return;
  }
  if (std::isinf(value)) {
    text += value < 0 ? "-Infinity" : "Infinity";
    return;
  }
  if (value == 0) {
    text += std::signbit(value) ? "-0.0" : "0.0";
    return;
  }
  char buffer[64];
  const auto magnitude = std::fabs(value);
  const bool plain = magnitude >= Number(1e-3) && magnitude < Number(1e7);
  const auto format = plain ? std::chars_format::fixed : std::chars_format::scientific;
  const auto end = std::to_chars(buffer, buffer + sizeof buffer, value, format).ptr;
  const std::string_view digits(buffer, static_cast<std::size_t>(end - buffer));
  if (plain) {
    text += digits;
    if (digits.find('.') == std::string_view::npos) text += ".0";
    return;
  }
  const auto e = digits.find('e');  // "1.5e-05"
  const auto mantissa = digits.substr(0, e);
  text += mantissa;
  if (mantissa.find('.') == std::string_view::npos) text += ".0";
  text += 'E';
  auto exponent = digits.substr(e + 1);
  if (exponent.front() == '-') text += '-';
  exponent.remove_prefix(1);
  while (exponent.size() > 1 && exponent.front() == '0') exponent.remove_prefix(1);
  text += exponent;
}

/// A fraction of a second with that many digits (of at most 6).
void append_fraction(std::string& text, std::int64_t micros, int digits) {
  if (digits <= 0) return;
  char buffer[8];
  fmt::format_to_n(buffer, sizeof buffer, "{:06}", micros);
  text += '.';
  for (int i = 0; i < digits; ++i) text += i < 6 ? buffer[i] : '0';
}

void append_clock(std::string& text, std::int64_t micros, int digits) {
  const auto seconds = micros / micros_per_second;
  append(text, "{:02}:{:02}:{:02}", seconds / 3600, seconds / 60 % 60, seconds % 60);
  append_fraction(text, micros % micros_per_second, digits);
}

void append_timestamp(std::string& text, std::int64_t micros, int digits) {
  const auto day = floor_divide(micros, micros_per_day);
  text += format_date(static_cast<std::int32_t>(day));
  text += ' ';
  append_clock(text, micros - day * micros_per_day, digits);
}

int fraction_digits(const sql::Type& type) {
  const bool timed = type.is(Kind::timestamp) || type.is(Kind::timestamp_with_zone) || type.is(Kind::time);
  return timed ? type.precision : 3;
}

void append_interval(std::string& text, const duckdb::Interval& interval, const sql::Type& type) {
  if (type.is(Kind::interval_year_to_month)) {
    const auto months = std::abs(interval.months);
    append(text, "{}{}-{}", interval.months < 0 ? "-" : "", months / 12, months % 12);
    return;
  }
  const auto total = (interval.months * std::int64_t{30} + interval.days) * micros_per_day + interval.micros;
  const auto micros = std::abs(total);
  append(text, "{}{} ", total < 0 ? "-" : "", micros / micros_per_day);
  append_clock(text, micros % micros_per_day, 3);
}

void append_bytes(std::string& text, std::string_view bytes) {
  constexpr const char* digits = "0123456789abcdef";
  for (std::size_t i = 0; i < bytes.size(); ++i) {
    const auto byte = static_cast<unsigned char>(bytes[i]);
    if (i > 0) text += ' ';
    text += {digits[byte >> 4], digits[byte & 15]};
  }
}

void append_uuid(std::string& text, duckdb::Int128 stored) {
  // DuckDB flips the top bit so that the order of the integers is that of the UUIDs.
  const auto high = static_cast<std::uint64_t>(stored >> 64) ^ (std::uint64_t{1} << 63);
  const auto low = static_cast<std::uint64_t>(stored);
  append(text, "{:08x}-{:04x}-{:04x}-{:04x}-{:012x}", high >> 32, high >> 16 & 0xffff, high & 0xffff, low >> 48,
         low & 0xffff'ffff'ffff);
}

const sql::Type& child_type(const sql::Type& type, std::size_t index) {
  static const sql::Type unknown;
  return index < type.children.size() ? type.children[index] : unknown;
}

void append_element(std::string& text, const duckdb::Vector& vector, std::size_t row, const sql::Type& type) {
  if (!append_value(text, vector, row, type)) text += "null";
}

void append_row(std::string& text, const duckdb::Vector& vector, std::size_t row, const sql::Type& type) {
  text += '{';
  for (std::size_t i = 0; i < vector.children().size(); ++i) {
    if (i > 0) text += ", ";
    const auto& names =
        type.field_names.size() == vector.children().size() ? type.field_names : vector.type().field_names;
    if (names[i].empty()) {
      append(text, "field{}", i);
    } else {
      text += names[i];
    }
    text += '=';
    append_element(text, vector.children()[i], row, child_type(type, i));
  }
  text += '}';
}

void append_sequence(std::string& text, const duckdb::Vector& vector, std::size_t row, const sql::Type& type) {
  const bool is_map = vector.type().id == TypeId::map;
  const auto [offset, length] = vector.span(row);
  text += is_map ? '{' : '[';
  for (std::uint64_t i = offset; i < offset + length; ++i) {
    if (i > offset) text += ", ";
    append_element(text, vector.children()[0], i, child_type(type, 0));
    if (!is_map) continue;
    text += '=';
    append_element(text, vector.children()[1], i, child_type(type, 1));
  }
  text += is_map ? '}' : ']';
}

template <class Integer>
void append_integer(std::string& text, Integer value) {
  char buffer[24];
  text.append(buffer, std::to_chars(buffer, buffer + sizeof buffer, value).ptr);
}

}  // namespace

void append_double(std::string& text, double value) { append_java(text, value); }
void append_float(std::string& text, float value) { append_java(text, value); }

bool append_value(std::string& text, const duckdb::Vector& vector, std::size_t row, const sql::Type& type) {
  if (vector.is_null(row)) return false;
  switch (vector.type().id) {
    case TypeId::tinyint:
      append_integer(text, vector.at<std::int8_t>(row));
      break;
    case TypeId::smallint:
      append_integer(text, vector.at<std::int16_t>(row));
      break;
    case TypeId::integer:
      append_integer(text, vector.at<std::int32_t>(row));
      break;
    case TypeId::bigint:
      append_integer(text, vector.at<std::int64_t>(row));
      break;
    case TypeId::real:
      append_float(text, vector.at<float>(row));
      break;
    case TypeId::float64:
      append_double(text, vector.at<double>(row));
      break;
    case TypeId::varchar:
      text += vector.text(row);
      break;
    case TypeId::blob:
      append_bytes(text, vector.text(row));
      break;
    case TypeId::date:
      text += format_date(vector.at<std::int32_t>(row));
      break;
    case TypeId::time:
      append_clock(text, vector.at<std::int64_t>(row), fraction_digits(type));
      break;
    case TypeId::timestamp:
      append_timestamp(text, vector.at<std::int64_t>(row), fraction_digits(type));
      break;
    case TypeId::timestamp_s:
      append_timestamp(text, vector.at<std::int64_t>(row) * micros_per_second, fraction_digits(type));
      break;
    case TypeId::timestamp_ms:
      append_timestamp(text, vector.at<std::int64_t>(row) * 1000, fraction_digits(type));
      break;
    case TypeId::timestamp_ns:
      append_timestamp(text, floor_divide(vector.at<std::int64_t>(row), 1000), fraction_digits(type));
      break;
    case TypeId::timestamp_tz:
      append_timestamp(text, vector.at<std::int64_t>(row), fraction_digits(type));
      text += " UTC";
      break;
    case TypeId::interval:
      append_interval(text, vector.at<duckdb::Interval>(row), type);
      break;
    case TypeId::uuid:
      append_uuid(text, vector.at<duckdb::Int128>(row));
      break;
    case TypeId::list:
    case TypeId::array:
    case TypeId::map:
      append_sequence(text, vector, row, type);
      break;
    case TypeId::structure:
      append_row(text, vector, row, type);
      break;
    default:
      text += duckdb::to_text(vector, row).value_or("");
  }
  return true;
}

}  // namespace tickerlake::athena
