#include "services/athena/sql/functions.h"

namespace tickerlake::athena::sql {
namespace {

constexpr FunctionRule rules[] = {
    {"abs", 1, 1, When::any, "abs({0})", "=0"},
    {"acos", 1, 1, When::any, "acos(CAST({0} AS DOUBLE))", "double"},
    {"asin", 1, 1, When::any, "asin(CAST({0} AS DOUBLE))", "double"},
    {"atan", 1, 1, When::any, "atan(CAST({0} AS DOUBLE))", "double"},
    {"atan2", 2, 2, When::any, "atan2(CAST({0} AS DOUBLE), CAST({1} AS DOUBLE))", "double"},
    {"cbrt", 1, 1, When::any, "cbrt(CAST({0} AS DOUBLE))", "double"},
    {"cos", 1, 1, When::any, "cos(CAST({0} AS DOUBLE))", "double"},
    {"cosh", 1, 1, When::any, "cosh(CAST({0} AS DOUBLE))", "double"},
    {"degrees", 1, 1, When::any, "degrees(CAST({0} AS DOUBLE))", "double"},
    {"e", 0, 0, When::any, "exp(CAST(1 AS DOUBLE))", "double"},
    {"exp", 1, 1, When::any, "exp(CAST({0} AS DOUBLE))", "double"},
    {"from_base", 2, 2, When::any, "tl_from_base({0}, {1})", "bigint"},
    {"infinity", 0, 0, When::any, "CAST('Infinity' AS DOUBLE)", "double"},
    {"is_finite", 1, 1, When::any, "isfinite(CAST({0} AS DOUBLE))", "boolean"},
    {"is_infinite", 1, 1, When::any, "isinf(CAST({0} AS DOUBLE))", "boolean"},
    {"is_nan", 1, 1, When::any, "isnan(CAST({0} AS DOUBLE))", "boolean"},
    {"ln", 1, 1, When::any, "ln(CAST({0} AS DOUBLE))", "double"},
    {"log", 2, 2, When::any, "(ln(CAST({1} AS DOUBLE)) / ln(CAST({0} AS DOUBLE)))", "double"},
    {"log10", 1, 1, When::any, "log10(CAST({0} AS DOUBLE))", "double"},
    {"log2", 1, 1, When::any, "log2(CAST({0} AS DOUBLE))", "double"},
    {"nan", 0, 0, When::any, "CAST('NaN' AS DOUBLE)", "double"},
    {"pi", 0, 0, When::any, "pi()", "double"},
    {"pow", 2, 2, When::any, "power(CAST({0} AS DOUBLE), CAST({1} AS DOUBLE))", "double"},
    {"power", 2, 2, When::any, "power(CAST({0} AS DOUBLE), CAST({1} AS DOUBLE))", "double"},
    {"radians", 1, 1, When::any, "radians(CAST({0} AS DOUBLE))", "double"},
    {"rand", 0, 0, When::any, "random()", "double"},
    {"rand", 1, 1, When::any, "CAST(floor(random() * {0}) AS BIGINT)", "=0"},
    {"rand", 2, 2, When::any, "CAST({0} + floor(random() * ({1} - {0})) AS BIGINT)", "=0"},
    {"random", 0, 0, When::any, "random()", "double"},
    {"random", 1, 1, When::any, "CAST(floor(random() * {0}) AS BIGINT)", "=0"},
    {"random", 2, 2, When::any, "CAST({0} + floor(random() * ({1} - {0})) AS BIGINT)", "=0"},
    {"sign", 1, 1, When::floating, "CAST(sign({0}) AS DOUBLE)", "double"},
    {"sign", 1, 1, When::any, "sign({0})", "=0"},
    {"sin", 1, 1, When::any, "sin(CAST({0} AS DOUBLE))", "double"},
    {"sinh", 1, 1, When::any, "sinh(CAST({0} AS DOUBLE))", "double"},
    {"sqrt", 1, 1, When::any, "sqrt(CAST({0} AS DOUBLE))", "double"},
    {"tan", 1, 1, When::any, "tan(CAST({0} AS DOUBLE))", "double"},
    {"tanh", 1, 1, When::any, "tanh(CAST({0} AS DOUBLE))", "double"},
    {"to_base", 2, 2, When::any, "lower(to_base({0}, {1}))", "varchar"},
    {"width_bucket", 4, 4, When::any,
     "tl_width_bucket(CAST({0} AS DOUBLE), CAST({1} AS DOUBLE), CAST({2} AS DOUBLE), {3})", "bigint"},
    {"bitwise_and", 2, 2, When::any, "(CAST({0} AS BIGINT) & CAST({1} AS BIGINT))", "bigint"},
    {"bitwise_or", 2, 2, When::any, "(CAST({0} AS BIGINT) | CAST({1} AS BIGINT))", "bigint"},
    {"bitwise_xor", 2, 2, When::any, "xor(CAST({0} AS BIGINT), CAST({1} AS BIGINT))", "bigint"},
    {"bitwise_not", 1, 1, When::any, "(~CAST({0} AS BIGINT))", "bigint"},
    {"bitwise_left_shift", 2, 2, When::any, "CAST(CAST({0} AS BIGINT) * power(2, {1}) AS BIGINT)", "=0"},
    {"bitwise_right_shift", 2, 2, When::any, "(CAST({0} AS BIGINT) >> {1})", "=0"},
    {"bit_count", 2, 2, When::any,
     "CAST(bit_count(CAST({0} AS BIGINT)) - CASE WHEN {0} < 0 THEN 64 - {1} ELSE 0 END AS BIGINT)", "bigint"},
    {"uuid", 0, 0, When::any, "uuid()", "uuid"},
    {"version", 0, 0, When::any, "'Athena engine version 3'", "varchar"},
};

}  // namespace

std::span<const FunctionRule> math_functions() { return rules; }

}  // namespace tickerlake::athena::sql
