#include "services/athena/engine/table_scan.h"

#include <algorithm>
#include <map>
#include <tuple>

#include "services/athena/engine/json_scan.h"
#include "services/athena/engine/parquet_scan.h"
#include "services/athena/engine/scan_group.h"
#include "services/athena/engine/text_scan.h"

namespace tickerlake::athena {
namespace {

std::string compression_of(const ScanFile& file) {
  if (file.uri.ends_with(".gz") || file.uri.ends_with(".gzip")) return "gzip";
  if (file.uri.ends_with(".zst")) return "zstd";
  return "none";
}

/// An expression that picks a file's value. Values of all files in their order; constant where they are the same.
std::string by_file(const std::vector<std::string>& literals, const std::string& duckdb_type) {
  const bool constant = std::all_of(literals.begin(), literals.end(),
                                    [&](const std::string& literal) { return literal == literals.front(); });
  if (constant) return "CAST(" + literals.front() + " AS " + duckdb_type + ")";
  std::string list;
  for (const auto& literal : literals) list += (list.empty() ? "" : ",") + literal;
  return "(CAST([" + list + "] AS " + duckdb_type + "[]))[CAST(file_index AS BIGINT) + 1]";
}

std::string key_columns(const TableScan& scan, const ScanGroup& group) {
  std::string text;
  for (std::size_t key = 0; key < scan.keys.size(); ++key) {
    std::vector<std::string> literals;
    for (const auto* file : group.files) {
      const auto& value = scan.partitions[file->partition].values[key];
      literals.push_back(value ? sql::quote_string(*value) : "NULL");
    }
    text += ", " + by_file(literals, sql::to_duckdb(scan.keys[key].type)) + " AS " +
            sql::quote_identifier(scan.keys[key].name);
  }
  if (scan.with_path) {
    std::vector<std::string> literals;
    for (const auto* file : group.files) literals.push_back(sql::quote_string(file->uri));
    text += ", " + by_file(literals, "VARCHAR") + " AS \"$path\"";
  }
  return text;
}

/// No file at all: the columns without rows.
std::string nothing(const TableScan& scan) {
  std::string text;
  const auto add = [&](const std::string& name, const std::string& type) {
    text += (text.empty() ? "" : ", ") + ("CAST(NULL AS " + type + ") AS ") + sql::quote_identifier(name);
  };
  for (const auto& column : scan.columns) add(column.name, sql::to_duckdb(column.type));
  for (const auto& key : scan.keys) add(key.name, sql::to_duckdb(key.type));
  if (scan.with_path) add("$path", "VARCHAR");
  return "(SELECT " + text + " WHERE false)";
}

}  // namespace

Outcome<std::string> scan_relation(const TableScan& scan, duckdb::Connection& connection) {
  // Groups in the order of their first file, so that results without ORDER BY come in the store's order.
  std::vector<ScanGroup> groups;
  for (const auto& file : scan.files) {
    const auto& format = scan.partitions[file.partition].format;
    const auto compression = format.format == FileFormat::parquet ? "none" : compression_of(file);
    auto group = std::find_if(groups.begin(), groups.end(), [&](const ScanGroup& candidate) {
      return candidate.compression == compression && candidate.format == format;
    });
    if (group == groups.end()) group = groups.insert(groups.end(), ScanGroup{format, compression, {}});
    group->files.push_back(&file);
  }
  std::vector<std::pair<ScanGroup, GroupScan>> parts;
  for (const auto& group : groups) {
    switch (group.format.format) {
      case FileFormat::parquet: {
        TRY(auto scans, scan_parquet(scan.columns, group, connection));
        for (auto& part : scans) parts.push_back(std::move(part));
        break;
      }
      case FileFormat::delimited:
      case FileFormat::quoted_csv:
        parts.emplace_back(group, scan_text(scan.columns, group));
        break;
      case FileFormat::json: {
        TRY(auto part, scan_json(scan.columns, group, connection));
        parts.emplace_back(group, std::move(part));
        break;
      }
    }
  }
  if (parts.empty()) return nothing(scan);
  std::string text;
  for (const auto& [group, part] : parts) {
    auto columns = part.columns + key_columns(scan, group);
    if (columns.starts_with(", ")) columns.erase(0, 2);
    text += (text.empty() ? "" : " UNION ALL ") + ("SELECT " + columns) + " FROM " + part.source;
  }
  return "(" + text + ")";
}

}  // namespace tickerlake::athena
