#include "pipeline/sink/schema.h"

#include <algorithm>
#include <boost/json.hpp>
#include <charconv>

namespace tickerlake::pipeline {
namespace {

namespace json = boost::json;

std::unexpected<Error> bad(const std::string& why) { return fail(ErrorCode::invalid_argument, "schema: " + why); }

std::string_view text_of(const json::value& value) {
  const auto& text = value.as_string();
  return {text.data(), text.size()};
}

FieldSource source_of(std::string_view from) {
  if (from == "$key") return FieldSource::key;
  if (from == "$offset") return FieldSource::offset;
  if (from == "$partition") return FieldSource::partition;
  if (from == "$timestamp") return FieldSource::timestamp;
  return FieldSource::value;
}

bool fits(FieldSource source, FieldKind kind) {
  switch (source) {
    case FieldSource::value:
      return true;
    case FieldSource::key:
      return kind == FieldKind::string;
    case FieldSource::offset:
      return kind == FieldKind::int64;
    case FieldSource::partition:
      return kind == FieldKind::int32 || kind == FieldKind::int64;
    case FieldSource::timestamp:
      return kind == FieldKind::timestamp;
  }
  return false;
}

Result<Field> parse_field(const json::value& value) {
  if (!value.is_object()) return bad("a field is an object");
  Field field;
  for (const auto& [key, member] : value.as_object()) {
    const std::string_view name(key.data(), key.size());
    if (name == "required") {
      if (!member.is_bool()) return bad("required is true or false");
      field.required = member.as_bool();
      continue;
    }
    if (!member.is_string()) return bad("a field's " + std::string(name) + " is a text");
    if (name == "name") {
      field.name = text_of(member);
    } else if (name == "type") {
      TRY(field.type, FieldType::parse(text_of(member)));
    } else if (name == "from") {
      field.from = text_of(member);
    } else {
      return bad("a field has no '" + std::string(name) + "'");
    }
  }
  if (field.name.empty()) return bad("a field has no name");
  if (!value.as_object().contains("type")) return bad("field " + field.name + " has no type");
  if (field.from.empty()) field.from = field.name;
  field.source = source_of(field.from);
  if (!fits(field.source, field.type.kind))
    return bad("field " + field.name + ": " + field.from + " is not of type " + field.type.text());
  return field;
}

}  // namespace

std::string FieldType::text() const {
  switch (kind) {
    case FieldKind::string:
      return "string";
    case FieldKind::boolean:
      return "boolean";
    case FieldKind::int32:
      return "int";
    case FieldKind::int64:
      return "bigint";
    case FieldKind::real:
      return "double";
    case FieldKind::date:
      return "date";
    case FieldKind::timestamp:
      return "timestamp";
    case FieldKind::decimal:
      return "decimal(" + std::to_string(precision) + "," + std::to_string(scale) + ")";
  }
  return {};
}

Result<FieldType> FieldType::parse(std::string_view text) {
  for (const auto kind : {FieldKind::string, FieldKind::boolean, FieldKind::int32, FieldKind::int64, FieldKind::real,
                          FieldKind::date, FieldKind::timestamp}) {
    const FieldType type{.kind = kind};
    if (text == type.text()) return type;
  }
  FieldType type{.kind = FieldKind::decimal};
  constexpr std::string_view start = "decimal(";
  if (text.starts_with(start)) {
    const char* const end = text.data() + text.size();
    auto [comma, error] = std::from_chars(text.data() + start.size(), end, type.precision);
    if (error == std::errc() && comma != end && *comma == ',') {
      ++comma;
      while (comma != end && *comma == ' ') ++comma;
      const auto [close, scale_error] = std::from_chars(comma, end, type.scale);
      if (scale_error == std::errc() && close + 1 == end && *close == ')' && type.precision >= 1 &&
          type.precision <= 18 && type.scale >= 0 && type.scale <= type.precision)
        return type;
    }
  }
  return bad("no type '" + std::string(text.substr(0, 40)) +
             "': there are string, boolean, int, bigint, double, date, timestamp and decimal(p,s) up to 18 digits");
}

Result<Schema> Schema::parse(std::string_view text) {
  boost::system::error_code error;
  const json::value root = json::parse(json::string_view(text.data(), text.size()), error);
  if (error || !root.is_object()) return bad("not a JSON object");
  const auto& object = root.as_object();
  for (const auto& [key, value] : object)
    if (key != "fields" && key != "sort" && key != "time" && key != "partition_by")
      return bad("no such member: '" + std::string(key.data(), key.size()) + "'");

  Schema schema;
  const auto* fields = object.if_contains("fields");
  if (fields == nullptr || !fields->is_array() || fields->as_array().empty()) return bad("fields are missing");
  if (fields->as_array().size() > max_fields) return bad("more than a thousand fields");
  for (const auto& value : fields->as_array()) {
    TRY(Field field, parse_field(value));
    if (schema.find(field.name)) return bad("field " + field.name + " is there twice");
    schema.fields.push_back(std::move(field));
  }
  if (const auto* sort = object.if_contains("sort")) {
    if (!sort->is_array()) return bad("sort is a list of names");
    for (const auto& name : sort->as_array()) {
      const auto index = name.is_string() ? schema.find(text_of(name)) : std::nullopt;
      if (!index) return bad("sort names a field that is not there");
      schema.sort.push_back(*index);
    }
  }
  if (const auto* time = object.if_contains("time")) {
    schema.time = time->is_string() ? schema.find(text_of(*time)) : std::nullopt;
    if (!schema.time) return bad("time names a field that is not there");
    const auto kind = schema.fields[*schema.time].type.kind;
    if (kind != FieldKind::date && kind != FieldKind::timestamp) return bad("the time field is a date or a timestamp");
  }
  if (const auto* by = object.if_contains("partition_by")) {
    if (!by->is_string()) return bad("partition_by is a text");
    schema.partition_by = text_of(*by);
  }
  if (auto partitioning = Partitioning::of(schema, schema.partition_by); !partitioning)
    return std::unexpected(std::move(partitioning).error());
  return schema;
}

std::string Schema::json() const {
  json::object object;
  json::array list;
  for (const auto& field : fields) {
    json::object entry;
    entry["name"] = field.name;
    entry["type"] = field.type.text();
    if (field.from != field.name) entry["from"] = field.from;
    if (field.required) entry["required"] = true;
    list.push_back(std::move(entry));
  }
  object["fields"] = std::move(list);
  json::array sorted;
  for (const std::size_t index : sort) sorted.push_back(json::value(fields[index].name));
  object["sort"] = std::move(sorted);
  if (time) object["time"] = fields[*time].name;
  object["partition_by"] = partition_by;
  return json::serialize(object);
}

std::optional<std::size_t> Schema::find(std::string_view name) const {
  for (std::size_t i = 0; i < fields.size(); ++i)
    if (fields[i].name == name) return i;
  return {};
}

Result<Partitioning> Partitioning::of(const Schema& schema, std::string_view partition_by) {
  Partitioning partitioning;
  if (partition_by == "none" || partition_by.empty()) return partitioning;
  if (partition_by == "year" || partition_by == "month" || partition_by == "day") {
    if (!schema.time) return bad("partitions by " + std::string(partition_by) + " need a time field");
    partitioning.kind = partition_by == "year" ? Kind::year : partition_by == "month" ? Kind::month : Kind::day;
    partitioning.field = *schema.time;
    for (const char* name : {"year", "month", "day"}) {  // by month: year and month become columns
      if (schema.find(name)) return bad(std::string("field ") + name + " would be a partition and a column");
      if (partition_by == name) break;
    }
    return partitioning;
  }
  const auto index = schema.find(partition_by);
  if (!index) return bad("no field '" + std::string(partition_by) + "' to partition by");
  if (schema.fields[*index].type.kind == FieldKind::real) return bad("a double is no partition");
  if (schema.fields.size() == 1) return bad("the only field cannot be the partition");
  partitioning.kind = Kind::field;
  partitioning.field = *index;
  return partitioning;
}

}  // namespace tickerlake::pipeline
