#include "services/athena/sql/functions.h"

namespace tickerlake::athena::sql {
namespace {

constexpr FunctionRule text_rules[] = {
    {"char_length", 1, 1, When::any, "length({0})", "bigint"},
    {"character_length", 1, 1, When::any, "length({0})", "bigint"},
    {"chr", 1, 1, When::any, "chr(CAST({0} AS INTEGER))", "varchar"},
    {"codepoint", 1, 1, When::any, "unicode({0})", "integer"},
    {"concat_ws", 2, -1, When::any, "concat_ws({*})", "varchar"},
    {"ends_with", 2, 2, When::any, "ends_with({0}, {1})", "boolean"},
    {"hamming_distance", 2, 2, When::any, "hamming({0}, {1})", "bigint"},
    {"length", 1, 1, When::binary, "octet_length({0})", "bigint"},
    {"length", 1, 1, When::any, "length({0})", "bigint"},
    {"levenshtein_distance", 2, 2, When::any, "levenshtein({0}, {1})", "bigint"},
    {"lower", 1, 1, When::any, "lower({0})", "=0"},
    {"ltrim", 1, 2, When::any, "ltrim({*})", "=0"},
    {"normalize", 1, 1, When::any, "nfc_normalize({0})", "varchar"},
    {"regexp_count", 2, 2, When::any, "len(regexp_extract_all({0}, {1}))", "bigint"},
    {"regexp_extract", 2, 3, When::any, "(CASE WHEN regexp_matches({0}, {1}) THEN regexp_extract({*}) END)", "varchar"},
    {"regexp_extract_all", 2, 3, When::any, "regexp_extract_all({*})", "array(varchar)"},
    {"regexp_like", 2, 2, When::any, "regexp_matches({0}, {1})", "boolean"},
    {"regexp_position", 2, 2, When::any, "tl_regexp_position({0}, {1})", "integer"},
    {"regexp_split", 2, 2, When::any, "string_split_regex({0}, {1})", "array(varchar)"},
    {"replace", 2, 2, When::any, "replace({0}, {1}, '')", "varchar"},
    {"replace", 3, 3, When::any, "replace({0}, {1}, {2})", "varchar"},
    {"reverse", 1, 1, When::array, "list_reverse({0})", "=0"},
    {"reverse", 1, 1, When::any, "reverse({0})", "=0"},
    {"rtrim", 1, 2, When::any, "rtrim({*})", "=0"},
    {"split", 2, 2, When::any, "string_split({0}, {1})", "array(varchar)"},
    {"split", 3, 3, When::any, "tl_split({0}, {1}, {2})", "array(varchar)"},
    {"split_part", 3, 3, When::any,
     "(CASE WHEN {2} < 1 THEN {!Index must be greater than zero} ELSE string_split({0}, {1})[{2}] END)", "varchar"},
    {"split_to_map", 3, 3, When::any, "tl_split_to_map({0}, {1}, {2})", "map(varchar,varchar)"},
    {"starts_with", 2, 2, When::any, "starts_with({0}, {1})", "boolean"},
    {"strpos", 2, 2, When::any, "CAST(strpos({0}, {1}) AS BIGINT)", "bigint"},
    {"substr", 2, 3, When::any, "(CASE WHEN {1} = 0 THEN '' ELSE substring({*}) END)", "varchar"},
    {"substring", 2, 3, When::any, "(CASE WHEN {1} = 0 THEN '' ELSE substring({*}) END)", "varchar"},
    {"translate", 3, 3, When::any, "translate({0}, {1}, {2})", "varchar"},
    {"trim", 1, 2, When::any, "trim({*})", "=0"},
    {"upper", 1, 1, When::any, "upper({0})", "=0"},
    {"url_decode", 1, 1, When::any, "url_decode(replace({0}, '+', ' '))", "varchar"},
    {"url_encode", 1, 1, When::any, "tl_url_encode({0})", "varchar"},
    {"url_extract_fragment", 1, 1, When::any, "tl_url_part({0}, 9)", "varchar"},
    {"url_extract_host", 1, 1, When::any, "tl_url_host({0})", "varchar"},
    {"url_extract_parameter", 2, 2, When::any, "tl_url_parameter({0}, {1})", "varchar"},
    {"url_extract_path", 1, 1, When::any, "tl_url_part({0}, 5)", "varchar"},
    {"url_extract_port", 1, 1, When::any, "tl_url_port({0})", "bigint"},
    {"url_extract_protocol", 1, 1, When::any, "tl_url_part({0}, 2)", "varchar"},
    {"url_extract_query", 1, 1, When::any, "tl_url_part({0}, 7)", "varchar"},
};

constexpr FunctionRule binary_rules[] = {
    {"from_base64", 1, 1, When::any, "from_base64({0})", "varbinary"},
    {"from_hex", 1, 1, When::any, "unhex({0})", "varbinary"},
    {"from_utf8", 1, 1, When::any, "decode({0})", "varchar"},
    {"md5", 1, 1, When::any, "unhex(md5({0}))", "varbinary"},
    {"sha1", 1, 1, When::any, "unhex(sha1({0}))", "varbinary"},
    {"sha256", 1, 1, When::any, "unhex(sha256({0}))", "varbinary"},
    {"to_base64", 1, 1, When::any, "base64({0})", "varchar"},
    {"to_hex", 1, 1, When::any, "hex({0})", "varchar"},
    {"to_utf8", 1, 1, When::any, "encode({0})", "varbinary"},
};

}  // namespace

std::span<const FunctionRule> text_functions() { return text_rules; }
std::span<const FunctionRule> binary_functions() { return binary_rules; }

}  // namespace tickerlake::athena::sql
