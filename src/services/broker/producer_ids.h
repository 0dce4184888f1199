#pragma once
// Producer ids for idempotent producers: each is given out once in the life of the data folder.
#include "base/mutex.h"
#include "base/result.h"
#include "io/file.h"
#include "services/broker/ids.h"

namespace tickerlake::broker {

/// Thread-safe. Reserves ids in blocks, so that few requests touch the disk; a restart leaves the rest of a block out.
class ProducerIds {
 public:
  /// The file holds the first id that was never reserved, as decimal text.
  static Result<std::unique_ptr<ProducerIds>> open(io::Path file);
  Result<ProducerId> next() TL_EXCLUDES(mutex_);

 private:
  static constexpr std::int64_t block_size = 1000;
  ProducerIds(io::Path file, std::int64_t first) : file_(std::move(file)), next_(first), reserved_until_(first) {}

  const io::Path file_;
  Mutex mutex_;
  std::int64_t next_ TL_GUARDED_BY(mutex_);
  std::int64_t reserved_until_ TL_GUARDED_BY(mutex_);
};

}  // namespace tickerlake::broker
