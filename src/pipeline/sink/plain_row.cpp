#include "pipeline/sink/plain_row.h"

#include <algorithm>
#include <array>
#include <bit>
#include <cstring>

#include "base/time.h"

namespace tickerlake::pipeline {
namespace {

// Eight characters at a time, since a loop that leaves at another digit each time costs more by its wrong guesses than
// by its steps. The first character is the lowest byte.
constexpr std::ptrdiff_t word_bytes = 8;
static_assert(std::endian::native == std::endian::little);

constexpr std::uint64_t each(unsigned char byte) { return 0x0101010101010101u * byte; }

std::uint64_t load(const char* at) {
  std::uint64_t word = 0;
  std::memcpy(&word, at, sizeof word);
  return word;
}

/// How many of the characters are digits before the first that is none.
int count_digits(std::uint64_t word) {
  const std::uint64_t value = word ^ each('0');  // 0 to 9 for digits, and nothing else
  const std::uint64_t others = (value | ((value & each(0x7F)) + each(0x76))) & each(0x80);
  return std::countr_zero(others) / 8;
}

/// The number that the first `count` characters (0 to 8) are, all digits.
std::int64_t number_of(std::uint64_t word, int count) {
  if (count == 0) return 0;
  std::uint64_t value = (word ^ each('0')) << (8 * (word_bytes - count));  // zeros in front
  value = (value * 10 + (value >> 8)) & 0x00FF00FF00FF00FFu;
  value = (value * 100 + (value >> 16)) & 0x0000FFFF0000FFFFu;
  return static_cast<std::int64_t>((value * 10'000 + (value >> 32)) & 0xFFFFFFFFu);
}

constexpr std::array<std::int64_t, 9> powers_of_ten = {1,       10,        100,        1'000,      10'000,
                                                       100'000, 1'000'000, 10'000'000, 100'000'000};

/// Digits, at most `most` of them and at most eighteen; the number of them, 0 when there are none or too many.
int read_digits(const char*& at, const char* end, int most, std::int64_t& number) {
  int count = 0;
  number = 0;
  while (end - at >= word_bytes) {
    const std::uint64_t word = load(at);
    const int found = count_digits(word);
    count += found;
    if (count > most) return 0;
    number = number * powers_of_ten[static_cast<std::size_t>(found)] + number_of(word, found);
    at += found;
    if (found < word_bytes) return count;
  }
  for (; at != end && *at >= '0' && *at <= '9'; ++at) {
    if (++count > most) return 0;
    number = number * 10 + (*at - '0');
  }
  return count;
}

/// "123" or, with a scale, "123.45", in units of 10^-scale.
bool read_number(const char*& at, const char* end, int whole_digits, int scale, std::int64_t& number) {
  const bool is_negative = *at == '-';
  if (is_negative && ++at == end) return false;
  const char first = *at;
  const int whole = read_digits(at, end, whole_digits, number);
  if (whole == 0 || (whole > 1 && first == '0')) return false;
  if (scale > 0) {
    std::int64_t fraction = 0;
    int decimals = 0;
    if (at != end && *at == '.') {
      decimals = read_digits(++at, end, scale, fraction);
      if (decimals == 0) return false;
    }
    number = number * powers_of_ten[static_cast<std::size_t>(scale)] +
             fraction * powers_of_ten[static_cast<std::size_t>(scale - decimals)];
  }
  if (is_negative) number = -number;
  return true;
}

/// A text in ASCII without escapes and control characters; at is behind the opening quote.
bool read_text(const char*& at, const char* end, std::string_view& text) {
  const char* const start = at;
  for (; at != end && *at != '"'; ++at)
    if (static_cast<signed char>(*at) < 0x20 || *at == '\\') return false;
  if (at == end) return false;
  text = {start, static_cast<std::size_t>(at - start)};
  ++at;
  return true;
}

bool is_plain(char c) { return static_cast<signed char>(c) >= 0x20 && c != '"' && c != '\\'; }

}  // namespace

PlainRowReader::PlainRowReader(const Schema& schema) {
  constexpr int most_digits = 18, most_scale = 8;
  for (const Field& field : schema.fields) {
    const FieldKind kind = field.type.kind;
    const bool is_number = kind == FieldKind::decimal || kind == FieldKind::int64;
    const bool is_known = is_number || kind == FieldKind::string || kind == FieldKind::date;
    if (field.source != FieldSource::value || !is_known || field.type.scale > most_scale ||
        !std::ranges::all_of(field.from, is_plain)) {
      members_.clear();
      return;
    }
    members_.push_back(
        {.begin = (members_.empty() ? "{\"" : ",\"") + field.from + "\":",
         .kind = kind,
         .whole_digits = kind == FieldKind::decimal ? field.type.precision - field.type.scale : most_digits,
         .scale = kind == FieldKind::decimal ? field.type.scale : 0});
  }
}

bool PlainRowReader::read(std::string_view json, std::vector<Value>& values) {
  if (members_.empty()) return false;
  const char* at = json.data();
  const char* const end = at + json.size();
  Value* value = values.data();
  for (const Member& member : members_) {
    const std::size_t length = member.begin.size();
    if (static_cast<std::size_t>(end - at) <= length || std::memcmp(at, member.begin.data(), length) != 0) return false;
    at += length;
    *value = {.is_null = false, .number = 0, .text = {}};
    switch (member.kind) {
      case FieldKind::string:
        if (*at != '"' || !read_text(++at, end, value->text)) return false;
        break;
      case FieldKind::date:
        if (!read_date(at, end, *value)) return false;
        break;
      default:
        if (!read_number(at, end, member.whole_digits, member.scale, value->number)) return false;
        break;
    }
    ++value;
  }
  return end - at == 1 && *at == '}';
}

bool PlainRowReader::read_date(const char*& at, const char* end, Value& value) {
  constexpr std::ptrdiff_t length = sizeof last_date_;
  if (end - at < length + 2 || at[0] != '"' || at[length + 1] != '"') return false;
  if (!has_last_ || std::memcmp(at + 1, last_date_, length) != 0) {
    const auto day = parse_date({at + 1, length});
    if (!day) return false;
    std::memcpy(last_date_, at + 1, length);
    last_day_ = *day;
    has_last_ = true;
  }
  value.number = last_day_;
  at += length + 2;
  return true;
}

}  // namespace tickerlake::pipeline
