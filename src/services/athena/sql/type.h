#pragma once
// Trino's types: as a statement names them, as Athena prints them, and as DuckDB spells them.
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace tickerlake::athena::sql {

/// A Trino type. `unknown` means that the writer could not tell (DuckDB will); `null` is the type of a bare NULL.
struct Type {
  enum class Kind : std::uint8_t {
    unknown,
    null,
    boolean,
    tinyint,
    smallint,
    integer,
    bigint,
    real,
    double_,
    decimal,
    varchar,
    char_,
    varbinary,
    date,
    time,
    time_with_zone,
    timestamp,
    timestamp_with_zone,
    interval_day_to_second,
    interval_year_to_month,
    json,
    uuid,
    ipaddress,
    array,
    map,
    row,
  };
  Kind kind = Kind::unknown;
  std::int32_t precision =
      0;  // decimal: digits; varchar, char: length (0 = unbounded); time, timestamp: digits of a second
  std::int32_t scale = 0;                // decimal
  std::vector<Type> children;            // array: element; map: key, value; row: fields
  std::vector<std::string> field_names;  // row: one a child, empty where the field has no name

  bool operator==(const Type&) const = default;

  bool known() const { return kind != Kind::unknown && kind != Kind::null; }
  bool is(Kind wanted) const { return kind == wanted; }
  bool is_integer() const { return kind >= Kind::tinyint && kind <= Kind::bigint; }
  bool is_floating() const { return kind == Kind::real || kind == Kind::double_; }
  bool is_numeric() const { return kind >= Kind::tinyint && kind <= Kind::decimal; }
  bool is_text() const { return kind == Kind::varchar || kind == Kind::char_; }
  bool is_interval() const { return kind == Kind::interval_day_to_second || kind == Kind::interval_year_to_month; }

  static Type of(Kind kind, std::int32_t precision = 0, std::int32_t scale = 0) {
    return {kind, precision, scale, {}, {}};
  }
  static Type decimal(std::int32_t precision, std::int32_t scale) { return of(Kind::decimal, precision, scale); }
  static Type array_of(Type element) { return {Kind::array, 0, 0, {std::move(element)}, {}}; }
  static Type map_of(Type key, Type value) { return {Kind::map, 0, 0, {std::move(key), std::move(value)}, {}}; }
};

/// As Athena prints it: "decimal(18,6)", "array(varchar)", "row(a integer, b varchar)", "timestamp(3) with time zone".
std::string to_string(const Type&);

/// As DuckDB spells it: "DECIMAL(18,6)", "VARCHAR[]", "STRUCT(a INTEGER, b VARCHAR)". Unknown has no spelling: "".
std::string to_duckdb(const Type&);

/// Reads a type in Hive's form (struct<a:int>, array<string>, string, bigint, varchar(10)) or in Trino's (row(a
/// integer)). nullopt if it is neither.
std::optional<Type> parse_type(std::string_view text);

/// Hive's spelling, as the catalog stores it: "struct<a:int,b:string>", "decimal(18,6)", "string" for unbounded
/// varchar.
std::string to_hive(const Type&);

}  // namespace tickerlake::athena::sql
