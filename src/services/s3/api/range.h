#pragma once
// The Range header: one range of bytes.
#include <cstdint>
#include <optional>
#include <string_view>

#include "services/s3/error.h"

namespace tickerlake::s3 {

struct ByteRange {
  std::int64_t first = 0;
  std::int64_t length = 0;
};

/// Of "bytes=0-9", "bytes=10-", "bytes=-5" against a size. Nothing for what is no single range of bytes: such headers
/// are ignored, as RFC 9110 has it. InvalidRange when nothing of it lies within the size.
ApiResult<std::optional<ByteRange>> parse_range(std::string_view header, std::int64_t size);

}  // namespace tickerlake::s3
