#include "services/broker/log/partition_log.h"

#include <algorithm>
#include <limits>

#include "base/panic.h"
#include "io/fault_point.h"
#include "services/broker/log/compaction.h"

namespace tickerlake::broker {

AbortedEntry entry_of(const DecidedTransaction& decided) {
  return {.producer_id = decided.producer.value(),
          .first_offset = decided.first.value(),
          .last_offset = decided.last.value(),
          .last_stable = decided.last_stable.value()};
}

LogPosition PartitionLog::end() const { return {next_offset_, active().base(), active().size()}; }

std::int64_t PartitionLog::size_bytes() const {
  std::int64_t sum = 0;
  for (const auto& segment : segments_) sum += segment->size();
  return sum;
}

std::int64_t PartitionLog::longest_ms(const TopicConfig& config) const {
  std::int64_t longest = config.segment_ms;
  // Only what is not in the active segment is compacted.
  if (config.compacted) longest = std::min(longest, config.max_compaction_lag_ms);
  const std::int64_t jitter = std::min(config.segment_jitter_ms, longest);
  if (jitter == 0) return longest;
  // Differs from partition to partition and from segment to segment; nothing more is asked of it.
  const std::size_t dice = std::hash<std::string>()(directory_.string() + segment_file_name(active().base(), ""));
  return longest - static_cast<std::int64_t>(dice % static_cast<std::size_t>(jitter));
}

bool PartitionLog::must_roll(const kafka::BatchHeader& header, const TopicConfig& config, TimestampMs now_ms) const {
  const Segment& segment = active();
  if (segment.size() == 0) return false;
  // Offsets and positions within a segment are 32-bit in its indexes.
  constexpr std::int64_t most = std::numeric_limits<std::int32_t>::max();
  return segment.size() + header.size() > std::min(config.segment_bytes, most) ||
         header.last_offset() - segment.base().value() > most || now_ms - active_since_ms_ >= longest_ms(config) ||
         segment.offset_index().count() * OffsetEntry::size >= config.segment_index_bytes ||
         segment.time_index().count() * TimeEntry::size >= config.segment_index_bytes;
}

Result<void> PartitionLog::roll(TimestampMs now_ms) {
  io::fault_point("broker.segment.roll.before");
  CHECK(active().flush_indexes());
  TRY(auto next, Segment::open(directory_, next_offset_));
  io::fault_point("broker.segment.roll.after");
  segments_.push_back(std::move(next));
  active_since_ms_ = now_ms;
  unsynced_.directory = true;
  return {};
}

Result<void> PartitionLog::append(std::span<const ByteView> parts, const kafka::BatchHeader& header,
                                  const TopicConfig& config, TimestampMs now_ms, std::optional<kafka::Marker> marker) {
  ensure(header.base_offset == next_offset_.value(), "a batch is appended at the end of the log");
  if (must_roll(header, config, now_ms)) CHECK(roll(now_ms));
  Segment& segment = active();
  if (segment.size() == 0) active_since_ms_ = now_ms;
  if (marker == kafka::Marker::abort && segment.aborted() == nullptr) {
    CHECK(segment.make_aborted());
    unsynced_.directory = true;
  }
  CHECK(segment.append(parts, header, config.index_interval_bytes));
  next_offset_ = Offset(header.last_offset() + 1);
  unsynced_.wrote(segment.file(), header.size());
  const auto decided = producers_.remember(header, now_ms, marker);
  if (decided && decided->aborted) {
    // The marker is in the log. An entry that could not be written stays in memory until the next flush.
    if (const auto noted = segment.note_aborted(entry_of(*decided)); !noted) log_.warning("{}", noted.error().message);
  }
  return {};
}

PartitionLog::Unsynced PartitionLog::take_unsynced() { return std::exchange(unsynced_, {}); }

Result<PartitionLog::CheckpointParts> PartitionLog::prepare_checkpoint() {
  CheckpointParts parts;
  parts.checkpoint = {log_start_, end(), producers_.size() > 0, cleaned_};
  if (producers_.size() > 0) parts.producers = producers_.encode();
  CHECK(active().flush_indexes());
  for (const auto& segment : segments_) {
    if (segment->base() < unsynced_indexes_from_) continue;
    TRY(parts.indexes.emplace_back(), segment->offset_index().file());
    TRY(parts.indexes.emplace_back(), segment->time_index().file());
    if (segment->aborted() != nullptr) {
      TRY(parts.indexes.emplace_back(), segment->aborted()->file());
    }
  }
  unsynced_indexes_from_ = active().base();
  return parts;
}

std::size_t PartitionLog::segment_index(Offset offset) const {
  const auto above = std::ranges::upper_bound(segments_, offset, {}, [](const auto& s) { return s->base(); });
  return above == segments_.begin() ? 0 : static_cast<std::size_t>(above - segments_.begin()) - 1;
}

std::optional<Offset> PartitionLog::segment_after(Offset offset) const {
  const std::size_t next = segment_index(offset) + 1;
  return next < segments_.size() ? std::optional(segments_[next]->base()) : std::nullopt;
}

std::int64_t PartitionLog::readable_size(std::size_t index, const LogPosition& limit) const {
  const Segment& segment = *segments_[index];
  if (segment.base() < limit.segment) return segment.size();
  return segment.base() == limit.segment ? limit.position : 0;
}

Result<PartitionLog::Range> PartitionLog::locate(Offset from, std::int64_t max_bytes, const LogPosition& limit,
                                                 Offset upper) const {
  const std::size_t index = segment_index(from);
  const Segment& segment = *segments_[index];
  Range range;
  range.file = segment.file();
  range.limit = readable_size(index, limit);
  TRY(range.start, segment.floor_of_offset(from));
  const std::int64_t most = std::min(range.limit - range.start, max_bytes);
  TRY(range.later, segment.floor_of_position(range.start + std::max<std::int64_t>(most, 0)));
  if (upper < limit.offset && segment_index(upper) == index) {
    TRY(range.upper, segment.floor_of_offset(upper));
  }
  return range;
}

Result<std::vector<AbortedEntry>> PartitionLog::aborted_in(Offset from, std::int64_t end_position, Offset upper) const {
  const std::size_t index = segment_index(from);
  const auto has_aborted = [](const auto& segment) { return segment->aborted() != nullptr; };
  if (std::none_of(segments_.begin() + static_cast<std::ptrdiff_t>(index), segments_.end(), has_aborted)) {
    return std::vector<AbortedEntry>();
  }
  TRY(auto behind, segments_[index]->offset_behind(end_position));
  if (!behind && index + 1 < segments_.size()) behind = segments_[index + 1]->base();
  return aborted_between(from, std::min(behind.value_or(upper), upper));
}

Result<std::vector<AbortedEntry>> PartitionLog::aborted_between(Offset from, Offset behind) const {
  std::vector<AbortedEntry> found;
  bool all = false;
  for (std::size_t index = segment_index(from); index < segments_.size() && !all; ++index) {
    const AbortedIndex* aborted = segments_[index]->aborted();
    if (aborted == nullptr) continue;
    TRY(const std::int64_t begin,
        aborted->prefix_length([&](const AbortedEntry& entry) { return entry.last_offset < from.value(); }));
    for (std::int64_t at = begin; at < aborted->count() && !all; ++at) {
      TRY(const AbortedEntry entry, aborted->at(at));
      if (entry.first_offset < behind.value()) found.push_back(entry);
      all = entry.last_stable >= behind.value();
    }
  }
  std::ranges::sort(found, {}, &AbortedEntry::first_offset);
  return found;
}

std::vector<CompactionSource> PartitionLog::segments_below(Offset offset) const {
  std::vector<CompactionSource> sources;
  for (std::size_t i = 0; i + 1 < segments_.size(); ++i) {
    const Segment& segment = *segments_[i];
    const Offset next = segments_[i + 1]->base();
    if (next <= log_start_) continue;
    if (next > offset) break;
    sources.push_back(
        {{segment.base(), next, segment.size(), segment.offset_index().count(), segment.max_timestamp_ms()},
         segment.file()});
  }
  return sources;
}

Result<void> PartitionLog::hold(Offset base, Offset next) {
  for (const auto& segment : segments_) {
    if (segment->base() >= base && segment->base() < next) CHECK(segment->hold_indexes());
  }
  return {};
}

std::vector<std::unique_ptr<Segment>> PartitionLog::replace(std::unique_ptr<Segment> cleaned, Offset next) {
  const auto first = std::ranges::lower_bound(segments_, cleaned->base(), {}, [](const auto& s) { return s->base(); });
  const auto last = std::ranges::lower_bound(segments_, next, {}, [](const auto& s) { return s->base(); });
  std::vector<std::unique_ptr<Segment>> before{std::move_iterator(first), std::move_iterator(last)};
  *first = std::move(cleaned);
  segments_.erase(first + 1, last);
  ++generation_;
  return before;
}

Result<std::vector<PartitionLog::Range>> PartitionLog::locate_time(TimestampMs timestamp_ms,
                                                                   const LogPosition& limit) const {
  std::vector<Range> ranges;
  for (std::size_t i = 0; i < segments_.size(); ++i) {
    const Segment& segment = *segments_[i];
    if (segment.max_timestamp_ms() < timestamp_ms) continue;
    Range range{segment.file(), 0, 0, readable_size(i, limit), std::nullopt};
    TRY(range.start, segment.floor_of_time(timestamp_ms));
    ranges.push_back(std::move(range));
  }
  return ranges;
}

Result<std::optional<PartitionLog::Range>> PartitionLog::locate_max_timestamp(const LogPosition& limit) const {
  const Segment* latest = nullptr;
  std::size_t index = 0;
  for (std::size_t i = 0; i < segments_.size(); ++i) {
    if (readable_size(i, limit) == 0) continue;
    if (latest == nullptr || segments_[i]->max_timestamp_ms() > latest->max_timestamp_ms()) {
      latest = segments_[i].get();
      index = i;
    }
  }
  if (latest == nullptr) return std::optional<Range>();
  Range range{latest->file(), 0, 0, readable_size(index, limit), std::nullopt};
  TRY(range.start, latest->floor_of_offset(latest->max_timestamp_offset()));
  return std::optional<Range>(std::move(range));
}

Result<bool> PartitionLog::is_older_than(const Segment& segment, TimestampMs time_ms) const {
  if (segment.size() == 0) return false;
  if (segment.max_timestamp_ms() >= 0) return segment.max_timestamp_ms() < time_ms;
  TRY(const TimestampMs modified, segment.file()->modified_ms());  // its records have no timestamps
  return modified < time_ms;
}

Result<std::vector<Offset>> PartitionLog::take_expired(const TopicConfig& config, Offset durable, TimestampMs now_ms) {
  std::vector<Offset> expired;
  std::int64_t over = config.retention_bytes < 0 ? -1 : size_bytes() - config.retention_bytes;
  while (true) {
    const Segment& oldest = *segments_.front();
    const bool last = segments_.size() == 1;
    const Offset next = last ? next_offset_ : segments_[1]->base();
    if (next > durable) break;
    TRY(const bool old,
        config.retention_ms < 0 ? Result<bool>(false) : is_older_than(oldest, now_ms - config.retention_ms));
    const bool surplus = !last && over >= oldest.size();
    const bool freed = !last && next <= log_start_;
    if (!freed && !(config.deletes && (old || surplus))) break;
    if (last) CHECK(roll(now_ms));  // like Kafka: the active segment goes too when all of it is too old
    over -= oldest.size();
    expired.push_back(oldest.base());
    log_start_ = std::max(log_start_, next);
    segments_.erase(segments_.begin());
  }
  return expired;
}

}  // namespace tickerlake::broker
