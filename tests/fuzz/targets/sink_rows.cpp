// A record's JSON as the sink reads it, beside Boost.JSON: what is JSON to the one is JSON to the other, and texts and
// whole numbers come out the same.
#include <boost/json.hpp>

#include "pipeline/replay/bar_record.h"
#include "pipeline/sink/json_row.h"
#include "target.h"

namespace tickerlake::pipeline {
namespace {

using fuzz::require;
namespace json = boost::json;

const Schema& mixed_schema() {
  static const Schema schema = *Schema::parse(R"json({"fields": [
    {"name": "t", "type": "string"}, {"name": "b", "type": "boolean"}, {"name": "i", "type": "int"},
    {"name": "l", "type": "bigint"}, {"name": "r", "type": "double"}, {"name": "d", "type": "date"},
    {"name": "ts", "type": "timestamp"}, {"name": "p", "type": "decimal(18,6)"}]})json");
  return schema;
}

/// Only members at the top whose names are there once: Boost keeps the last of several.
void compare(const Schema& schema, const std::vector<Value>& values, const json::object& object) {
  for (std::size_t i = 0; i < values.size(); ++i) {
    const auto* value = object.if_contains(schema.fields[i].from);
    if (value == nullptr || schema.fields[i].source != FieldSource::value) continue;
    if (value->is_null()) require(values[i].is_null, "null is NULL");
    if (value->is_string() && schema.fields[i].type.kind == FieldKind::string) {
      const auto& text = value->get_string();
      require(!values[i].is_null && values[i].text == std::string_view(text.data(), text.size()), "texts are the same");
    }
    if (value->is_int64() && schema.fields[i].type.kind == FieldKind::int64) {
      require(!values[i].is_null && values[i].number == value->get_int64(), "whole numbers are the same");
    }
    if (value->is_bool()) require(values[i].number == (value->get_bool() ? 1 : 0), "booleans are the same");
  }
}

bool has_repeated_name(const json::object& object, std::string_view text) {
  std::size_t names = 0;
  for (const char c : text) names += c == ':' ? 1 : 0;
  return names != object.size();  // a colon within a text or a deeper member counts as a repetition: fewer comparisons
}

void check(const Schema& schema, std::string_view text) {
  RowParser parser(schema);
  const bool is_row = parser.parse(text, {});
  json::parse_options options;
  options.max_depth = 200;
  boost::system::error_code error;
  const auto document = json::parse(json::string_view(text.data(), text.size()), error, {}, options);
  if (!error && document.is_object()) {
    require(is_row || !parser.reason().starts_with("not JSON"), "what is a JSON object is not refused as none");
    if (is_row && !has_repeated_name(document.get_object(), text)) {
      compare(schema, parser.values(), document.get_object());
    }
  }
  if (!is_row) require(!parser.reason().empty(), "a record that is no row has a reason");

  // A space in front makes the quick reader step aside.
  const std::string spaced = ' ' + std::string(text);
  RowParser slow(schema);
  require(slow.parse(spaced, {}) == is_row, "the quick reader takes what is a row, and nothing else");
  for (std::size_t i = 0; is_row && i < schema.fields.size(); ++i) {
    const Value &a = parser.values()[i], &b = slow.values()[i];
    require(a.is_null == b.is_null && (a.is_null || (a.number == b.number && a.text == b.text)),
            "the quick reader finds the same values");
  }
}

}  // namespace
}  // namespace tickerlake::pipeline

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace tickerlake::pipeline;
  static const Schema bars = *Schema::parse(bar_schema());
  const std::string_view text = tickerlake::as_text(tickerlake::fuzz::as_input(data, size));
  check(bars, text);
  check(mixed_schema(), text);
  return 0;
}
