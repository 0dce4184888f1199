#pragma once
// JSON lines (openx and Hive SerDe): columns by key, whatever its case.
#include <vector>

#include "services/athena/engine/scan_group.h"

namespace tickerlake::athena {

/// The connection is used to sample the keys that the documents use.
Outcome<GroupScan> scan_json(const std::vector<sql::Column>& declared, const ScanGroup& group,
                             duckdb::Connection& connection);

}  // namespace tickerlake::athena
