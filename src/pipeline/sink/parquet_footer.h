#pragma once
// Reads what a Parquet file says of itself, to check one that is in the lake.
#include <cstdint>
#include <optional>
#include <string_view>

#include "base/result.h"
#include "pipeline/sink/file_source.h"

namespace tickerlake::pipeline {

struct ParquetSummary {
  std::int64_t rows = 0;
  std::optional<FileSource> source;  // files of the first version have none
};

/// Reads the whole file's frame: magic, footer, that row groups and column chunks fill it without a gap and agree on
/// their rows, and that the data has the checksum that its source states. ErrorCode::corrupt says what is wrong.
Result<ParquetSummary> check_parquet(std::string_view file);

}  // namespace tickerlake::pipeline
