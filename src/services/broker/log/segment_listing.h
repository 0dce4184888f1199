#pragma once
// A partition's files as they are, for people to look at: segments, the batches in them, their index entries. Reads
// only, takes no lock, and goes by the files alone: a broker may be writing to them, and may be Apache Kafka.
#include <functional>
#include <vector>

#include "base/result.h"
#include "kafka/records/batch.h"
#include "services/broker/ids.h"
#include "services/broker/log/index.h"

namespace tickerlake::broker {

/// Where a topic's partitions lie below a data folder: <partition>, <folder>, ascending by partition. data may be that
/// of tickerlake (kafka/topics/<topic>/<partition>/) or a log folder of Apache Kafka (<topic>-<partition>/).
/// ErrorCode::not_found when there is no such topic in either.
Result<std::vector<std::pair<std::int32_t, io::Path>>> partition_directories(const io::Path& data,
                                                                             const std::string& topic);

/// One segment's files.
struct SegmentListing {
  Offset base;
  std::int64_t size = 0;         // of the .log file, in bytes
  std::int64_t batches = 0;      // whole ones
  std::int64_t records = 0;      // in them
  Offset next;                   // the offset behind its last record; its base when it is empty
  TimestampMs min_base_ms = -1;  // the smallest base timestamp of a batch, −1 without batches
  TimestampMs max_ms = -1;       // the largest timestamp of a record
  std::int64_t rest = 0;         // bytes behind the last whole batch: a write under way, or a torn one
  std::vector<OffsetEntry> offset_index;
  std::vector<TimeEntry> time_index;
};

/// Called for each whole batch, with the byte of the .log file at which it begins.
using SeeBatch = std::function<void(const kafka::BatchHeader&, std::int64_t position)>;

/// The first offsets of the folder's segments, ascending.
Result<std::vector<Offset>> segment_bases(const io::Path& directory);
/// Reads the headers of all batches; their CRCs are fsck's business. A missing index has no entries.
Result<SegmentListing> list_segment(const io::Path& directory, Offset base, const SeeBatch& see);

}  // namespace tickerlake::broker
