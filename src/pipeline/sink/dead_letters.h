#pragma once
// Records that are no rows go to a topic of their own, with where they came from and why.
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "base/log.h"
#include "base/mutex.h"
#include "base/result.h"
#include "kafka/client/producer.h"
#include "pipeline/stop.h"

namespace tickerlake::pipeline {

struct DeadLetter {
  std::int64_t offset = 0;
  std::int64_t timestamp_ms = -1;
  std::optional<std::string> key;
  std::optional<std::string> value;  // nothing: a tombstone
  std::string reason;

  /// Bytes that it takes, roughly.
  std::int64_t memory() const {
    return static_cast<std::int64_t>(sizeof *this + (key ? key->size() : 0) + (value ? value->size() : 0) +
                                     reason.size());
  }
};

/// Writes to "TOPIC.dlq", which is made when the first letter comes. Thread-safe.
class DeadLetterTopic {
 public:
  DeadLetterTopic(kafka::ClientSettings settings, std::string topic, int partitions, Log log);

  /// Acknowledged when it returns. With look_first, letters that are there already (an earlier sink was killed behind
  /// them) are not written again. Errors: cancelled, unavailable, unauthorized, io.
  Result<void> write(std::int32_t partition, const std::vector<DeadLetter>& letters, bool look_first, const Stop& stop);

 private:
  Result<void> open() TL_REQUIRES(mutex_);
  Result<std::vector<std::int64_t>> find_written(std::int32_t partition, std::int64_t first, std::int64_t last,
                                                 const Stop& stop) TL_REQUIRES(mutex_);

  // constant after construction
  const kafka::ClientSettings settings_;
  const std::string source_;
  const std::string topic_;
  const int wanted_partitions_;
  const Log log_;

  Mutex mutex_;
  int partitions_ TL_GUARDED_BY(mutex_) = 0;
  std::unique_ptr<kafka::Producer> producer_ TL_GUARDED_BY(mutex_);
};

}  // namespace tickerlake::pipeline
