#include "app/record_printer.h"

#include <fmt/core.h>

#include <boost/json/serialize.hpp>
#include <boost/json/string.hpp>

#include "base/digest.h"
#include "base/time.h"

namespace tickerlake::app {
namespace {

/// How many bytes the UTF-8 character at the text's beginning has; 0 where none begins.
std::size_t character_length(std::string_view text) {
  const auto byte = [&](std::size_t i) { return static_cast<unsigned char>(text[i]); };
  const unsigned char lead = byte(0);
  const std::size_t length = lead < 0x80                    ? 1
                             : lead >= 0xC2 && lead <= 0xDF ? 2
                             : lead >= 0xE0 && lead <= 0xEF ? 3
                             : lead >= 0xF0 && lead <= 0xF4 ? 4
                                                            : 0;
  if (length == 0 || length > text.size()) return 0;
  for (std::size_t i = 1; i < length; ++i)
    if ((byte(i) & 0xC0) != 0x80) return 0;
  if (length > 2) {  // overlong forms, surrogates, beyond the last code point
    const unsigned char next = byte(1);
    if ((lead == 0xE0 && next < 0xA0) || (lead == 0xED && next > 0x9F)) return 0;
    if ((lead == 0xF0 && next < 0x90) || (lead == 0xF4 && next > 0x8F)) return 0;
  }
  return length;
}

bool is_utf8(std::string_view text) {
  while (!text.empty()) {
    const std::size_t length = character_length(text);
    if (length == 0) return false;
    text.remove_prefix(length);
  }
  return true;
}

/// A JSON string; bytes that are no text become {"base64": "…"}.
std::string json_of(std::string_view bytes) {
  if (is_utf8(bytes)) return boost::json::serialize(boost::json::string(bytes));
  return "{\"base64\":\"" + base64(as_bytes(bytes)) + "\"}";
}

}  // namespace

std::string printable(std::string_view bytes) {
  std::string text;
  text.reserve(bytes.size());
  while (!bytes.empty()) {
    const std::size_t length = character_length(bytes);
    const auto c = static_cast<unsigned char>(bytes.front());
    // C1 controls begin with 0xC2 and a byte below 0xA0.
    const bool control =
        c < 0x20 || c == 0x7F || (c == 0xC2 && length == 2 && static_cast<unsigned char>(bytes[1]) < 0xA0);
    if (length == 0 || control) {
      text += fmt::format("\\x{:02x}", c);
      bytes.remove_prefix(1);
    } else {
      text += bytes.substr(0, length);
      bytes.remove_prefix(length);
    }
  }
  return text;
}

void RecordPrinter::print(const kafka::FetchedRecord& record) {
  switch (format_) {
    case RecordFormat::table:
      return print_row(record);
    case RecordFormat::json:
      return print_json(record);
    case RecordFormat::value:
      return fmt::print("{}\n", record.value);
  }
}

void RecordPrinter::print_row(const kafka::FetchedRecord& record) {
  constexpr const char* row = "{:>9}  {:>8}  {:<24}  {:<8}  {}\n";
  if (!headed_) fmt::print(fmt::runtime(row), "partition", "offset", "timestamp", "key", "value");
  headed_ = true;
  fmt::print(fmt::runtime(row), record.partition, record.offset,
             record.timestamp_ms < 0 ? "" : iso8601(record.timestamp_ms), record.has_key ? printable(record.key) : "",
             record.has_value ? printable(record.value) : "(none)");
}

void RecordPrinter::print_json(const kafka::FetchedRecord& record) const {
  std::string headers;
  for (const kafka::HeaderView& header : record.all_headers()) {
    headers += fmt::format("{}{{\"name\":{},\"value\":{}}}", headers.empty() ? "" : ",", json_of(header.name),
                           header.value ? json_of(*header.value) : "null");
  }
  fmt::print(
      "{{\"topic\":{},\"partition\":{},\"offset\":{},\"timestamp_ms\":{},\"key\":{},\"value\":{},\"headers\":[{}]}}\n",
      json_of(topic_), record.partition, record.offset, record.timestamp_ms,
      record.has_key ? json_of(record.key) : "null", record.has_value ? json_of(record.value) : "null", headers);
}

}  // namespace tickerlake::app
