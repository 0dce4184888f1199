#include "services/athena/sql/functions.h"

namespace tickerlake::athena::sql {
namespace {

constexpr std::string_view zoned = "timestamp(3) with time zone";

constexpr FunctionRule rules[] = {
    {"at_timezone", 2, 2, When::any, "timezone({1}, CAST({0} AS TIMESTAMPTZ))", "timestamp"},
    {"current_timezone", 0, 0, When::any, "'UTC'", "varchar"},
    {"day", 1, 1, When::interval, "CAST(floor(epoch({0}) / 86400) AS BIGINT)", "bigint"},
    {"day", 1, 1, When::any, "CAST(day({0}) AS BIGINT)", "bigint"},
    {"day_of_month", 1, 1, When::any, "CAST(day({0}) AS BIGINT)", "bigint"},
    {"day_of_week", 1, 1, When::any, "CAST(isodow({0}) AS BIGINT)", "bigint"},
    {"day_of_year", 1, 1, When::any, "CAST(dayofyear({0}) AS BIGINT)", "bigint"},
    {"dow", 1, 1, When::any, "CAST(isodow({0}) AS BIGINT)", "bigint"},
    {"doy", 1, 1, When::any, "CAST(dayofyear({0}) AS BIGINT)", "bigint"},
    {"from_iso8601_date", 1, 1, When::any, "CAST({0} AS DATE)", "date"},
    {"from_iso8601_timestamp", 1, 1, When::any, "CAST({0} AS TIMESTAMPTZ)", zoned},
    {"from_unixtime", 1, 2, When::any, "to_timestamp(CAST({0} AS DOUBLE))", zoned},
    {"from_unixtime_nanos", 1, 1, When::any, "to_timestamp({0} / 1000000000e0)", zoned},
    {"hour", 1, 1, When::any, "CAST(hour({0}) AS BIGINT)", "bigint"},
    {"last_day_of_month", 1, 1, When::any, "last_day({0})", "date"},
    {"millisecond", 1, 1, When::any, "CAST(millisecond({0}) % 1000 AS BIGINT)", "bigint"},
    {"minute", 1, 1, When::any, "CAST(minute({0}) AS BIGINT)", "bigint"},
    {"month", 1, 1, When::any, "CAST(month({0}) AS BIGINT)", "bigint"},
    {"now", 0, 0, When::any, "now()", zoned},
    {"quarter", 1, 1, When::any, "CAST(quarter({0}) AS BIGINT)", "bigint"},
    {"second", 1, 1, When::any, "CAST(second({0}) AS BIGINT)", "bigint"},
    {"to_iso8601", 1, 1, When::date, "strftime({0}, '%Y-%m-%d')", "varchar"},
    {"to_iso8601", 1, 1, When::zoned, "(strftime(CAST({0} AS TIMESTAMP), '%Y-%m-%dT%H:%M:%S.%g') || 'Z')", "varchar"},
    {"to_iso8601", 1, 1, When::any, "strftime({0}, '%Y-%m-%dT%H:%M:%S.%g')", "varchar"},
    {"to_milliseconds", 1, 1, When::any, "CAST(epoch({0}) * 1000 AS BIGINT)", "bigint"},
    {"to_unixtime", 1, 1, When::any, "CAST(epoch({0}) AS DOUBLE)", "double"},
    {"timezone_hour", 1, 1, When::any, "CAST(0 AS BIGINT)", "bigint"},
    {"timezone_minute", 1, 1, When::any, "CAST(0 AS BIGINT)", "bigint"},
    {"week", 1, 1, When::any, "CAST(week({0}) AS BIGINT)", "bigint"},
    {"week_of_year", 1, 1, When::any, "CAST(week({0}) AS BIGINT)", "bigint"},
    {"with_timezone", 2, 2, When::any, "timezone({1}, CAST({0} AS TIMESTAMP))", zoned},
    {"year", 1, 1, When::any, "CAST(year({0}) AS BIGINT)", "bigint"},
    {"year_of_week", 1, 1, When::any, "CAST(isoyear({0}) AS BIGINT)", "bigint"},
    {"yow", 1, 1, When::any, "CAST(isoyear({0}) AS BIGINT)", "bigint"},
};

}  // namespace

std::span<const FunctionRule> date_functions() { return rules; }

}  // namespace tickerlake::athena::sql
