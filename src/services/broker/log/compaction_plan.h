#pragma once
// What compaction decides: which part of a log is clean, whether cleaning is due, which segments become one. Functions
// without I/O.
#include <cstdint>
#include <span>
#include <vector>

#include "base/time.h"
#include "services/broker/ids.h"
#include "services/broker/topic_config.h"

namespace tickerlake::broker {

/// A segment that may be compacted: never the active one.
struct SegmentFacts {
  Offset base;
  Offset next;  // of the segment behind it
  std::int64_t size = 0;
  std::int64_t offset_entries = 0;
  TimestampMs max_timestamp_ms = -1;
};

/// Where a log is dirty.
struct Dirt {
  Offset from;                   // everything before it was compacted
  Offset until;                  // the end of the last segment that may be
  std::int64_t clean_bytes = 0;  // of segments before `from`
  std::int64_t dirty_bytes = 0;  // of those between
  bool empty() const { return dirty_bytes == 0; }
  double ratio() const {
    const std::int64_t all = clean_bytes + dirty_bytes;
    return all == 0 ? 0 : static_cast<double>(dirty_bytes) / static_cast<double>(all);
  }
};

/// segments: those below the active one, ascending. cleaned: where the last pass ended. stable: everything before is on
/// disk and decided. min.compaction.lag.ms keeps young segments from being touched.
Dirt measure_dirt(std::span<const SegmentFacts> segments, Offset cleaned, Offset stable, const TopicConfig& config,
                  TimestampMs now_ms);

/// Whether the oldest dirty record (−1: unknown) has waited for max.compaction.lag.ms, or the dirt is more than
/// min.cleanable.dirty.ratio.
bool is_compaction_due(const Dirt& dirt, TimestampMs oldest_dirty_ms, const TopicConfig& config, TimestampMs now_ms);

/// Neighbours among the segments before `until` that fit into one segment each, as numbers of segments.
std::vector<std::size_t> group_segments(std::span<const SegmentFacts> segments, Offset until,
                                        const TopicConfig& config);

}  // namespace tickerlake::broker
