#include "services/athena/sql/type.h"

#include <functional>

namespace tickerlake::athena::sql {
namespace {

using Kind = Type::Kind;
using Printer = std::string (*)(const Type&);

std::string joined(const Type& type, std::string_view separator, const std::function<std::string(std::size_t)>& one) {
  std::string out;
  for (std::size_t i = 0; i < type.children.size(); ++i) {
    if (i > 0) out += separator;
    out += one(i);
  }
  return out;
}

std::string arguments(const Type& type) {
  if (type.is(Kind::decimal)) return "(" + std::to_string(type.precision) + "," + std::to_string(type.scale) + ")";
  return "(" + std::to_string(type.precision) + ")";
}

std::string quoted(const std::string& name) {
  std::string out = "\"";
  for (const char c : name) {
    if (c == '"') out += '"';
    out += c;
  }
  return out + "\"";
}

}  // namespace

std::string to_string(const Type& type) {
  switch (type.kind) {
    case Kind::unknown:
    case Kind::null:
      return "unknown";
    case Kind::boolean:
      return "boolean";
    case Kind::tinyint:
      return "tinyint";
    case Kind::smallint:
      return "smallint";
    case Kind::integer:
      return "integer";
    case Kind::bigint:
      return "bigint";
    case Kind::real:
      return "real";
    case Kind::double_:
      return "double";
    case Kind::decimal:
      return "decimal" + arguments(type);
    case Kind::varchar:
      return type.precision == 0 ? "varchar" : "varchar" + arguments(type);
    case Kind::char_:
      return "char" + arguments(type);
    case Kind::varbinary:
      return "varbinary";
    case Kind::date:
      return "date";
    case Kind::time:
      return "time" + arguments(type);
    case Kind::time_with_zone:
      return "time" + arguments(type) + " with time zone";
    case Kind::timestamp:
      return "timestamp" + arguments(type);
    case Kind::timestamp_with_zone:
      return "timestamp" + arguments(type) + " with time zone";
    case Kind::interval_day_to_second:
      return "interval day to second";
    case Kind::interval_year_to_month:
      return "interval year to month";
    case Kind::json:
      return "json";
    case Kind::uuid:
      return "uuid";
    case Kind::ipaddress:
      return "ipaddress";
    case Kind::array:
      return "array(" + to_string(type.children[0]) + ")";
    case Kind::map:
      return "map(" + to_string(type.children[0]) + ", " + to_string(type.children[1]) + ")";
    case Kind::row:
      return "row(" +
             joined(type, ", ",
                    [&](std::size_t i) {
                      return (type.field_names[i].empty() ? "" : type.field_names[i] + " ") +
                             to_string(type.children[i]);
                    }) +
             ")";
  }
  return "unknown";
}

std::string to_duckdb(const Type& type) {
  switch (type.kind) {
    case Kind::unknown:
      return "";
    case Kind::null:
      return "\"NULL\"";
    case Kind::boolean:
      return "BOOLEAN";
    case Kind::tinyint:
      return "TINYINT";
    case Kind::smallint:
      return "SMALLINT";
    case Kind::integer:
      return "INTEGER";
    case Kind::bigint:
      return "BIGINT";
    case Kind::real:
      return "FLOAT";
    case Kind::double_:
      return "DOUBLE";
    case Kind::decimal:
      return "DECIMAL" + arguments(type);
    case Kind::varchar:
    case Kind::char_:
    case Kind::ipaddress:
      return "VARCHAR";
    case Kind::varbinary:
      return "BLOB";
    case Kind::date:
      return "DATE";
    case Kind::time:
      return "TIME";
    case Kind::time_with_zone:
      return "TIMETZ";
    case Kind::timestamp:
      return "TIMESTAMP";
    case Kind::timestamp_with_zone:
      return "TIMESTAMPTZ";
    case Kind::interval_day_to_second:
    case Kind::interval_year_to_month:
      return "INTERVAL";
    case Kind::json:
      return "JSON";
    case Kind::uuid:
      return "UUID";
    case Kind::array: {
      const auto element = to_duckdb(type.children[0]);
      return element.empty() ? "" : element + "[]";
    }
    case Kind::map: {
      const auto key = to_duckdb(type.children[0]);
      const auto value = to_duckdb(type.children[1]);
      return key.empty() || value.empty() ? "" : "MAP(" + key + ", " + value + ")";
    }
    case Kind::row: {
      bool complete = true;
      auto fields = joined(type, ", ", [&](std::size_t i) {
        const auto child = to_duckdb(type.children[i]);
        complete = complete && !child.empty();
        return quoted(type.field_names[i].empty() ? "field" + std::to_string(i) : type.field_names[i]) + " " + child;
      });
      return complete ? "STRUCT(" + fields + ")" : "";
    }
  }
  return "";
}

std::string to_hive(const Type& type) {
  switch (type.kind) {
    case Kind::integer:
      return "int";
    case Kind::real:
      return "float";
    case Kind::varchar:
      return type.precision == 0 ? "string" : "varchar" + arguments(type);
    case Kind::varbinary:
      return "binary";
    case Kind::time:
    case Kind::timestamp:
      return "timestamp";
    case Kind::timestamp_with_zone:
      return "timestamp";
    case Kind::json:
    case Kind::uuid:
    case Kind::ipaddress:
      return "string";
    case Kind::array:
      return "array<" + to_hive(type.children[0]) + ">";
    case Kind::map:
      return "map<" + to_hive(type.children[0]) + "," + to_hive(type.children[1]) + ">";
    case Kind::row:
      return "struct<" +
             joined(type, ",",
                    [&](std::size_t i) {
                      return (type.field_names[i].empty() ? "field" + std::to_string(i) : type.field_names[i]) + ":" +
                             to_hive(type.children[i]);
                    }) +
             ">";
    default:
      return to_string(type);
  }
}

}  // namespace tickerlake::athena::sql
