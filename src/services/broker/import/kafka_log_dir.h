#pragma once
// Takes over a log directory of Apache Kafka's: topics with their ids and settings, every record under its offset, the
// groups' committed offsets. Offline on both sides.
#include <cstdint>
#include <string>
#include <vector>

#include "base/log.h"
#include "base/result.h"
#include "base/time.h"
#include "io/file.h"

namespace tickerlake::broker {

struct ImportedTopic {
  std::string name;
  std::int32_t partitions = 0;
  std::int64_t batches = 0, bytes = 0;
  std::int64_t aborted = 0;  // transactions that were open: nobody is left to decide them
};

struct Imported {
  std::vector<ImportedTopic> topics;
  std::int64_t group_offsets = 0;
  std::vector<std::string> skipped;  // folders that are not taken over, with the reason
};

/// from: one of Kafka's log.dirs, its broker stopped. to: a broker's folder. A topic is there whole or not at all;
/// those of an import that failed before stay. ErrorCode::already_exists for a topic that is there, corrupt for a batch
/// that is not right, unsupported for batches of before Kafka 0.11.
Result<Imported> import_kafka_log_dir(const io::Path& from, const io::Path& to, const Clock& clock, const Log& log);

}  // namespace tickerlake::broker
