#pragma once
// What a data file says of itself in its footer: which offsets its rows are (docs/formats/lake.md). `sink verify`
// proves by it that every offset is in exactly one object.
#include <cstdint>
#include <string>
#include <string_view>

#include "base/result.h"
#include "pipeline/sink/offset_set.h"

namespace tickerlake::pipeline {

struct FileSource {
  /// Its key among the footer's key-value metadata.
  static constexpr std::string_view metadata_key = "tickerlake.source";

  std::string topic;
  std::int32_t partition = 0;
  std::int64_t first = 0;  // of the plan
  std::int64_t last = 0;
  std::string folder;             // "year=2016"
  OffsetSet offsets = {};         // of its rows
  std::uint32_t data_crc32c = 0;  // of the file's bytes before the footer

  std::string json() const;
  /// ErrorCode::corrupt.
  static Result<FileSource> parse(std::string_view json);
};

}  // namespace tickerlake::pipeline
