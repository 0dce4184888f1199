#pragma once
// What a partition's log holds behind an offset, asked of its leader: how a producer finds out which of its batches are
// stored when no answer tells it.
#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "kafka/client/cluster.h"

namespace tickerlake::kafka {

struct LogTail {
  struct OwnBatch {
    std::int32_t sequence;  // of its first record
    std::int64_t end;       // the offset behind it
  };
  std::vector<OwnBatch> batches;  // of the producer, in the log's order
  std::int64_t end = 0;           // the log's: all before it is committed and was read
  bool is_cut = false;            // records behind the offset have expired
};

struct ProducerName {
  std::int64_t id = -1;
  std::int16_t epoch = -1;
};

/// Reads the log from the offset to its end; a negative one: only tells the end. An end before the offset: the log lost
/// records, or the broker slept and does not know yet that it was deposed. Nothing while the log holds records that are
/// not committed: they may stay or vanish. Errors: as a broker that is asked gives them; unavailable while it does not
/// lead, or not any more, in this epoch.
Result<std::optional<LogTail>> read_log_tail(Cluster& cluster, const std::string& topic, const Uuid& topic_id,
                                             std::int32_t partition, const Leader& leader, std::int64_t from,
                                             const ProducerName& producer, const Patience& patience);

}  // namespace tickerlake::kafka
