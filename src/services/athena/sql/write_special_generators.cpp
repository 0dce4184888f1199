// Functions that make much of little. Each has a bound, since DuckDB doesn't count what a function makes for a vector.
#include "services/athena/sql/write_special.h"

namespace tickerlake::athena::sql {
namespace {

using Kind = Type::Kind;
using F = SpecialFunctions;

std::string unless(Writer& w, const std::string& condition, const std::string& message, const std::string& text) {
  return "(CASE WHEN " + condition + " THEN " + F::raise(w, "INVALID_FUNCTION_ARGUMENT: " + message) + " ELSE " + text +
         " END)";
}

/// A number that may be one: NULL for dates and what else has no whole number.
std::string whole(const std::string& sql, bool known) {
  return known ? "CAST(" + sql + " AS HUGEINT)" : "TRY_CAST(CAST(" + sql + " AS VARCHAR) AS HUGEINT)";
}

Written<Typed> sequence(Writer& w, const FunctionCall& node, const Scope& scope) {
  if (node.arguments.size() < 2 || node.arguments.size() > 3) return F::wrong_count(node);
  TRY(const auto values, F::arguments(w, node, scope));
  const auto& from = values[0];
  const auto& to = values[1];
  const auto limit = std::to_string(max_generated_entries);
  const auto message = "result of sequence function must not have more than " + limit + " entries";
  if (from.type.is(Kind::date) || from.type.is(Kind::timestamp)) {
    const auto step = values.size() == 3
                          ? values[2].sql
                          : "CASE WHEN " + from.sql + " <= " + to.sql + " THEN to_days(1) ELSE to_days(-1) END";
    const auto first = "CAST(" + from.sql + " AS TIMESTAMP)", last = "CAST(" + to.sql + " AS TIMESTAMP)";
    auto text = "generate_series(" + first + ", " + last + ", " + step + ")";
    if (from.type.is(Kind::date)) text = "CAST(" + text + " AS DATE[])";
    const auto steps = "(epoch(" + last + ") - epoch(" + first + ")) / epoch(" + step + ")";
    return Typed{unless(w, steps + " >= " + limit, message, text), Type::array_of(from.type)};
  }
  const auto step =
      values.size() == 3 ? values[2].sql : "CASE WHEN " + from.sql + " <= " + to.sql + " THEN 1 ELSE -1 END";
  const bool known = from.type.is_integer() && to.type.is_integer();
  const auto steps = "(" + whole(to.sql, known) + " - " + whole(from.sql, known) + ") // " + whole(step, known);
  return Typed{
      unless(w, steps + " >= " + limit, message, "generate_series(" + from.sql + ", " + to.sql + ", " + step + ")"),
      Type::array_of(Type::of(Kind::bigint))};
}

Written<Typed> repeat(Writer& w, const FunctionCall& node, const Scope& scope) {
  if (node.arguments.size() != 2) return F::wrong_count(node);
  TRY(const auto values, F::arguments(w, node, scope));
  const auto limit = std::to_string(max_generated_entries);
  const auto count = "CAST(" + values[1].sql + " AS BIGINT)";
  return Typed{
      unless(w, count + " > " + limit, "count argument of repeat function must be less than or equal to " + limit,
             "tl_repeat(" + values[0].sql + ", " + count + ")"),
      Type::array_of(values[0].type)};
}

/// lpad and rpad.
Written<Typed> pad(Writer& w, const FunctionCall& node, const Scope& scope) {
  if (node.arguments.size() != 3) return F::wrong_count(node);
  TRY(const auto values, F::arguments(w, node, scope));
  const auto limit = std::to_string(max_padded_length);
  const auto length = "CAST(" + values[1].sql + " AS BIGINT)";
  return Typed{
      unless(w, length + " > " + limit, "Target length must be in the range [0.." + limit + "]",
             node.name.text + "(" + values[0].sql + ", CAST(" + length + " AS INTEGER), " + values[2].sql + ")"),
      Type::of(Kind::varchar)};
}

constexpr SpecialEntry generators[] = {{"sequence", sequence}, {"repeat", repeat}, {"lpad", pad}, {"rpad", pad}};

}  // namespace

std::span<const SpecialEntry> special_generators() { return generators; }

}  // namespace tickerlake::athena::sql
