// Functions over arrays and maps whose lambdas take several parameters, or whose form depends on types.
#include "services/athena/sql/write_special.h"

namespace tickerlake::athena::sql {
namespace {

using Kind = Type::Kind;
using F = SpecialFunctions;

Type child(const Type& type, Kind kind, std::size_t index) { return type.is(kind) ? type.children[index] : Type{}; }

/// The lambda in an argument, or an error.
Written<const Lambda*> lambda_at(const FunctionCall& node, std::size_t index, std::size_t parameters) {
  const auto* function = index < node.arguments.size() ? node.arguments[index]->as<Lambda>() : nullptr;
  if (function == nullptr || function->parameters.size() != parameters)
    return F::wrong(
        node, "Function " + node.name.text + " needs a lambda of " + std::to_string(parameters) + " parameter(s)");
  return function;
}

/// map_filter, transform_keys, transform_values: over the map's entries, with (k, v) bound to an entry's parts.
Written<Typed> over_map(Writer& w, const FunctionCall& node, const Scope& scope) {
  if (node.arguments.size() != 2) return F::wrong_count(node);
  TRY(const auto map, F::argument(w, node, 0, scope));
  TRY(const auto* function, lambda_at(node, 1, 2));
  const auto entry = quote_identifier(F::parameter(w, "entry"));
  const auto key = child(map.type, Kind::map, 0);
  const auto value = child(map.type, Kind::map, 1);
  TRY(const auto body, F::lambda(w, *function, {{entry + ".key", key}, {entry + ".value", value}}, true, scope));
  const auto entries = "map_entries(" + map.sql + ")";
  if (node.name.text == "map_filter")
    return Typed{"map_from_entries(list_filter(" + entries + ", lambda " + entry + ": " + body.sql + "))", map.type};
  const bool keys = node.name.text == "transform_keys";
  const auto pair = keys ? "struct_pack(key := " + body.sql + ", value := " + entry + ".value)"
                         : "struct_pack(key := " + entry + ".key, value := " + body.sql + ")";
  return Typed{"map_from_entries(list_transform(" + entries + ", lambda " + entry + ": " + pair + "))",
               keys ? Type::map_of(body.type, value) : Type::map_of(key, body.type)};
}

Written<Typed> zip_with(Writer& w, const FunctionCall& node, const Scope& scope) {
  if (node.arguments.size() != 3) return F::wrong_count(node);
  TRY(const auto left, F::argument(w, node, 0, scope));
  TRY(const auto right, F::argument(w, node, 1, scope));
  TRY(const auto* function, lambda_at(node, 2, 2));
  const auto pair = quote_identifier(F::parameter(w, "pair"));
  TRY(const auto body,
      F::lambda(w, *function,
                {{pair + "[1]", child(left.type, Kind::array, 0)}, {pair + "[2]", child(right.type, Kind::array, 0)}},
                true, scope));
  return Typed{"list_transform(list_zip(" + left.sql + ", " + right.sql + "), lambda " + pair + ": " + body.sql + ")",
               Type::array_of(body.type)};
}

/// A step of reduce(), refused when the state before it is too large already: a state that doubles would be gigabytes
/// soon, which DuckDB doesn't count.
std::string bounded_state(Writer& w, const std::string& state, const Type& type, const std::string& step) {
  const bool array = type.is(Kind::array);
  if (!array && !type.is(Kind::varchar) && !type.is(Kind::varbinary)) return step;
  const auto limit = std::to_string(array ? max_reduced_elements : max_reduced_bytes);
  const auto size = (array ? "len(" : type.is(Kind::varchar) ? "strlen(" : "octet_length(") + state + ")";
  return "(CASE WHEN " + size + " > " + limit + " THEN " +
         F::raise(w, "INVALID_FUNCTION_ARGUMENT: state of reduce function must not have more than " + limit +
                         (array ? " elements" : " bytes")) +
         " ELSE " + step + " END)";
}

/// reduce(array, initial, (state, x) -> …, state -> …). DuckDB's list_reduce wants elements and state of one type, so
/// both travel in a struct: the list is made of structs with the initial state first.
Written<Typed> reduce(Writer& w, const FunctionCall& node, const Scope& scope) {
  if (node.arguments.size() != 4) return F::wrong_count(node);
  TRY(const auto array, F::argument(w, node, 0, scope));
  TRY(auto initial, F::argument(w, node, 1, scope));
  TRY(const auto* step, lambda_at(node, 2, 2));
  TRY(const auto* finish, lambda_at(node, 3, 1));
  const auto element = child(array.type, Kind::array, 0);
  const auto state = quote_identifier(F::parameter(w, "state"));
  const auto item = quote_identifier(F::parameter(w, "item"));
  TRY(const auto body, F::lambda(w, *step, {{state + ".s", initial.type}, {item + ".x", element}}, true, scope));
  const auto state_type = common_type(initial.type, body.type).value_or(body.type);
  const auto spelled = to_duckdb(state_type);
  const auto cast = [&](const std::string& text) {
    return spelled.empty() ? text : "CAST(" + text + " AS " + spelled + ")";
  };
  const auto next = bounded_state(w, state + ".s", state_type, cast(body.sql));
  const auto x = quote_identifier(F::parameter(w, "x"));
  const auto structs = "list_transform(" + array.sql + ", lambda " + x + ": struct_pack(s := " + cast(initial.sql) +
                       ", x := " + x + "))";
  // An empty array gives the initial state, so it stands in front with an element that nobody reads.
  const auto text = "coalesce((list_reduce(" + structs + ", lambda " + state + ", " + item +
                    ": struct_pack(s := " + next + ", x := " + item + ".x), struct_pack(s := " + cast(initial.sql) +
                    ", x := list_extract(" + array.sql + ", 1)))).s, CASE WHEN len(" + array.sql + ") = 0 THEN " +
                    cast(initial.sql) + " END)";
  return F::lambda(w, *finish, {{text, state_type}}, true, scope);
}

Written<Typed> element_at(Writer& w, const FunctionCall& node, const Scope& scope) {
  if (node.arguments.size() != 2) return F::wrong_count(node);
  TRY(const auto base, F::argument(w, node, 0, scope));
  TRY(const auto index, F::argument(w, node, 1, scope));
  const auto text = base.sql + "[" + index.sql + "]";
  if (base.type.is(Kind::map)) return Typed{text, base.type.children[1]};
  if (base.type.is(Kind::array))
    return Typed{"(CASE WHEN " + index.sql + " = 0 THEN " + F::raise(w, "SQL array indices start at 1") + " ELSE " +
                     text + " END)",
                 base.type.children[0]};
  return Typed{text, {}};
}

Written<Typed> map(Writer& w, const FunctionCall& node, const Scope& scope) {
  if (node.arguments.empty()) return Typed{"map([], [])", Type::map_of(Type::of(Kind::null), Type::of(Kind::null))};
  if (node.arguments.size() != 2) return F::wrong_count(node);
  TRY(const auto values, F::arguments(w, node, scope));
  return Typed{"map(" + values[0].sql + ", " + values[1].sql + ")",
               Type::map_of(child(values[0].type, Kind::array, 0), child(values[1].type, Kind::array, 0))};
}

Written<Typed> zip(Writer& w, const FunctionCall& node, const Scope& scope) {
  if (node.arguments.size() < 2) return F::wrong_count(node);
  TRY(const auto values, F::arguments(w, node, scope));
  Type row = Type::of(Kind::row);
  std::string text;
  for (const auto& value : values) {
    row.children.push_back(child(value.type, Kind::array, 0));
    row.field_names.emplace_back();
    text += (text.empty() ? "" : ", ") + value.sql;
  }
  return Typed{"list_zip(" + text + ")", Type::array_of(std::move(row))};
}

constexpr SpecialEntry collections[] = {{"map_filter", over_map},
                                        {"transform_keys", over_map},
                                        {"transform_values", over_map},
                                        {"zip_with", zip_with},
                                        {"reduce", reduce},
                                        {"element_at", element_at},
                                        {"map", map},
                                        {"zip", zip}};

}  // namespace

std::span<const SpecialEntry> special_collections() { return collections; }

}  // namespace tickerlake::athena::sql
