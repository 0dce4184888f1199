#include "services/athena/sql/functions.h"

namespace tickerlake::athena::sql {
namespace {

constexpr AggregateRule rules[] = {
    {"any_value", 1, 1, When::any, "any_value", "{0}", "", "=0"},
    {"approx_distinct", 1, 2, When::any, "count", "DISTINCT {0}", "", "bigint"},
    {"approx_percentile", 2, 2, When::any, "approx_quantile", "{0}, {1}", "", "=0"},
    {"arbitrary", 1, 1, When::any, "any_value", "{0}", "", "=0"},
    {"array_agg", 1, 1, When::any, "list", "{0}", "", "[=0]"},
    {"avg", 1, 1, When::any, "avg", "{0}", "", "?"},
    {"bitwise_and_agg", 1, 1, When::any, "bit_and", "CAST({0} AS BIGINT)", "", "bigint"},
    {"bitwise_or_agg", 1, 1, When::any, "bit_or", "CAST({0} AS BIGINT)", "", "bigint"},
    {"bool_and", 1, 1, When::any, "bool_and", "{0}", "", "boolean"},
    {"bool_or", 1, 1, When::any, "bool_or", "{0}", "", "boolean"},
    {"corr", 2, 2, When::any, "corr", "{0}, {1}", "", "double"},
    {"count", 0, 1, When::any, "count", "{*}", "", "bigint"},
    {"count_if", 1, 1, When::any, "count_if", "{0}", "CAST({} AS BIGINT)", "bigint"},
    {"covar_pop", 2, 2, When::any, "covar_pop", "{0}, {1}", "", "double"},
    {"covar_samp", 2, 2, When::any, "covar_samp", "{0}, {1}", "", "double"},
    {"entropy", 1, 1, When::any, "entropy", "{0}", "", "double"},
    {"every", 1, 1, When::any, "bool_and", "{0}", "", "boolean"},
    {"geometric_mean", 1, 1, When::any, "avg", "ln(CAST({0} AS DOUBLE))", "exp({})", "double"},
    {"histogram", 1, 1, When::any, "list", "{0}", "tl_histogram({})", "<=0;bigint>"},
    {"kurtosis", 1, 1, When::any, "kurtosis", "{0}", "", "double"},
    {"listagg", 1, 2, When::any, "string_agg", "{*}", "", "varchar"},
    {"map_agg", 2, 2, When::any, "list", "struct_pack(k := {0}, v := {1})", "tl_map_agg({})", "<=0;=1>"},
    {"max", 1, 1, When::any, "max", "{0}", "", "=0"},
    {"max", 2, 2, When::any, "max", "{0}, {1}", "", "[=0]"},
    {"max_by", 2, 2, When::any, "max_by", "{0}, {1}", "", "=0"},
    {"max_by", 3, 3, When::any, "max_by", "{0}, {1}, {2}", "", "[=0]"},
    {"min", 1, 1, When::any, "min", "{0}", "", "=0"},
    {"min", 2, 2, When::any, "min", "{0}, {1}", "", "[=0]"},
    {"min_by", 2, 2, When::any, "min_by", "{0}, {1}", "", "=0"},
    {"min_by", 3, 3, When::any, "min_by", "{0}, {1}, {2}", "", "[=0]"},
    {"multimap_agg", 2, 2, When::any, "list", "struct_pack(k := {0}, v := {1})", "tl_multimap_agg({})", "<=0;[=1]>"},
    {"regr_intercept", 2, 2, When::any, "regr_intercept", "{0}, {1}", "", "double"},
    {"regr_slope", 2, 2, When::any, "regr_slope", "{0}, {1}", "", "double"},
    {"set_agg", 1, 1, When::any, "list", "DISTINCT {0}", "", "[=0]"},
    {"skewness", 1, 1, When::any, "skewness", "{0}", "", "double"},
    {"stddev", 1, 1, When::any, "stddev_samp", "{0}", "", "double"},
    {"stddev_pop", 1, 1, When::any, "stddev_pop", "{0}", "", "double"},
    {"stddev_samp", 1, 1, When::any, "stddev_samp", "{0}", "", "double"},
    {"sum", 1, 1, When::any, "sum", "{0}", "", "?"},
    {"var_pop", 1, 1, When::any, "var_pop", "{0}", "", "double"},
    {"var_samp", 1, 1, When::any, "var_samp", "{0}", "", "double"},
    {"variance", 1, 1, When::any, "var_samp", "{0}", "", "double"},
};

}  // namespace

std::span<const AggregateRule> aggregate_functions() { return rules; }

}  // namespace tickerlake::athena::sql
