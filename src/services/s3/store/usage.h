#pragma once
// How many objects and bytes each bucket holds, kept beside the index so that asking costs nothing.
#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <string_view>

#include "base/mutex.h"

namespace tickerlake::s3 {

struct BucketUsage {
  std::int64_t objects = 0;
  std::int64_t bytes = 0;
};

/// What the index held when the store was opened is counted in the background; changes since then add to it.
/// Thread-safe; the mutex is a leaf.
class Usage {
 public:
  void change(std::string_view bucket, std::int64_t objects, std::int64_t bytes) TL_EXCLUDES(mutex_) {
    MutexLock lock(mutex_);
    add(bucket, {objects, bytes});
  }
  /// The count at the opening is complete.
  void set_base(const std::map<std::string, BucketUsage, std::less<>>& counted) TL_EXCLUDES(mutex_) {
    MutexLock lock(mutex_);
    for (const auto& [bucket, usage] : counted) add(bucket, usage);
    complete_ = true;
  }
  /// Nothing before set_base(). Empty buckets may be missing.
  std::optional<std::map<std::string, BucketUsage, std::less<>>> now() const TL_EXCLUDES(mutex_) {
    MutexLock lock(mutex_);
    if (!complete_) return std::nullopt;
    return by_bucket_;
  }

 private:
  void add(std::string_view bucket, const BucketUsage& usage) TL_REQUIRES(mutex_) {
    auto found = by_bucket_.find(bucket);
    if (found == by_bucket_.end()) found = by_bucket_.emplace(bucket, BucketUsage{}).first;
    found->second.objects += usage.objects;
    found->second.bytes += usage.bytes;
    // Only once all is counted: before, a removal of what was there at the opening stands below zero.
    if (complete_ && found->second.objects == 0) by_bucket_.erase(found);
  }

  mutable Mutex mutex_;
  std::map<std::string, BucketUsage, std::less<>> by_bucket_ TL_GUARDED_BY(mutex_);
  bool complete_ TL_GUARDED_BY(mutex_) = false;
};

}  // namespace tickerlake::s3
