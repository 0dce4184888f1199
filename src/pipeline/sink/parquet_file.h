#pragma once
// Rows as a Parquet file. Our own writer and not an engine's, because the bytes must be a pure function of the rows, in
// every version and on every machine: a file that is written again after a crash is the same file.
#include <string>

#include "pipeline/sink/file_source.h"
#include "pipeline/sink/rows.h"
#include "pipeline/sink/schema.h"

namespace tickerlake::pipeline {

/// Sorted by schema.sort (NULLs first, equal rows in the order in which they were added), zstd, one optional column a
/// field but for the one left out. Numbers are DELTA_BINARY_PACKED, texts dictionaries where that helps. Row groups of
/// 122,880 rows. With a source the footer states it, with the checksum filled in.
std::string write_parquet(const Schema& schema, const Rows& rows, const Partitioning& partitioning,
                          const FileSource* source = nullptr);

/// The order in which write_parquet() puts the rows: indices.
std::vector<std::uint32_t> sorted_order(const Schema& schema, const Rows& rows);

}  // namespace tickerlake::pipeline
