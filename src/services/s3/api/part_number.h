#pragma once
#include <cstdint>

#include "services/s3/api/request.h"

namespace tickerlake::s3 {

/// The parameter partNumber, 1 to 10,000. InvalidArgument.
ApiResult<std::uint32_t> part_number(const S3Request& request);

}  // namespace tickerlake::s3
