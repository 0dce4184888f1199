#pragma once
// The lake in an S3 bucket: any store with conditional PUT.
#include <memory>
#include <string>

#include "aws/endpoint.h"
#include "base/log.h"
#include "http/client.h"
#include "pipeline/sink/lake_store.h"

namespace tickerlake::pipeline {

enum class LakeUse {
  read,
  write,
  /// For a store that knows no conditional PUT: a look, then a PUT. Two writers at once are not told apart.
  write_without_condition,
};

/// For writing it makes the bucket if there is none, and tries out whether the store keeps the condition of a PUT, with
/// the object `_tickerlake/conditional-put`, which stays.
/// Errors: unavailable, unauthorized, not_found (no bucket to read), invalid_argument (not a bucket's name),
/// unsupported (the store takes a second PUT with If-None-Match).
Result<std::unique_ptr<LakeStore>> open_s3_lake(aws::ServiceAccess access, http::ClientOptions http, std::string bucket,
                                                LakeUse use, const Log& log);

}  // namespace tickerlake::pipeline
