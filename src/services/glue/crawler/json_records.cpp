#include "services/glue/crawler/json_records.h"

#include <algorithm>
#include <boost/json/stream_parser.hpp>
#include <boost/json/value.hpp>
#include <limits>
#include <set>

#include "services/glue/catalog/catalog.h"

namespace tickerlake::glue {
namespace {

HiveType type_of(const boost::json::value& value, int depth = 0) {
  using boost::json::kind;
  switch (value.kind()) {
    case kind::null:
      return {};
    case kind::bool_:
      return {"boolean"};
    case kind::int64: {
      const auto number = value.get_int64();
      const bool is_small =
          number >= std::numeric_limits<std::int32_t>::min() && number <= std::numeric_limits<std::int32_t>::max();
      return {is_small ? "int" : "bigint"};
    }
    case kind::uint64:
    case kind::double_:
      return {"double"};
    case kind::string:
      return {"string"};
    case kind::array: {
      if (depth >= max_type_depth) return {"string"};
      HiveType element;
      for (const auto& item : value.get_array()) element = widen(element, type_of(item, depth + 1));
      return {"array", {std::move(element)}};
    }
    case kind::object:
      break;
  }
  if (depth >= max_type_depth) return {"string"};
  HiveType structure{"struct"};
  for (const auto& member : value.get_object()) {
    structure.field_names.emplace_back(member.key());
    structure.children.push_back(type_of(member.value(), depth + 1));
  }
  return structure;
}

/// Top-level keys become columns; keys that differ in case alone become one.
void add_record(const boost::json::object& record, FileSchema& schema, std::set<std::string>& paths) {
  for (const auto& member : record) {
    paths.emplace(member.key());
    const auto name = fold_name(member.key());
    auto type = type_of(member.value());
    const auto known = std::ranges::find(schema.columns, name, &InferredColumn::name);
    if (known == schema.columns.end()) {
      schema.columns.push_back({name, std::move(type)});
    } else {
      known->type = widen(known->type, type);
    }
  }
}

}  // namespace

std::optional<FileSchema> infer_json(std::string_view sample, std::string_view json_path) {
  if (sample.starts_with("\xEF\xBB\xBF")) sample.remove_prefix(3);
  constexpr std::string_view space = " \t\r\n";
  FileSchema schema;
  schema.format = FileFormat::json;
  std::set<std::string> paths;
  boost::json::stream_parser parser;
  std::size_t at = 0;
  while (static_cast<std::size_t>(schema.record_count) < max_json_records) {
    at = sample.find_first_not_of(space, at);
    if (at == std::string_view::npos) break;
    if (sample[at] != '{' && sample[at] != '[') return std::nullopt;
    parser.reset();
    boost::system::error_code error;
    at += parser.write_some(sample.data() + at, sample.size() - at, error);
    if (error) {
      if (schema.record_count > 0) break;  // readable so far: a bad line later makes it no other format
      return std::nullopt;
    }
    if (!parser.done()) break;  // the sample cuts this record
    const auto value = parser.release();
    if (value.is_object()) {
      add_record(value.get_object(), schema, paths);
    } else if (json_path == "$[*]") {
      for (const auto& item : value.get_array()) {
        if (item.is_object()) add_record(item.get_object(), schema, paths);
      }
    } else {
      add_record({{"array", value}}, schema, paths);  // Glue's name for an array at the top
    }
    ++schema.record_count;
  }
  if (schema.record_count == 0 || schema.columns.empty()) return std::nullopt;
  schema.json_paths.assign(paths.begin(), paths.end());
  return schema;
}

}  // namespace tickerlake::glue
