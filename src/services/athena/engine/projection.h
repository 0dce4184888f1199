#pragma once
// Partition projection: partitions computed from table properties (projection.*) instead of looked up.
#include "services/athena/engine/partitions.h"

namespace tickerlake::athena {

constexpr std::size_t max_projected_partitions = 1'000'000;

bool is_projected(const glue::Table& table);

/// Types enum, integer, date and injected. INVALID_TABLE_PROPERTY names what is wrong with a declaration.
/// now_ms: what NOW stands for in date ranges; the system's time by default.
Outcome<std::vector<PartitionPlace>> project(const glue::Table& table, const std::vector<sql::Column>& keys,
                                             const sql::PartitionFilter& filter,
                                             std::optional<TimestampMs> now_ms = std::nullopt);

}  // namespace tickerlake::athena
