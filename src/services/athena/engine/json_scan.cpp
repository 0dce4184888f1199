#include "services/athena/engine/json_scan.h"

#include <algorithm>
#include <map>
#include <set>

#include "services/glue/catalog/catalog.h"

namespace tickerlake::athena {
namespace {

constexpr std::size_t sampled_documents = 1000;
constexpr std::size_t sampled_files = 4;

/// read_json's name of a compression.
std::string compression_name(const ScanGroup& group) {
  return sql::quote_string(group.compression == "none" ? "uncompressed" : group.compression);
}

/// The spellings of each key among the first documents: "symbol" → {"Symbol"}.
Outcome<std::map<std::string, std::set<std::string>>> sample_keys(const ScanGroup& group,
                                                                  duckdb::Connection& connection) {
  ScanGroup sample{group.format, group.compression, group.files};
  if (sample.files.size() > sampled_files) sample.files.resize(sampled_files);
  const auto query = "SELECT DISTINCT unnest(json_keys(json)) FROM (SELECT json FROM read_ndjson_objects(" +
                     path_list(sample) + ", ignore_errors=true, compression=" + compression_name(group) + ") LIMIT " +
                     std::to_string(sampled_documents) + ") WHERE json_type(json) = 'OBJECT'";
  TRY(auto rows, told(connection.query(query), failure_of_engine));
  TRY(const auto keys, told(duckdb::read_text(rows), failure_of_engine));
  std::map<std::string, std::set<std::string>> spellings;
  for (const auto& row : keys) {
    if (row[0]) spellings[glue::fold_name(*row[0])].insert(*row[0]);
  }
  return spellings;
}

}  // namespace

Outcome<GroupScan> scan_json(const std::vector<sql::Column>& declared, const ScanGroup& group,
                             duckdb::Connection& connection) {
  TRY(auto spellings, sample_keys(group, connection));
  for (const auto& [column, key] : group.format.key_of) spellings[column].insert(key);
  std::string fields;
  GroupScan scan;
  for (const auto& column : declared) {
    // DuckDB's names ignore case, its JSON keys don't: of several spellings of one key the first is read.
    const auto& keys = spellings[column.name];
    const auto& key = keys.empty() ? column.name : *keys.begin();
    fields +=
        (fields.empty() ? "" : ", ") + sql::quote_string(key) + ": " + sql::quote_string(sql::to_duckdb(column.type));
    const auto value = sql::quote_identifier(key);
    scan.columns += (scan.columns.empty() ? "" : ", ") + value + " AS " + sql::quote_identifier(column.name);
  }
  scan.source = "read_json(" + path_list(group) + ", columns={" + fields +
                "}, format='newline_delimited', compression=" + compression_name(group) +
                (group.format.skips_malformed ? ", ignore_errors=true" : "") + ")";
  return scan;
}

}  // namespace tickerlake::athena
