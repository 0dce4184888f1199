#include "services/athena/results/column.h"

#include <limits>

namespace tickerlake::athena {
namespace {

using Kind = sql::Type::Kind;
constexpr std::int32_t unbounded = std::numeric_limits<std::int32_t>::max();

struct Shape {
  const char* name;
  std::int32_t precision;
};

/// Source: what Athena answers for each type (athena.md).
Shape shape_of(const sql::Type& type) {
  switch (type.kind) {
    case Kind::boolean:
      return {"boolean", 0};
    case Kind::tinyint:
      return {"tinyint", 3};
    case Kind::smallint:
      return {"smallint", 5};
    case Kind::integer:
      return {"integer", 10};
    case Kind::bigint:
      return {"bigint", 19};
    case Kind::real:
      return {"float", 17};
    case Kind::double_:
      return {"double", 17};
    case Kind::decimal:
      return {"decimal", type.precision};
    case Kind::varchar:
      return {"varchar", type.precision > 0 ? type.precision : unbounded};
    case Kind::char_:
      return {"char", type.precision};
    case Kind::varbinary:
      return {"varbinary", 1073741824};
    case Kind::date:
      return {"date", 0};
    case Kind::time:
      return {"time", 3};
    case Kind::time_with_zone:
      return {"time with time zone", 3};
    case Kind::timestamp:
      return {"timestamp", 3};
    case Kind::timestamp_with_zone:
      return {"timestamp with time zone", 3};
    case Kind::interval_day_to_second:
      return {"interval day to second", 0};
    case Kind::interval_year_to_month:
      return {"interval year to month", 0};
    case Kind::json:
      return {"json", 0};
    case Kind::uuid:
      return {"uuid", 0};
    case Kind::ipaddress:
      return {"ipaddress", 0};
    case Kind::array:
      return {"array", 0};
    case Kind::map:
      return {"map", 0};
    case Kind::row:
      return {"row", 0};
    case Kind::null:
      return {"unknown", 0};
    case Kind::unknown:
      return {"varchar", unbounded};
  }
  return {"varchar", unbounded};
}

}  // namespace

ResultColumn result_column(std::string name, const sql::Type& type) {
  const auto shape = shape_of(type);
  ResultColumn column{std::move(name), type, shape.name, shape.precision};
  if (type.is(Kind::decimal)) column.scale = type.scale;
  column.case_sensitive = type.is_text() || type.kind == Kind::unknown;
  return column;
}

ResultColumn text_column(std::string name) {
  ResultColumn column{std::move(name), sql::Type::of(Kind::varchar), "string"};
  return column;
}

sql::Type type_of(const duckdb::Type& type) {
  using duckdb::TypeId;
  switch (type.id) {
    case TypeId::boolean:
      return sql::Type::of(Kind::boolean);
    case TypeId::tinyint:
      return sql::Type::of(Kind::tinyint);
    case TypeId::smallint:
    case TypeId::utinyint:
      return sql::Type::of(Kind::smallint);
    case TypeId::integer:
    case TypeId::usmallint:
      return sql::Type::of(Kind::integer);
    case TypeId::bigint:
    case TypeId::uinteger:
      return sql::Type::of(Kind::bigint);
    case TypeId::ubigint:
    case TypeId::hugeint:
    case TypeId::uhugeint:
      return sql::Type::decimal(38, 0);
    case TypeId::real:
      return sql::Type::of(Kind::real);
    case TypeId::float64:
      return sql::Type::of(Kind::double_);
    case TypeId::decimal:
      return sql::Type::decimal(type.width, type.scale);
    case TypeId::blob:
      return sql::Type::of(Kind::varbinary);
    case TypeId::date:
      return sql::Type::of(Kind::date);
    case TypeId::time:
      return sql::Type::of(Kind::time, 3);
    case TypeId::time_tz:
      return sql::Type::of(Kind::time_with_zone, 3);
    case TypeId::timestamp:
    case TypeId::timestamp_s:
    case TypeId::timestamp_ms:
    case TypeId::timestamp_ns:
      return sql::Type::of(Kind::timestamp, 3);
    case TypeId::timestamp_tz:
      return sql::Type::of(Kind::timestamp_with_zone, 3);
    case TypeId::interval:
      return sql::Type::of(Kind::interval_day_to_second);
    case TypeId::uuid:
      return sql::Type::of(Kind::uuid);
    case TypeId::null:
      return sql::Type::of(Kind::null);
    case TypeId::list:
    case TypeId::array:
      return sql::Type::array_of(type_of(type.children[0]));
    case TypeId::map:
      return sql::Type::map_of(type_of(type.children[0]), type_of(type.children[1]));
    case TypeId::structure: {
      sql::Type row = sql::Type::of(Kind::row);
      for (const auto& child : type.children) row.children.push_back(type_of(child));
      row.field_names = type.field_names;
      return row;
    }
    default:
      return sql::Type::of(Kind::varchar);
  }
}

}  // namespace tickerlake::athena
