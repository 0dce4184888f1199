#include "services/broker/log/compaction_plan.h"

#include <algorithm>
#include <limits>

#include "services/broker/log/index.h"

namespace tickerlake::broker {

Dirt measure_dirt(std::span<const SegmentFacts> segments, Offset cleaned, Offset stable, const TopicConfig& config,
                  TimestampMs now_ms) {
  Dirt dirt;
  dirt.from = segments.empty() ? cleaned : std::max(cleaned, segments.front().base);
  dirt.until = dirt.from;
  for (const SegmentFacts& segment : segments) {
    if (segment.next <= dirt.from) {
      dirt.clean_bytes += segment.size;
      continue;
    }
    const bool young =
        config.min_compaction_lag_ms > 0 && segment.max_timestamp_ms > now_ms - config.min_compaction_lag_ms;
    if (segment.next > stable || young) break;
    dirt.dirty_bytes += segment.size;
    dirt.until = segment.next;
  }
  return dirt;
}

bool is_compaction_due(const Dirt& dirt, TimestampMs oldest_dirty_ms, const TopicConfig& config, TimestampMs now_ms) {
  if (dirt.empty()) return false;
  if (dirt.ratio() > config.min_cleanable_dirty_ratio) return true;
  if (config.max_compaction_lag_ms == std::numeric_limits<std::int64_t>::max()) return false;
  return oldest_dirty_ms > 0 && oldest_dirty_ms < now_ms - config.max_compaction_lag_ms;
}

std::vector<std::size_t> group_segments(std::span<const SegmentFacts> segments, Offset until,
                                        const TopicConfig& config) {
  // Offsets and positions within a segment are 32-bit in its indexes.
  constexpr std::int64_t most = std::numeric_limits<std::int32_t>::max();
  std::vector<std::size_t> groups;
  Offset base;
  std::int64_t size = 0, entries = 0;
  for (const SegmentFacts& segment : segments) {
    if (segment.base >= until) break;
    const bool fits = !groups.empty() && size + segment.size <= std::min(config.segment_bytes, most) &&
                      (entries + segment.offset_entries) * OffsetEntry::size <= config.segment_index_bytes &&
                      segment.next - base - 1 <= most;
    if (!fits) {
      groups.push_back(0);
      base = segment.base;
      size = entries = 0;
    }
    ++groups.back();
    size += segment.size;
    entries += segment.offset_entries;
  }
  return groups;
}

}  // namespace tickerlake::broker
