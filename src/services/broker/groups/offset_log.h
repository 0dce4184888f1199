#pragma once
// The topic __consumer_offsets as the groups' journal: appended to, read back on start, cut when it grows.
#include <functional>
#include <memory>
#include <vector>

#include "base/log.h"
#include "base/result.h"
#include "base/time.h"
#include "services/broker/groups/group_records.h"
#include "services/broker/ids.h"
#include "services/broker/topics.h"

namespace tickerlake::broker {

inline constexpr const char* offsets_topic = "__consumer_offsets";

/// Not thread-safe but for wait_durable(): its owner's lock orders appends as it orders the changes they tell of.
/// One partition: one node gains nothing from more, and reading back stays one sequential pass.
class OffsetLog {
 public:
  OffsetLog(Topics& topics, const Clock& clock, Log log) : topics_(topics), clock_(clock), log_(std::move(log)) {}

  /// Gives every record to the visitor, oldest first. A malformed one is logged and left out.
  Result<void> read_all(const std::function<void(CoordinatorRecord)>& visit);

  /// Appends as one batch, to the page cache. Makes the topic on the first call. Returns the offset behind it.
  Result<Offset> append(const std::vector<CoordinatorRecord>& records);
  /// Whether so much was appended since the last replace_all() that it is worth calling.
  bool is_large() const { return partition_ && partition_->size_bytes() > largest_; }
  /// Writes the whole state anew and frees what came before. A crash in between leaves both: reading is idempotent.
  Result<void> replace_all(const std::vector<CoordinatorRecord>& state);

  /// Returns once everything before `next`, which append() returned, is on disk. Thread-safe.
  void wait_durable(Offset next);

 private:
  Result<void> open(bool create);

  Topics& topics_;
  const Clock& clock_;
  const Log log_;
  std::shared_ptr<Partition> partition_;  // set once
  std::int64_t largest_ = 32_MiB;
};

}  // namespace tickerlake::broker
