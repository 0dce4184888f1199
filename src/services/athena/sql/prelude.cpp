#include "services/athena/sql/prelude.h"

namespace tickerlake::athena::sql {

const std::vector<std::string_view>& prelude() {
  static const std::vector<std::string_view> statements = {
      // 1e0 / 0 is Infinity (not with integer_division, so 5 / 2 is written as 5 // 2); NULLs come last; zones are UTC.
      "SET ieee_floating_point_ops = true",
      "SET default_null_order = 'nulls_last'",
      "SET TimeZone = 'UTC'",

      // Division of what the writer knows no types of: truncated where both are integers, though typed as a double.
      "CREATE OR REPLACE MACRO tl_divide(a, b) AS CASE WHEN typeof(a) IN ('TINYINT', 'SMALLINT', 'INTEGER', 'BIGINT', "
      "'HUGEINT') AND "
      "typeof(b) IN ('TINYINT', 'SMALLINT', 'INTEGER', 'BIGINT', 'HUGEINT') THEN trunc(a / b) ELSE a / b END",
      // n / d of scaled integers, rounded half away from zero.
      "CREATE OR REPLACE MACRO tl_half_up(n, d) AS (CASE WHEN (n < 0) = (d < 0) THEN 1 ELSE -1 END) * ((2 * abs(n) + "
      "abs(d)) // (2 * abs(d)))",

      // 1.0E0, 1.5E10, -2.5E-7, Infinity, NaN: the shortest digits that read back, in Java's form.
      "CREATE OR REPLACE MACRO tl_exponent_text(negative, digits, point, shift) AS "
      "(CASE WHEN negative THEN '-' ELSE '' END) || digits[1] || '.' || "
      "(CASE WHEN rtrim(digits[2:], '0') = '' THEN '0' ELSE rtrim(digits[2:], '0') END) || 'E' || CAST(point - 1 + "
      "shift AS VARCHAR)",
      "CREATE OR REPLACE MACRO tl_text_parts(t) AS struct_pack("
      "negative := t[1] = '-', "
      "whole := regexp_extract(t, '^-?([0-9]+)', 1), "
      "fraction := regexp_extract(t, '\\.([0-9]+)', 1), "
      "shift := CAST(CASE WHEN contains(t, 'e') THEN regexp_extract(t, 'e(.*)$', 1) ELSE '0' END AS INTEGER))",
      "CREATE OR REPLACE MACRO tl_float_text(t) AS CASE "
      "WHEN t IS NULL THEN NULL WHEN t IN ('inf', '-inf') THEN replace(t, 'inf', 'Infinity') WHEN contains(t, 'nan') "
      "THEN 'NaN' "
      "WHEN regexp_full_match(t, '-?[0.]+') THEN (CASE WHEN t[1] = '-' THEN '-0.0E0' ELSE '0.0E0' END) "
      "ELSE tl_exponent_text(tl_text_parts(t).negative, ltrim(tl_text_parts(t).whole || tl_text_parts(t).fraction, "
      "'0'), "
      "length(tl_text_parts(t).whole) - (length(tl_text_parts(t).whole || tl_text_parts(t).fraction) - "
      "length(ltrim(tl_text_parts(t).whole || tl_text_parts(t).fraction, '0'))), tl_text_parts(t).shift) END",
      "CREATE OR REPLACE MACRO tl_double_text(x) AS tl_float_text(CAST(CAST(x AS DOUBLE) AS VARCHAR))",
      "CREATE OR REPLACE MACRO tl_real_text(x) AS tl_float_text(CAST(CAST(x AS FLOAT) AS VARCHAR))",

      "CREATE OR REPLACE MACRO tl_width_bucket(x, low, high, n) AS CAST(CASE WHEN low < high THEN "
      "CASE WHEN x < low THEN 0 WHEN x >= high THEN n + 1 ELSE floor((x - low) / (high - low) * n) + 1 END ELSE "
      "CASE WHEN x > low THEN 0 WHEN x <= high THEN n + 1 ELSE floor((low - x) / (low - high) * n) + 1 END END AS "
      "BIGINT)",
      "CREATE OR REPLACE MACRO tl_from_base(t, b) AS CAST(list_sum(list_transform(string_split(reverse(ltrim(lower(t), "
      "'-+')), ''), "
      "lambda c, i: (strpos('0123456789abcdefghijklmnopqrstuvwxyz', c) - 1) * CAST(power(b, i - 1) AS HUGEINT))) * "
      "(CASE WHEN t[1] = '-' THEN -1 ELSE 1 END) AS BIGINT)",

      // The rest behind the last allowed separator stays one piece.
      "CREATE OR REPLACE MACRO tl_split(s, d, n) AS CASE WHEN len(string_split(s, d)) <= n THEN string_split(s, d) "
      "ELSE "
      "list_append(string_split(s, d)[1:n - 1], array_to_string(string_split(s, d)[n:], d)) END",
      "CREATE OR REPLACE MACRO tl_split_to_map(s, entries, pair) AS CASE WHEN s = '' THEN CAST(map([], []) AS "
      "MAP(VARCHAR, VARCHAR)) ELSE "
      "map_from_entries(list_transform(string_split(s, entries), lambda e: "
      "struct_pack(k := string_split(e, pair)[1], v := string_split(e, pair)[2]))) END",
      "CREATE OR REPLACE MACRO tl_regexp_position(s, p) AS CASE WHEN NOT regexp_matches(s, p) THEN -1 ELSE "
      "length(string_split_regex(s, p)[1]) + 1 END",
      "CREATE OR REPLACE MACRO tl_url_encode(s) AS replace(url_encode(s), '%20', '+')",
      "CREATE OR REPLACE MACRO tl_url_part(u, g) AS CASE g "
      "WHEN 2 THEN regexp_extract(u, '^(([^:/?#]+):)?(//([^/?#]*))?([^?#]*)(\\?([^#]*))?(#(.*))?', 2) "
      "WHEN 4 THEN regexp_extract(u, '^(([^:/?#]+):)?(//([^/?#]*))?([^?#]*)(\\?([^#]*))?(#(.*))?', 4) "
      "WHEN 5 THEN url_decode(regexp_extract(u, '^(([^:/?#]+):)?(//([^/?#]*))?([^?#]*)(\\?([^#]*))?(#(.*))?', 5)) "
      "WHEN 7 THEN regexp_extract(u, '^(([^:/?#]+):)?(//([^/?#]*))?([^?#]*)(\\?([^#]*))?(#(.*))?', 7) "
      "ELSE regexp_extract(u, '^(([^:/?#]+):)?(//([^/?#]*))?([^?#]*)(\\?([^#]*))?(#(.*))?', 9) END",
      "CREATE OR REPLACE MACRO tl_url_host(u) AS regexp_replace(regexp_replace(tl_url_part(u, 4), '^.*@', ''), "
      "':[0-9]*$', '')",
      "CREATE OR REPLACE MACRO tl_url_port(u) AS TRY_CAST(regexp_extract(tl_url_part(u, 4), ':([0-9]+)$', 1) AS "
      "BIGINT)",
      "CREATE OR REPLACE MACRO tl_url_parameter(u, name) AS "
      "list_extract(list_transform(list_filter(string_split(tl_url_part(u, 7), '&'), "
      "lambda p: string_split(p, '=')[1] = name), lambda p: "
      "url_decode(replace(coalesce(array_to_string(string_split(p, '=')[2:], '='), ''), '+', ' '))), 1)",

      "CREATE OR REPLACE MACRO tl_array_distinct(a) AS list_filter(a, lambda x, i: list_position(a, x) = i)",
      "CREATE OR REPLACE MACRO tl_array_except(a, b) AS list_filter(a, lambda x: coalesce(list_position(b, x), 0) = 0)",
      "CREATE OR REPLACE MACRO tl_array_intersect(a, b) AS list_filter(a, lambda x: coalesce(list_position(b, x), 0) > "
      "0)",
      "CREATE OR REPLACE MACRO tl_array_remove(a, v) AS CASE WHEN v IS NULL THEN NULL ELSE list_filter(a, lambda x: x "
      "IS NULL OR x <> v) END",
      "CREATE OR REPLACE MACRO tl_repeat(v, n) AS list_transform(range(n), lambda i: v)",
      "CREATE OR REPLACE MACRO tl_slice(a, s, n) AS CASE WHEN s > 0 THEN list_slice(a, s, s + n - 1) "
      "WHEN s < 0 AND -s <= len(a) THEN list_slice(a, len(a) + s + 1, len(a) + s + n) ELSE list_slice(a, 1, 0) END",
      "CREATE OR REPLACE MACRO tl_ngrams(a, n) AS CASE WHEN len(a) <= n THEN [a] ELSE "
      "list_transform(range(1, len(a) - n + 2), lambda i: list_slice(a, i, i + n - 1)) END",

      // Aggregated as lists: keys in the order of their first row; NULL keys are dropped; the first value wins.
      "CREATE OR REPLACE MACRO tl_keys(l) AS tl_array_distinct(list_filter(list_transform(l, lambda e: e.k), lambda x: "
      "x IS NOT NULL))",
      "CREATE OR REPLACE MACRO tl_map_agg(l) AS CASE WHEN l IS NULL THEN NULL ELSE "
      "map(tl_keys(l), list_transform(tl_keys(l), lambda key: list_extract(list_filter(l, lambda e: e.k = key), 1).v)) "
      "END",
      "CREATE OR REPLACE MACRO tl_multimap_agg(l) AS CASE WHEN l IS NULL THEN NULL ELSE "
      "map(tl_keys(l), list_transform(tl_keys(l), lambda key: list_transform(list_filter(l, lambda e: e.k = key), "
      "lambda e: e.v))) END",
      "CREATE OR REPLACE MACRO tl_histogram(l) AS CASE WHEN l IS NULL THEN NULL ELSE map("
      "tl_array_distinct(list_filter(l, lambda x: x IS NOT NULL)), "
      "list_transform(tl_array_distinct(list_filter(l, lambda x: x IS NOT NULL)), lambda key: CAST(len(list_filter(l, "
      "lambda x: x = key)) AS BIGINT))) END",

      // 'lax $.a' and 'strict $.a' are SQL/JSON's spellings of '$.a'.
      "CREATE OR REPLACE MACRO tl_json_path(p) AS regexp_replace(p, '^\\s*(lax|strict)\\s+', '')",
      "CREATE OR REPLACE MACRO tl_json_scalar(j, p) AS CASE WHEN json_type(j, p) IN ('OBJECT', 'ARRAY') THEN NULL ELSE "
      "json_extract_string(j, p) END",
      "CREATE OR REPLACE MACRO tl_json_size(j, p) AS CAST(CASE json_type(j, p) WHEN 'ARRAY' THEN json_array_length(j, "
      "p) "
      "WHEN 'OBJECT' THEN len(json_keys(j, p)) ELSE CASE WHEN json_type(j, p) IS NULL THEN NULL ELSE 0 END END AS "
      "BIGINT)",
  };
  return statements;
}

}  // namespace tickerlake::athena::sql
