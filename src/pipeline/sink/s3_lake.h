#pragma once
// The lake in an S3 bucket: any store with conditional PUT.
#include <memory>
#include <string>

#include "aws/config.h"
#include "base/log.h"
#include "pipeline/sink/lake_store.h"

namespace tickerlake::pipeline {

/// Makes the bucket if there is none. Errors: unavailable, unauthorized, invalid_argument (not a bucket's name).
Result<std::unique_ptr<LakeStore>> open_s3_lake(aws::ServiceAccess access, std::string bucket, const Log& log);

}  // namespace tickerlake::pipeline
