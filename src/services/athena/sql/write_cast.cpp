// CAST and TRY_CAST as Trino does them: strict texts, rounding half up, varchar(n) truncates, doubles print as 1.0E0.
#include "services/athena/sql/writer_impl.h"

namespace tickerlake::athena::sql {
namespace {

using Kind = Type::Kind;

}  // namespace

std::string Writer::to_text(const Typed& value) const {
  switch (value.type.kind) {
    case Kind::varchar:
    case Kind::char_:
      return value.sql;
    case Kind::double_:
      return "tl_double_text(" + value.sql + ")";
    case Kind::real:
      return "tl_real_text(" + value.sql + ")";
    case Kind::boolean:
      return "CAST(" + value.sql + " AS VARCHAR)";
    case Kind::timestamp:
      return "strftime(" + value.sql + ", '%Y-%m-%d %H:%M:%S" +
             (value.type.precision > 3   ? ".%f')"
              : value.type.precision > 0 ? ".%g')"
                                         : "')");
    case Kind::timestamp_with_zone:
      return "(strftime(CAST(" + value.sql + " AS TIMESTAMP), '%Y-%m-%d %H:%M:%S" +
             (value.type.precision > 3   ? ".%f')"
              : value.type.precision > 0 ? ".%g')"
                                         : "')") +
             " || ' UTC')";
    case Kind::json:
      return "(" + value.sql + " ->> '$')";
    case Kind::varbinary:
      return "decode(" + value.sql + ")";
    case Kind::decimal:
      // DuckDB prints decimal(1,1) as ".1".
      if (value.type.precision == value.type.scale)
        return "CAST(CAST(" + value.sql + " AS DECIMAL(38," + std::to_string(value.type.scale) + ")) AS VARCHAR)";
      return "CAST(" + value.sql + " AS VARCHAR)";
    default:
      return "CAST(" + value.sql + " AS VARCHAR)";
  }
}

Typed Writer::cast_to(Typed from, const Type& to, bool safe) const {
  const std::string_view word = safe ? "TRY_CAST(" : "CAST(";
  const auto plain = [&](const std::string& text) { return std::string(word) + text + " AS " + to_duckdb(to) + ")"; };
  if (from.type == to) return {std::move(from.sql), to};
  switch (to.kind) {
    case Kind::varchar: {
      auto text = to_text(from);
      const bool fits = from.type.is(Kind::varchar) && from.type.precision != 0 && from.type.precision <= to.precision;
      if (to.precision > 0 && !fits) text = "left(" + text + ", " + std::to_string(to.precision) + ")";
      return {std::move(text), to};
    }
    case Kind::char_:
      return {"left(" + to_text(from) + ", " + std::to_string(to.precision) + ")", to};
    case Kind::tinyint:
    case Kind::smallint:
    case Kind::integer:
    case Kind::bigint:
      if (from.type.is_text()) {
        // DuckDB would take ' 12' and '1.5'.
        const auto bad = safe || trying_ > 0
                             ? std::string("NULL")
                             : "error('Cannot cast ''' || " + from.sql + " || ''' to " + to_duckdb(to) + "')";
        return {"(CASE WHEN " + from.sql + " IS NULL OR regexp_full_match(" + from.sql + ", '[+-]?[0-9]+') THEN " +
                    plain(from.sql) + " ELSE " + bad + " END)",
                to};
      }
      if (from.type.is_floating()) return {plain("round(" + from.sql + ")"), to};
      break;
    case Kind::boolean:
      if (from.type.is_numeric()) return {"(" + from.sql + " <> 0)", to};
      break;
    case Kind::json:
      return {"to_json(" + from.sql + ")", to};
    case Kind::varbinary:
      if (from.type.is_text()) return {"encode(" + from.sql + ")", to};
      break;
    case Kind::timestamp:
      if (from.type.is(Kind::timestamp_with_zone)) return {"CAST(" + from.sql + " AS TIMESTAMP)", to};
      break;
    default:
      break;
  }
  if (to_duckdb(to).empty()) return {std::move(from.sql), to};
  return {plain(from.sql), to};
}

Written<Typed> Writer::cast(const Cast& node, Position where, const Scope& scope) {
  TRY(auto operand, expression(*node.operand, scope));
  const auto& from = operand.type;
  const bool nested_to_text = (from.is(Kind::array) || from.is(Kind::map) || from.is(Kind::row)) && node.type.is_text();
  const bool number_to_moment = from.is_numeric() && (node.type.is(Kind::date) || node.type.is(Kind::timestamp));
  const bool moment_to_number =
      (from.is(Kind::date) || from.is(Kind::timestamp) || from.is(Kind::timestamp_with_zone)) && node.type.is_numeric();
  if (nested_to_text || number_to_moment || moment_to_number)
    return error(where, "Cannot cast " + to_string(from) + " to " + to_string(node.type));
  return cast_to(std::move(operand), node.type, node.safe);
}

}  // namespace tickerlake::athena::sql
