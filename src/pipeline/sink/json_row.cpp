#include "pipeline/sink/json_row.h"

#include <simdjson.h>

#include <algorithm>
#include <bit>
#include <charconv>
#include <cmath>
#include <cstring>
#include <utility>

#include "base/time.h"
#include "pipeline/market/decimal.h"

namespace tickerlake::pipeline {
namespace {

constexpr bool is_digit(char c) { return c >= '0' && c <= '9'; }

/// JSON's grammar: no leading zeros, no plus sign, digits on both sides of the point.
bool is_json_number(std::string_view text) {
  const auto digits = [&] {
    std::size_t n = 0;
    while (n < text.size() && is_digit(text[n])) ++n;
    text.remove_prefix(n);
    return n;
  };
  if (text.starts_with('-')) text.remove_prefix(1);
  const bool zero = text.starts_with('0');
  const std::size_t whole = digits();
  if (whole == 0 || (zero && whole > 1)) return false;
  if (text.starts_with('.')) {
    text.remove_prefix(1);
    if (digits() == 0) return false;
  }
  if (text.starts_with('e') || text.starts_with('E')) {
    text.remove_prefix(1);
    if (text.starts_with('-') || text.starts_with('+')) text.remove_prefix(1);
    if (digits() == 0) return false;
  }
  return text.empty();
}

bool is_valid_utf8(std::string_view text) { return simdjson::validate_utf8(text.data(), text.size()); }

void append_utf8(std::string& to, std::uint32_t code) {
  if (code < 0x80) {
    to += static_cast<char>(code);
  } else if (code < 0x800) {
    to += static_cast<char>(0xC0 | code >> 6);
    to += static_cast<char>(0x80 | (code & 0x3F));
  } else if (code < 0x10000) {
    to += static_cast<char>(0xE0 | code >> 12);
    to += static_cast<char>(0x80 | (code >> 6 & 0x3F));
    to += static_cast<char>(0x80 | (code & 0x3F));
  } else {
    to += static_cast<char>(0xF0 | code >> 18);
    to += static_cast<char>(0x80 | (code >> 12 & 0x3F));
    to += static_cast<char>(0x80 | (code >> 6 & 0x3F));
    to += static_cast<char>(0x80 | (code & 0x3F));
  }
}

/// For a message: at most 40 bytes, cut between characters.
std::string shortened(std::string_view text) {
  constexpr std::size_t most = 40;
  if (text.size() <= most) return std::string(text);
  std::size_t end = most;
  while (end > 0 && (static_cast<unsigned char>(text[end]) & 0xC0) == 0x80) --end;
  return std::string(text.substr(0, end)) + "…";
}

/// "2016-02-29T12:34:56.789123Z" (the T may be a space, fraction and Z may be missing) in microseconds.
bool parse_timestamp(std::string_view text, std::int64_t& microseconds) {
  const auto day = parse_date(text.substr(0, 10));
  if (!day) return false;
  std::int64_t in_day = 0;
  if (text.size() > 10) {
    if (text.size() < 19 || (text[10] != 'T' && text[10] != ' ') || text[13] != ':' || text[16] != ':') return false;
    const auto two = [&](std::size_t at) {
      return is_digit(text[at]) && is_digit(text[at + 1]) ? (text[at] - '0') * 10 + text[at + 1] - '0' : 99;
    };
    const int hour = two(11), minute = two(14), second = two(17);
    if (hour > 23 || minute > 59 || second > 59) return false;
    in_day = ((hour * 60LL + minute) * 60 + second) * 1'000'000;
    text.remove_prefix(19);
    if (text.ends_with('Z')) text.remove_suffix(1);
    if (!text.empty()) {
      if (text[0] != '.' || text.size() < 2 || text.size() > 7) return false;
      std::int64_t unit = 100'000;
      for (const char c : text.substr(1)) {
        if (!is_digit(c)) return false;
        in_day += (c - '0') * unit;
        unit /= 10;
      }
    }
  }
  microseconds = *day * 86'400'000'000LL + in_day;
  return true;
}

}  // namespace

bool RowParser::fail_with(std::string reason) {
  reason_ = std::move(reason);
  return false;
}

void RowParser::skip_space() {
  while (at_ != end_ && (*at_ == ' ' || *at_ == '\n' || *at_ == '\t' || *at_ == '\r')) ++at_;
}

bool RowParser::parse(std::string_view json, const RecordOrigin& origin) {
  if (plain_.read(json, values_)) return true;
  at_ = json.data();
  end_ = json.data() + json.size();
  expected_ = 0;
  unescaped_.clear();
  for (auto& value : values_) value.is_null = true;
  if (++record_ == 0) std::fill(seen_.begin(), seen_.end(), 0), record_ = 1;

  skip_space();
  if (at_ == end_ || *at_ != '{') return fail_with("not a JSON object");
  ++at_;
  skip_space();
  if (at_ != end_ && *at_ == '}') {
    ++at_;
  } else {
    while (true) {
      if (!read_member()) return false;
      skip_space();
      if (at_ == end_) return fail_with("the JSON object is cut off");
      if (*at_ == '}') break;
      if (*at_ != ',') return fail_with("not JSON: no comma between members");
      ++at_;
    }
    ++at_;
  }
  skip_space();
  if (at_ != end_) return fail_with("something follows the JSON object");
  if (!set_origin(origin)) return false;
  for (std::size_t i = 0; i < values_.size(); ++i)
    if (values_[i].is_null && schema_->fields[i].required)
      return fail_with("field " + schema_->fields[i].name + " is missing");
  return true;
}

bool RowParser::set_origin(const RecordOrigin& origin) {
  if (!needs_origin_) return true;
  for (std::size_t i = 0; i < values_.size(); ++i) {
    Value& value = values_[i];
    switch (schema_->fields[i].source) {
      case FieldSource::value:
        break;
      case FieldSource::key:
        if (origin.has_key && !is_valid_utf8(origin.key)) return fail_with("the key is not UTF-8 text");
        value = {.is_null = !origin.has_key, .number = 0, .text = origin.key};
        break;
      case FieldSource::offset:
        value = {.is_null = false, .number = origin.offset, .text = {}};
        break;
      case FieldSource::partition:
        value = {.is_null = false, .number = origin.partition, .text = {}};
        break;
      case FieldSource::timestamp:
        value = {.is_null = origin.timestamp_ms < 0, .number = origin.timestamp_ms * 1'000, .text = {}};
        break;
    }
  }
  return true;
}

void RowParser::prepare_keys() {
  needs_origin_ = false;
  for (const Field& field : schema_->fields) {
    const bool from_value = field.source == FieldSource::value;
    needs_origin_ = needs_origin_ || !from_value;
    const bool is_plain =
        std::ranges::none_of(field.from, [](char c) { return c == '"' || c == '\\' || (c & 0xE0) == 0; });
    keys_.push_back(from_value && is_plain ? '"' + field.from + "\":" : std::string());
  }
}

bool RowParser::read_member() {
  if (keys_.empty()) prepare_keys();
  skip_space();
  // Almost always the next field's name comes, and nothing has to be looked at twice.
  if (expected_ < keys_.size()) {
    const std::string& key = keys_[expected_];
    if (!key.empty() && static_cast<std::size_t>(end_ - at_) > key.size() &&
        std::memcmp(at_, key.data(), key.size()) == 0) {
      at_ += key.size();
      skip_space();
      return read_value(expected_++);
    }
  }
  std::string_view key;
  if (!read_text(key)) return false;
  skip_space();
  if (at_ == end_ || *at_ != ':') return fail_with("not JSON: no colon behind a name");
  ++at_;
  skip_space();
  const auto& fields = schema_->fields;
  const auto takes = [&](std::size_t i) { return fields[i].source == FieldSource::value && fields[i].from == key; };
  if (expected_ < fields.size() && takes(expected_)) return read_value(expected_++);
  for (std::size_t i = 0; i < fields.size(); ++i) {
    if (!takes(i)) continue;
    expected_ = i + 1;
    return read_value(i);
  }
  return skip_value(0);
}

bool RowParser::read_text(std::string_view& text) {
  if (at_ == end_ || *at_ != '"') return fail_with("not JSON: a text was expected");
  const char* const start = ++at_;
  bool ascii = true;
  for (; at_ != end_; ++at_) {
    const auto c = static_cast<unsigned char>(*at_);
    if (c == '"') {
      text = {start, static_cast<std::size_t>(at_ - start)};
      ++at_;
      if (!ascii && !is_valid_utf8(text)) return fail_with("a text is not UTF-8");
      return true;
    }
    if (c == '\\') return read_escaped(text, start);
    if (c < 0x20) return fail_with("not JSON: a control character within a text");
    ascii = ascii && c < 0x80;
  }
  return fail_with("the JSON object is cut off");
}

bool RowParser::read_escaped(std::string_view& text, const char* start) {
  std::string plain(start, static_cast<std::size_t>(at_ - start));
  const auto read_hex = [&](std::uint32_t& code) {
    if (end_ - at_ < 4) return false;
    const auto [stop, error] = std::from_chars(at_, at_ + 4, code, 16);
    if (error != std::errc() || stop != at_ + 4) return false;
    at_ += 4;
    return true;
  };
  while (at_ != end_ && *at_ != '"') {
    if (static_cast<unsigned char>(*at_) < 0x20) return fail_with("not JSON: a control character within a text");
    if (*at_ != '\\') {
      plain += *at_++;
      continue;
    }
    if (++at_ == end_) break;
    const char escape = *at_++;
    constexpr std::string_view names = "\"\\/bfnrt", meanings = "\"\\/\b\f\n\r\t";
    if (const auto index = names.find(escape); index != names.npos) {
      plain += meanings[index];
      continue;
    }
    std::uint32_t code = 0;
    if (escape != 'u' || !read_hex(code)) return fail_with("not JSON: an unknown escape within a text");
    if (code >= 0xD800 && code < 0xDC00) {
      std::uint32_t low = 0;
      if (end_ - at_ < 6 || at_[0] != '\\' || at_[1] != 'u') return fail_with("a text has half a surrogate pair");
      at_ += 2;
      if (!read_hex(low) || low < 0xDC00 || low > 0xDFFF) return fail_with("a text has half a surrogate pair");
      code = 0x10000 + ((code - 0xD800) << 10) + (low - 0xDC00);
    } else if (code >= 0xDC00 && code < 0xE000) {
      return fail_with("a text has half a surrogate pair");
    }
    append_utf8(plain, code);
  }
  if (at_ == end_) return fail_with("the JSON object is cut off");
  ++at_;
  if (!is_valid_utf8(plain)) return fail_with("a text is not UTF-8");
  text = unescaped_.emplace_back(std::move(plain));
  return true;
}

bool RowParser::read_word(std::string_view word) {
  if (static_cast<std::size_t>(end_ - at_) < word.size() || std::memcmp(at_, word.data(), word.size()) != 0)
    return fail_with("not JSON: an unknown word");
  at_ += word.size();
  return true;
}

bool RowParser::read_number_token(std::string_view& token) {
  const char* const start = at_;
  while (at_ != end_ && (is_digit(*at_) || *at_ == '-' || *at_ == '+' || *at_ == '.' || *at_ == 'e' || *at_ == 'E'))
    ++at_;
  token = {start, static_cast<std::size_t>(at_ - start)};
  if (token.empty()) return fail_with("not JSON: a value was expected");
  if (!is_json_number(token)) return fail_with("not JSON: '" + shortened(token) + "' is no number");
  return true;
}

bool RowParser::read_value(std::size_t field) {
  if (at_ == end_) return fail_with("the JSON object is cut off");
  if (std::exchange(seen_[field], record_) == record_)
    return fail_with("field " + schema_->fields[field].name + " is there twice");
  const FieldType& type = schema_->fields[field].type;
  Value& value = values_[field];
  std::string_view text;
  switch (*at_) {
    case '"':
      if (!read_text(text)) return false;
      if (type.kind == FieldKind::string) {
        value = {.is_null = false, .number = 0, .text = text};
        return true;
      }
      return convert(field, text, true);
    case 'n':
      value.is_null = true;
      return read_word("null");
    case 't':
    case 'f':
      if (type.kind != FieldKind::boolean)
        return fail_with("field " + schema_->fields[field].name + " is not " + type.text());
      value = {.is_null = false, .number = *at_ == 't' ? 1 : 0, .text = {}};
      return read_word(*at_ == 't' ? "true" : "false");
    case '{':
    case '[':
      return fail_with("field " + schema_->fields[field].name + " is not " + type.text());
    default:
      break;
  }
  return read_number_token(text) && convert(field, text, false);
}

bool RowParser::convert(std::size_t field, std::string_view text, bool was_text) {
  const Field& its = schema_->fields[field];
  Value& value = values_[field];
  const auto wrong = [&](std::string_view why) {
    return fail_with("field " + its.name + ": '" + shortened(text) + "' " + std::string(why));
  };
  value = {.is_null = false, .number = 0, .text = {}};
  const char* const end = text.data() + text.size();
  switch (its.type.kind) {
    case FieldKind::string:
      return wrong("is not a text");
    case FieldKind::boolean:
      return wrong("is not true or false");
    case FieldKind::int32:
    case FieldKind::int64: {
      const auto [stop, error] = std::from_chars(text.data(), end, value.number);
      if (error != std::errc() || stop != end) {
        const auto exact = parse_decimal(text, 0);  // 1e3, 5.0
        if (!exact) return wrong("is not a whole number of 64 bits");
        value.number = *exact;
      }
      if (its.type.kind == FieldKind::int32 && value.number != static_cast<std::int32_t>(value.number))
        return wrong("does not fit 32 bits");
      return true;
    }
    case FieldKind::real: {
      double number = 0;
      const auto [stop, error] = std::from_chars(text.data(), end, number);
      if (error != std::errc() || stop != end || !std::isfinite(number)) return wrong("is not a finite number");
      value.number = std::bit_cast<std::int64_t>(number);
      return true;
    }
    case FieldKind::decimal: {
      const auto exact = parse_decimal(text, its.type.scale, its.type.precision);
      if (!exact) return fail_with("field " + its.name + ": " + exact.error().message);
      value.number = *exact;
      return true;
    }
    case FieldKind::date: {
      if (text != last_date_) {
        const auto day = was_text ? parse_date(text) : std::nullopt;
        if (!day) return wrong("is not a date (yyyy-mm-dd)");
        last_date_ = text;
        last_day_ = *day;
      }
      value.number = last_day_;
      return true;
    }
    case FieldKind::timestamp: {
      if (was_text) return parse_timestamp(text, value.number) || wrong("is not a timestamp (ISO 8601, UTC)");
      const auto [stop, error] = std::from_chars(text.data(), end, value.number);  // milliseconds since 1970
      constexpr std::int64_t most_ms = 9'000'000'000'000'000;
      if (error != std::errc() || stop != end || value.number > most_ms || value.number < -most_ms)
        return wrong("is not a timestamp in milliseconds");
      value.number *= 1'000;
      return true;
    }
  }
  return false;
}

bool RowParser::skip_value(int depth) {
  skip_space();
  if (at_ == end_) return fail_with("the JSON object is cut off");
  if (depth > max_depth) return fail_with("JSON is nested more than 100 deep");
  std::string_view ignored;
  switch (*at_) {
    case '"':
      return read_text(ignored);
    case 'n':
      return read_word("null");
    case 't':
      return read_word("true");
    case 'f':
      return read_word("false");
    case '[':
    case '{': {
      const bool is_object = *at_++ == '{';
      const char close = is_object ? '}' : ']';
      skip_space();
      if (at_ != end_ && *at_ == close) return ++at_, true;
      while (true) {
        if (is_object) {
          skip_space();
          if (!read_text(ignored)) return false;
          skip_space();
          if (at_ == end_ || *at_ != ':') return fail_with("not JSON: no colon behind a name");
          ++at_;
        }
        if (!skip_value(depth + 1)) return false;
        skip_space();
        if (at_ == end_) return fail_with("the JSON object is cut off");
        if (*at_ == close) return ++at_, true;
        if (*at_ != ',') return fail_with("not JSON: no comma between members");
        ++at_;
      }
    }
    default:
      return read_number_token(ignored);
  }
}

}  // namespace tickerlake::pipeline
