#include "services/athena/sql/functions.h"

namespace tickerlake::athena::sql {
namespace {

constexpr FunctionRule array_rules[] = {
    {"all_match", 2, 2, When::any, "coalesce(list_bool_and(list_transform({0}, {1})), true)", "boolean", "1:e0"},
    {"any_match", 2, 2, When::any, "coalesce(list_bool_or(list_transform({0}, {1})), false)", "boolean", "1:e0"},
    {"none_match", 2, 2, When::any, "(NOT coalesce(list_bool_or(list_transform({0}, {1})), false))", "boolean", "1:e0"},
    {"array_distinct", 1, 1, When::any, "tl_array_distinct({0})", "=0"},
    {"array_except", 2, 2, When::any, "tl_array_distinct(tl_array_except({0}, {1}))", "=0"},
    {"array_intersect", 2, 2, When::any, "tl_array_distinct(tl_array_intersect({0}, {1}))", "=0"},
    {"array_union", 2, 2, When::any, "tl_array_distinct(list_concat({0}, {1}))", "=0"},
    {"array_join", 2, 2, When::any, "array_to_string(list_filter({0}, lambda x: x IS NOT NULL), {1})", "varchar"},
    {"array_join", 3, 3, When::any,
     "array_to_string(list_transform({0}, lambda x: coalesce(CAST(x AS VARCHAR), {2})), {1})", "varchar"},
    {"array_max", 1, 1, When::any, "(CASE WHEN list_position({0}, NULL) > 0 THEN NULL ELSE list_max({0}) END)", "e0"},
    {"array_min", 1, 1, When::any, "(CASE WHEN list_position({0}, NULL) > 0 THEN NULL ELSE list_min({0}) END)", "e0"},
    {"array_position", 2, 2, When::any, "CAST(coalesce(list_position({0}, {1}), 0) AS BIGINT)", "bigint"},
    {"array_remove", 2, 2, When::any, "tl_array_remove({0}, {1})", "=0"},
    {"array_sort", 1, 1, When::any, "list_sort({0}, 'ASC', 'NULLS LAST')", "=0"},
    {"array_average", 1, 1, When::any, "list_avg({0})", "double"},
    {"array_sum", 1, 1, When::any, "list_sum({0})", "?"},
    {"arrays_overlap", 2, 2, When::any, "list_has_any({0}, {1})", "boolean"},
    {"cardinality", 1, 1, When::map, "CAST(cardinality({0}) AS BIGINT)", "bigint"},
    {"cardinality", 1, 1, When::any, "CAST(len({0}) AS BIGINT)", "bigint"},
    {"contains", 2, 2, When::any, "list_contains({0}, {1})", "boolean"},
    {"filter", 2, 2, When::any, "list_filter({0}, {1})", "=0", "1:e0"},
    {"flatten", 1, 1, When::any, "flatten({0})", "e0"},
    {"ngrams", 2, 2, When::any, "tl_ngrams({0}, CAST({1} AS BIGINT))", "[=0]"},
    {"shuffle", 1, 1, When::any,
     "list_sort(list_transform({0}, lambda x: struct_pack(r := random(), x := x))).list_transform(lambda p: p.x)",
     "=0"},
    {"slice", 3, 3, When::any, "tl_slice({0}, CAST({1} AS BIGINT), CAST({2} AS BIGINT))", "=0"},
    {"transform", 2, 2, When::any, "list_transform({0}, {1})", "[L1]", "1:e0"},
    {"trim_array", 2, 2, When::any, "{0}[1:len({0}) - {1}]", "=0"},
};

constexpr FunctionRule map_rules[] = {
    {"map_concat", 2, -1, When::any, "map_concat({*})", "=0"},
    {"map_entries", 1, 1, When::any, "map_entries({0})", "?"},
    {"map_from_entries", 1, 1, When::any, "map_from_entries({0})", "?"},
    {"map_keys", 1, 1, When::any, "map_keys({0})", "[k0]"},
    {"map_values", 1, 1, When::any, "map_values({0})", "[v0]"},
};

constexpr FunctionRule json_rules[] = {
    {"is_json_scalar", 1, 1, When::any, "(json_type({0}) NOT IN ('OBJECT', 'ARRAY'))", "boolean"},
    {"json_array_contains", 2, 2, When::any,
     "list_contains(CAST(json_extract({0}, '$[*]') AS VARCHAR[]), CAST(to_json({1}) AS VARCHAR))", "boolean"},
    {"json_array_get", 2, 2, When::any, "(CAST({0} AS JSON) -> CAST({1} AS INTEGER))", "json"},
    {"json_array_length", 1, 1, When::any, "CAST(json_array_length({0}) AS BIGINT)", "bigint"},
    {"json_extract", 2, 2, When::any, "json_extract({0}, tl_json_path({1}))", "json"},
    {"json_extract_scalar", 2, 2, When::any, "tl_json_scalar({0}, tl_json_path({1}))", "varchar"},
    {"json_format", 1, 1, When::any, "CAST({0} AS VARCHAR)", "varchar"},
    {"json_parse", 1, 1, When::any, "json({0})", "json"},
    {"json_size", 2, 2, When::any, "tl_json_size({0}, tl_json_path({1}))", "bigint"},
};

}  // namespace

std::span<const FunctionRule> array_functions() { return array_rules; }
std::span<const FunctionRule> map_functions() { return map_rules; }
std::span<const FunctionRule> json_functions() { return json_rules; }

}  // namespace tickerlake::athena::sql
