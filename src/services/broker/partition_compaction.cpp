// Compaction of a partition, beside its readers and writers: what is read and written is found under the lock, the work
// is done outside.
#include <algorithm>
#include <limits>

#include "io/fault_point.h"
#include "services/broker/log/compaction.h"
#include "services/broker/log/partition_log.h"
#include "services/broker/log/segment_swap.h"
#include "services/broker/partition.h"

namespace tickerlake::broker {

struct Partition::Cleanable {
  std::vector<CompactionSource> sources;
  Dirt dirt;
  TopicConfig config;
  TimestampMs now_ms = 0;
};

namespace {

std::vector<SegmentFacts> facts_of(const std::vector<CompactionSource>& sources) {
  std::vector<SegmentFacts> facts;
  facts.reserve(sources.size());
  for (const CompactionSource& source : sources) facts.push_back(source.facts);
  return facts;
}

/// The smallest known timestamp of the first batches of what is dirty; −1 when there is none.
Result<TimestampMs> oldest_of(const std::vector<CompactionSource>& sources, const Dirt& dirt) {
  TimestampMs oldest = -1;
  for (const CompactionSource& source : sources) {
    if (source.facts.next <= dirt.from || source.facts.base >= dirt.until || source.facts.size == 0) continue;
    TRY(const kafka::BatchHeader first, read_batch_header(*source.file, 0));
    if (first.max_timestamp > 0 && (oldest < 0 || first.max_timestamp < oldest)) oldest = first.max_timestamp;
  }
  return oldest;
}

std::int64_t bytes_of(std::span<const CompactionSource> sources) {
  std::int64_t bytes = 0;
  for (const CompactionSource& source : sources) bytes += source.facts.size;
  return bytes;
}

}  // namespace

Partition::Cleanable Partition::cleanable() {
  const TimestampMs now_ms = environment_.clock.now_ms();
  Offset checkpointed;
  {
    MutexLock lock(checkpoint_mutex_);
    // What a start would read from the checkpoint's segment on must be there as it was.
    checkpointed = last_checkpoint_ ? last_checkpoint_->recovery.segment : Offset(0);
  }
  MutexLock lock(mutex_);
  Cleanable found;
  found.now_ms = now_ms;
  found.config = config_;
  if (closed_ || uncleanable_ || !config_.compacted) return found;
  const Offset stable = std::min(checkpointed, log_->last_stable(durability_.durable().offset));
  found.sources = log_->segments_below(stable);
  found.dirt = measure_dirt(facts_of(found.sources), log_->cleaned(), stable, config_, now_ms);
  return found;
}

double Partition::compaction_due() {
  const Cleanable found = cleanable();
  if (found.dirt.empty()) return 0;
  const bool has_deadline = found.config.max_compaction_lag_ms != std::numeric_limits<std::int64_t>::max();
  const auto oldest = has_deadline ? oldest_of(found.sources, found.dirt) : Result<TimestampMs>(-1);
  const bool due = is_compaction_due(found.dirt, oldest.value_or(-1), found.config, found.now_ms);
  return due ? std::max(found.dirt.ratio(), std::numeric_limits<double>::min()) : 0;
}

Result<Partition::Compacted> Partition::compact(const CompactionLimits& limits) {
  MutexLock compaction_lock(compaction_mutex_);
  Compaction::Environment environment;
  {
    MutexLock lock(mutex_);
    cleaning_ = true;  // before it is looked which segments there are
    environment.last_written = log_->producers().last_written();
  }
  const Cleanable found = cleanable();
  if (found.dirt.empty()) {
    MutexLock lock(mutex_);
    cleaning_ = false;
    Compacted nothing;
    nothing.until = found.dirt.from;
    return nothing;
  }
  environment.directory = directory_ / cleaned_folder;
  environment.config = found.config;
  environment.now_ms = found.now_ms;
  environment.aborted = [this](Offset from, Offset until) -> Result<std::vector<AbortedEntry>> {
    MutexLock lock(mutex_);
    return log_->aborted_between(from, until);
  };
  environment.pace = [this, &limits](std::int64_t bytes) -> Result<void> {
    if (limits.pace) limits.pace(bytes);
    MutexLock lock(mutex_);
    if (closed_) return fail(ErrorCode::unavailable, "the partition is closed");
    return {};
  };
  Compaction compaction(std::move(environment));
  auto worked = compact_sources(found, compaction, limits);
  {
    MutexLock lock(mutex_);
    cleaning_ = false;
    // A swap that did not end is completed at the next start; until then what is open serves readers.
    if (!worked && worked.error().code != ErrorCode::unavailable) uncleanable_ = true;
  }
  if (worked) CHECK(write_checkpoint());
  return worked;
}

Result<Partition::Compacted> Partition::compact_sources(const Cleanable& found, Compaction& compaction,
                                                        const CompactionLimits& limits) {
  Compacted outcome;
  const std::span<const CompactionSource> sources = found.sources;
  const auto dirty = std::ranges::find_if(sources, [&](const auto& s) { return s.facts.next > found.dirt.from; });
  const auto end = std::ranges::find_if(sources, [&](const auto& s) { return s.facts.base >= found.dirt.until; });
  TRY(outcome.until, compaction.collect_keys({dirty, end}, found.dirt.from, limits.key_bytes));
  auto first = sources.begin();
  for (const std::size_t count : group_segments(facts_of(found.sources), outcome.until, found.config)) {
    const std::span<const CompactionSource> group(first, count);
    first += static_cast<std::ptrdiff_t>(count);
    outcome.bytes_before += bytes_of(group);
    CHECK(prepare_cleaned_folder(directory_));
    TRY(const auto cleaned, compaction.clean(group));
    outcome.bytes_after += cleaned->size();
    CHECK(swap_in(cleaned->base(), group.back().facts.next));
  }
  MutexLock lock(mutex_);
  log_->set_cleaned(outcome.until);
  return outcome;
}

Result<void> Partition::swap_in(Offset base, Offset next) {
  {
    MutexLock lock(mutex_);
    CHECK(log_->hold(base, next));
  }
  CHECK(commit_swap(directory_, base, next));
  CHECK(finish_swap(directory_));
  TRY(auto segment, Segment::open(directory_, base));
  std::vector<std::unique_ptr<Segment>> replaced;
  {
    MutexLock lock(mutex_);
    replaced = log_->replace(std::move(segment), next);
  }
  io::fault_point("broker.compaction.replaced");
  // Closed here, without the lock: the last one to close a removed file frees its blocks.
  replaced.clear();
  return {};
}

}  // namespace tickerlake::broker
