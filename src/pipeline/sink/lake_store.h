#pragma once
// What the sink needs of an object store: four operations of one bucket. S3 implements it, tests have one in memory.
#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"

namespace tickerlake::pipeline {

/// Thread-safe. Besides the errors named: unavailable and timeout (the outcome is unknown), unauthorized, io.
class LakeStore {
 public:
  virtual ~LakeStore() = default;
  /// All keys that start with prefix, in the order of their bytes.
  virtual Result<std::vector<std::string>> list(std::string_view prefix) = 0;
  /// ErrorCode::not_found when it is not there.
  virtual Result<std::string> get(std::string_view key) = 0;
  virtual Result<bool> exists(std::string_view key) = 0;
  /// Stores the object only if there is none of that key (If-None-Match: *), durable when it returns.
  /// ErrorCode::already_exists (412) when there is one, conflict (409) when another writer is at it: try again.
  virtual Result<void> put_new(std::string_view key, std::string_view content_type, std::string_view bytes) = 0;
};

}  // namespace tickerlake::pipeline
