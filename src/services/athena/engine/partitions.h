#pragma once
// Which partitions of a table a query has to read, and where their objects are.
#include <optional>
#include <string>
#include <vector>

#include "services/athena/engine/failure.h"
#include "services/athena/sql/duckdb_writer.h"
#include "services/athena/sql/partition_filter.h"
#include "services/glue/catalog/catalog.h"

namespace tickerlake::athena {

struct PartitionPlace {
  std::vector<std::optional<std::string>> values;  // by key; nothing: NULL
  glue::StorageDescriptor storage;                 // where and how
};

/// The one place of a table without partition keys; otherwise those registered, or projected, that the filter lets
/// through.
Outcome<std::vector<PartitionPlace>> places_of(const glue::Catalog& catalog, const glue::Table& table,
                                               const std::vector<sql::Column>& keys,
                                               const sql::PartitionFilter& filter);

/// "year=2016/month=01", values escaped as Hive does in paths.
std::string partition_path(const std::vector<glue::Column>& keys, const std::vector<std::string>& values);
/// Undoes Hive's %XX.
std::string unescape_path(std::string_view text);

}  // namespace tickerlake::athena
