// Headers, targets and percent-encoding: the parts of a message that need no connection.
#include <algorithm>

#include "http/server.h"

namespace tickerlake::http {
namespace {

char lower(char c) { return c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c; }

int hex_digit(char c) {
  if (c >= '0' && c <= '9') return c - '0';
  if (c >= 'a' && c <= 'f') return c - 'a' + 10;
  if (c >= 'A' && c <= 'F') return c - 'A' + 10;
  return -1;
}

std::optional<std::string> decode(std::string_view raw, bool plus_is_space) {
  std::string text;
  text.reserve(raw.size());
  for (std::size_t i = 0; i < raw.size(); ++i) {
    if (raw[i] == '+' && plus_is_space) {
      text += ' ';
    } else if (raw[i] != '%') {
      text += raw[i];
    } else {
      if (raw.size() - i < 3) return std::nullopt;
      const int high = hex_digit(raw[i + 1]), low = hex_digit(raw[i + 2]);
      if (high < 0 || low < 0) return std::nullopt;
      text += static_cast<char>(high * 16 + low);
      i += 2;
    }
  }
  return text;
}

}  // namespace

bool same_header_name(std::string_view a, std::string_view b) {
  return std::ranges::equal(a, b, [](char x, char y) { return lower(x) == lower(y); });
}

void Headers::set(std::string_view name, std::string_view value) {
  remove(name);
  add(name, value);
}

void Headers::remove(std::string_view name) {
  std::erase_if(fields_, [&](const Field& field) { return same_header_name(field.first, name); });
}

std::optional<std::string_view> Headers::find(std::string_view name) const {
  for (const auto& [field_name, value] : fields_) {
    if (same_header_name(field_name, name)) return value;
  }
  return std::nullopt;
}

std::string_view Request::raw_path() const { return std::string_view(target).substr(0, target.find('?')); }

std::string_view Request::raw_query() const {
  const std::size_t mark = target.find('?');
  return mark == std::string::npos ? std::string_view{} : std::string_view(target).substr(mark + 1);
}

Result<std::string> read_all(BodyReader& body, std::int64_t limit) {
  constexpr std::size_t step = 16 * 1024;
  std::string text;
  while (true) {
    const std::size_t used = text.size();
    // One byte over the limit may be read, so that a body of exactly the limit still reaches its end.
    const std::size_t room = std::min(std::max(step, used), static_cast<std::size_t>(limit) + 1 - used);
    if (room == 0) return fail(ErrorCode::exhausted, "the body is longer than " + std::to_string(limit) + " bytes");
    text.resize(used + room);
    TRY(const std::size_t n, body.read(std::as_writable_bytes(std::span(text).subspan(used))));
    text.resize(used + n);
    if (n == 0) return text;
  }
}

std::optional<std::string> decode_path(std::string_view raw) { return decode(raw, false); }
std::optional<std::string> decode_query(std::string_view raw) { return decode(raw, true); }

std::optional<std::vector<std::pair<std::string, std::string>>> parse_query(std::string_view raw_query) {
  std::vector<std::pair<std::string, std::string>> pairs;
  while (!raw_query.empty()) {
    const std::size_t end = std::min(raw_query.find('&'), raw_query.size());
    const std::string_view part = raw_query.substr(0, end);
    raw_query.remove_prefix(std::min(end + 1, raw_query.size()));
    if (part.empty()) continue;
    const std::size_t equals = std::min(part.find('='), part.size());
    auto name = decode_query(part.substr(0, equals));
    auto value = decode_query(part.substr(std::min(equals + 1, part.size())));
    if (!name || !value) return std::nullopt;
    pairs.emplace_back(*std::move(name), *std::move(value));
  }
  return pairs;
}

std::string percent_encode(std::string_view text, bool keep_slash) {
  static constexpr char digits[] = "0123456789ABCDEF";
  std::string encoded;
  encoded.reserve(text.size());
  for (const char c : text) {
    const bool plain = (c >= 'A' && c <= 'Z') || (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || c == '-' ||
                       c == '.' || c == '_' || c == '~' || (c == '/' && keep_slash);
    if (plain) {
      encoded += c;
    } else {
      const auto byte = static_cast<unsigned char>(c);
      encoded += '%';
      encoded += digits[byte >> 4];
      encoded += digits[byte & 15];
    }
  }
  return encoded;
}

}  // namespace tickerlake::http
