#pragma once
// A table's objects as one DuckDB relation: declared columns with declared types, partition keys as values by file.
#include <optional>
#include <string>
#include <vector>

#include "duckdb/database.h"
#include "services/athena/engine/failure.h"
#include "services/athena/engine/table_format.h"
#include "services/athena/sql/duckdb_writer.h"
#include "services/objects.h"

namespace tickerlake::athena {

struct ScanFile {
  services::PinnedObject object;
  std::string uri;
  std::size_t partition = 0;  // index into TableScan::partitions
};

/// A partition's values (nothing: NULL), and how its objects are read.
struct ScanPartition {
  std::vector<std::optional<std::string>> values;
  TableFormat format;
};

/// Objects that one table of a query may have.
constexpr std::size_t max_files_per_scan = 1'000'000;

struct TableScan {
  std::vector<sql::Column> columns;  // as declared
  std::vector<sql::Column> keys;     // partition keys
  std::vector<ScanPartition> partitions;
  std::vector<ScanFile> files;
  bool with_path = false;  // adds "$path"
};

/// Text for FROM: "(SELECT … UNION ALL SELECT …)". Files are grouped by format and, for Parquet, by what they really
/// hold: a column that a file lacks is NULL, a type that does not fit its declaration raises HIVE_BAD_DATA, but only if
/// the query reads that column. The connection is used to look into the files.
Outcome<std::string> scan_relation(const TableScan& scan, duckdb::Connection& connection);

}  // namespace tickerlake::athena
