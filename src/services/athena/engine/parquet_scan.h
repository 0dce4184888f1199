#pragma once
// Parquet objects: columns by name, with the file's types held against the declared ones.
#include <utility>
#include <vector>

#include "services/athena/engine/scan_group.h"

namespace tickerlake::athena {

/// One scan for each set of columns and types that occurs among the files (usually one).
Outcome<std::vector<std::pair<ScanGroup, GroupScan>>> scan_parquet(const std::vector<sql::Column>& declared,
                                                                   const ScanGroup& group,
                                                                   duckdb::Connection& connection);

/// Whether Trino reads a file's type as the declared one.
bool reads_as(const duckdb::Type& file, const sql::Type& declared);

}  // namespace tickerlake::athena
