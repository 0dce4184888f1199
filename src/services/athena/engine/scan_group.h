#pragma once
// Files that one DuckDB table function reads together.
#include <string>
#include <vector>

#include "services/athena/engine/table_format.h"
#include "services/athena/engine/table_scan.h"

namespace tickerlake::athena {

struct ScanGroup {
  TableFormat format;
  std::string compression;  // none, gzip, zstd
  std::vector<const ScanFile*> files;
};

/// SELECT columns FROM source. columns: "expression AS name, …", one for each declared column.
struct GroupScan {
  std::string source;
  std::string columns;
};

/// "['path', …]"
std::string path_list(const ScanGroup& group);

/// An expression that raises HIVE_BAD_DATA where it is evaluated, of that type. The message is not folded to a constant
/// before a row needs it.
std::string raise(const std::string& message, const std::string& duckdb_type);

}  // namespace tickerlake::athena
