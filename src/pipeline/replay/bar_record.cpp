#include "pipeline/replay/bar_record.h"

#include <fmt/core.h>

#include <cstring>

#include "base/time.h"
#include "pipeline/market/decimal.h"

namespace tickerlake::pipeline {
namespace {

std::string json_escaped(std::string_view text) {
  std::string escaped;
  for (const char c : text) {
    if (c == '"' || c == '\\') {
      escaped += '\\';
      escaped += c;
    } else if (static_cast<unsigned char>(c) < 0x20) {
      escaped += fmt::format("\\u{:04x}", static_cast<unsigned char>(c));
    } else {
      escaped += c;
    }
  }
  return escaped;
}

template <std::size_t n>
char* put(char* to, const char (&text)[n]) {
  std::memcpy(to, text, n - 1);
  return to + n - 1;
}

char* put_price(char* to, std::int64_t value) {
  return value == Bar::missing ? put(to, "null") : format_decimal(to, value, price_scale);
}

char* put_count(char* to, std::int64_t value) {
  return value == Bar::missing ? put(to, "null") : format_integer(to, value);
}

}  // namespace

void BarFormatter::add_symbol(std::string_view symbol) {
  heads_.push_back("{\"symbol\":\"" + json_escaped(symbol) + "\",\"date\":\"");
  constexpr std::size_t rest = 256;  // six names, six numbers and a date are shorter
  if (buffer_.size() < heads_.back().size() + rest) buffer_.resize(heads_.back().size() + rest);
}

std::string_view BarFormatter::format(std::size_t symbol, const Bar& bar) {
  if (day_text_.empty() || bar.day != day_) {
    day_ = bar.day;
    day_text_ = format_date(bar.day);
  }
  const std::string& head = heads_[symbol];
  char* to = buffer_.data();
  std::memcpy(to, head.data(), head.size());
  to += head.size();
  std::memcpy(to, day_text_.data(), day_text_.size());
  to += day_text_.size();
  to = put_price(put(to, "\",\"open\":"), bar.open);
  to = put_price(put(to, ",\"high\":"), bar.high);
  to = put_price(put(to, ",\"low\":"), bar.low);
  to = put_price(put(to, ",\"close\":"), bar.close);
  to = put_count(put(to, ",\"volume\":"), bar.volume);
  to = put_count(put(to, ",\"open_interest\":"), bar.open_interest);
  *to++ = '}';
  return {buffer_.data(), static_cast<std::size_t>(to - buffer_.data())};
}

std::string_view bar_schema() {
  return R"json({"fields":[{"name":"symbol","type":"string","required":true},)json"
         R"json({"name":"date","type":"date","required":true},)json"
         R"json({"name":"open","type":"decimal(18,6)"},{"name":"high","type":"decimal(18,6)"},)json"
         R"json({"name":"low","type":"decimal(18,6)"},{"name":"close","type":"decimal(18,6)"},)json"
         R"json({"name":"volume","type":"bigint"},{"name":"open_interest","type":"bigint"}],)json"
         R"json("sort":["symbol","date"],"time":"date","partition_by":"year"})json";
}

}  // namespace tickerlake::pipeline
