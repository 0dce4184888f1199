#pragma once
// DuckDB's column types as values.
#include <cstdint>
#include <string>
#include <vector>

namespace tickerlake::duckdb {

/// Numbers are those of duckdb.h.
enum class TypeId : std::uint8_t {
  invalid = 0,
  boolean = 1,
  tinyint = 2,
  smallint = 3,
  integer = 4,
  bigint = 5,
  utinyint = 6,
  usmallint = 7,
  uinteger = 8,
  ubigint = 9,
  real = 10,  // 32 bits
  float64 = 11,
  timestamp = 12,  // microseconds since 1970, as int64
  date = 13,       // days since 1970, as int32
  time = 14,       // microseconds since midnight, as int64
  interval = 15,
  hugeint = 16,  // 128 bits
  varchar = 17,
  blob = 18,
  decimal = 19,  // int16/int32/int64/128 bits by width: at most 4/9/18/38 digits
  timestamp_s = 20,
  timestamp_ms = 21,
  timestamp_ns = 22,
  enumeration = 23,
  list = 24,
  structure = 25,
  map = 26,
  uuid = 27,
  union_of = 28,
  bit = 29,
  time_tz = 30,
  timestamp_tz = 31,  // microseconds since 1970 UTC, as int64
  uhugeint = 32,
  array = 33,
  any = 34,
  bignum = 35,
  null = 36,  // the type of a bare NULL
  time_ns = 39,
};

struct Type {
  TypeId id = TypeId::invalid;
  std::uint8_t width = 0;                // decimal: digits in all
  std::uint8_t scale = 0;                // decimal: digits behind the point
  std::uint64_t array_size = 0;          // array
  std::vector<Type> children;            // list, array: the element; map: key, value; structure: its fields
  std::vector<std::string> field_names;  // structure: one a child; enumeration: its values

  bool operator==(const Type&) const = default;
};

/// As SQL writes it: "DECIMAL(18,6)", "STRUCT(a INTEGER, b VARCHAR)[]".
std::string to_string(const Type& type);

struct Column {
  std::string name;
  Type type;
};

}  // namespace tickerlake::duckdb
