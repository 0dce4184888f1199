#include "services/broker/share/share_partition.h"

#include <algorithm>

namespace tickerlake::broker {
namespace {

using kafka::KafkaError;

/// From this delivery on records come in ever smaller pieces, at last alone, so that one that kills its consumers is
/// found and the others survive it (KIP-1206).
std::int16_t careful_from(const ShareGroupSettings& settings) {
  return std::max<std::int16_t>(2, static_cast<std::int16_t>((settings.delivery_count_limit + 1) / 2));
}

/// The last offset of the batch that holds the offset, or the offset itself between batches.
Offset batch_end(std::span<const OffsetRange> batches, Offset offset) {
  const auto holds = std::ranges::find_if(
      batches, [&](const OffsetRange& batch) { return batch.first <= offset && offset <= batch.last; });
  return holds == batches.end() ? offset : holds->last;
}

void append(std::vector<StateBatch>& changes, const StateBatch& change) {
  if (!changes.empty()) {
    StateBatch& before = changes.back();
    if (before.last + 1 == change.first && before.state == change.state &&
        before.delivery_count == change.delivery_count) {
      before.last = change.last;
      return;
    }
  }
  changes.push_back(change);
}

/// The records in pieces of about batch_size, cut where batches begin.
void append_in_pieces(std::vector<AcquiredRecords>& pieces, AcquiredRecords records, std::int32_t batch_size,
                      std::span<const OffsetRange> batches) {
  for (const OffsetRange& batch : batches) {
    if (batch.first <= records.first || batch.first > records.last) continue;
    if (batch.first - records.first < std::max(batch_size, 1)) continue;
    pieces.push_back({records.first, batch.first - 1, records.delivery_count});
    records.first = batch.first;
  }
  pieces.push_back(records);
}

/// What of the records is in none of the ranges, which are in order.
std::vector<AcquiredRecords> without(const AcquiredRecords& records, std::span<const OffsetRange> ranges) {
  std::vector<AcquiredRecords> rest;
  Offset first = records.first;
  for (const OffsetRange& range : ranges) {
    if (range.last < first || range.first > records.last) continue;
    if (range.first > first) rest.push_back({first, range.first - 1, records.delivery_count});
    first = std::max(first, range.last + 1);
  }
  if (first <= records.last) rest.push_back({first, records.last, records.delivery_count});
  return rest;
}

}  // namespace

// ---- runs

std::int64_t SharePartition::complete_count() const {
  std::int64_t count = 0;
  for (const auto& [first, run] : runs_) {
    if (is_complete(run.state)) count += run.last - first + 1;
  }
  return count;
}

/// The run that begins at the offset, cut off the one that holds it where there is one.
SharePartition::Runs::iterator SharePartition::split_at(Offset offset) {
  const auto behind = runs_.upper_bound(offset);
  if (behind == runs_.begin()) return behind;
  const auto holds = std::prev(behind);
  if (holds->first == offset) return holds;
  if (holds->second.last < offset) return behind;
  Run rest = holds->second;
  holds->second.last = offset - 1;
  return runs_.emplace_hint(behind, offset, std::move(rest));
}

SharePartition::Runs::iterator SharePartition::merge_with_next(Runs::iterator run) {
  const auto next = std::next(run);
  if (next == runs_.end()) return run;
  const Run& left = run->second;
  const Run& right = next->second;
  // Whatever completed them: so there are never more than two runs for each record in flight.
  const bool both_complete = is_complete(left.state) && is_complete(right.state);
  const bool alike = left.state == RecordState::available && right.state == RecordState::available &&
                     left.delivery_count == right.delivery_count;
  if (!both_complete && !alike) return run;
  run->second.last = right.last;
  runs_.erase(next);
  return run;
}

void SharePartition::set(Offset first, Run run) {
  first = std::max(first, start_);
  if (run.last < first) return;
  if (first > end_) runs_.emplace_hint(runs_.end(), end_, Run{first - 1});  // nothing is known of those
  const Offset last = run.last;
  const auto behind = split_at(last + 1);
  runs_.erase(split_at(first), behind);
  const auto added = runs_.emplace(first, std::move(run)).first;
  end_ = std::max(end_, last + 1);
  merge_with_next(added);
  if (added != runs_.begin()) merge_with_next(std::prev(added));
  forget_complete();
}

void SharePartition::forget_complete() {
  while (!runs_.empty() && is_complete(runs_.begin()->second.state)) {
    start_ = runs_.begin()->second.last + 1;
    runs_.erase(runs_.begin());
  }
}

template <class Visit>
void SharePartition::for_each_run(Offset first, Offset last, Visit visit) const {
  auto at = runs_.upper_bound(first);
  if (at != runs_.begin()) --at;
  for (; at != runs_.end() && at->first <= last; ++at) {
    if (at->second.last < first) continue;
    visit(std::max(at->first, first), std::min(at->second.last, last), at->second);
  }
}

// ---- acquiring

Offset SharePartition::next() const {
  for (const auto& [first, run] : runs_) {
    if (run.state == RecordState::available) return first;
  }
  return end_;
}

bool SharePartition::can_acquire(std::int32_t max_record_locks) const {
  return next() < end_ || in_flight() < max_record_locks;
}

/// Compaction has removed the batches that were there: nobody will ever acknowledge their records.
void SharePartition::archive_missing(Offset from, Offset before) {
  std::vector<OffsetRange> missing;
  for_each_run(from, before - 1, [&](Offset first, Offset last, const Run& run) {
    if (run.state == RecordState::available) missing.push_back({first, last});
  });
  if (from <= end_ && end_ < before) missing.push_back({end_, before - 1});
  for (const OffsetRange& range : missing) set(range.first, {range.last, RecordState::archived});
}

/// In the order of their offsets: first what is to be delivered again, then what is new.
std::vector<AcquiredRecords> SharePartition::choose(const AcquireAsk& ask, std::span<const OffsetRange> batches,
                                                    const ShareGroupSettings& settings) const {
  std::vector<AcquiredRecords> chosen;
  std::int64_t left = ask.max_records;
  const Offset last_read = batches.back().last;
  const auto take = [&](Offset first, Offset last, std::int64_t most, std::int16_t delivery_count, bool exactly) {
    if (last - first + 1 > most) {
      const Offset wanted = first + (most - 1);
      last = exactly ? wanted : std::min(last, batch_end(batches, wanted));
    }
    chosen.push_back({first, last, delivery_count});
    left -= last - first + 1;
  };
  bool is_careful = false;
  for_each_run(std::max(start_, batches.front().first), last_read, [&](Offset first, Offset last, const Run& run) {
    if (run.state != RecordState::available || left <= 0 || is_careful) return;
    const auto again = static_cast<std::int16_t>(run.delivery_count + 1);
    if (run.delivery_count < careful_from(settings)) {
      return take(first, last, left, again, ask.exactly_max_records);
    }
    is_careful = true;
    if (!chosen.empty()) return;  // not in the company of others
    const bool is_last = again >= settings.delivery_count_limit;
    const std::int64_t part = (last - first + 1) >> (run.delivery_count - careful_from(settings) + 1);
    take(first, last, is_last ? 1 : std::clamp<std::int64_t>(part, 1, left), again, true);
  });
  const std::int64_t room = std::min<std::int64_t>(left, settings.max_record_locks - in_flight());
  if (room <= 0 || is_careful) return chosen;
  // What was read from behind the end on was asked for when the state was another one.
  if (ask.from <= end_ && end_ <= last_read) take(end_, last_read, room, 1, ask.exactly_max_records);
  return chosen;
}

std::vector<AcquiredRecords> SharePartition::acquire(const AcquireAsk& ask, std::span<const OffsetRange> batches,
                                                     std::span<const OffsetRange> aborted,
                                                     const ShareGroupSettings& settings, Milliseconds now) {
  std::vector<AcquiredRecords> acquired;
  if (batches.empty() || ask.max_records <= 0) return acquired;
  archive_missing(ask.from, batches.front().first);
  for (const AcquiredRecords& chosen : choose(ask, batches, settings)) {
    for (const AcquiredRecords& records : without(chosen, aborted)) {
      set(records.first,
          {records.last, RecordState::acquired, records.delivery_count, ask.member, now + settings.record_lock_ms});
      append_in_pieces(acquired, records, ask.batch_size, batches);
    }
    for (const OffsetRange& range : aborted) {
      const Offset first = std::max(range.first, chosen.first), last = std::min(range.last, chosen.last);
      if (first <= last) set(first, {last, RecordState::archived});
    }
  }
  return acquired;
}

// ---- acknowledging

std::expected<SharePartition::Plan, KafkaError> SharePartition::plan(const std::string& member,
                                                                     std::span<const Acknowledgement> batches,
                                                                     const ShareGroupSettings& settings) const {
  Plan plan;
  for (const Acknowledgement& batch : batches) {
    const Offset first = std::max(batch.first, start_);
    if (batch.last < first) continue;
    if (batch.last >= end_) return std::unexpected(KafkaError::invalid_request);
    bool is_allowed = true;
    for_each_run(first, batch.last, [&](Offset run_first, Offset run_last, const Run& run) {
      if (run.state != RecordState::acquired || run.member != member) {
        is_allowed = false;
        return;
      }
      for (Offset at = run_first; at <= run_last;) {
        const AcknowledgeType type = batch.type_of(at);
        Offset last = batch.types.size() == 1 ? run_last : at;
        while (last < run_last && batch.type_of(last + 1) == type) ++last;
        switch (type) {
          case AcknowledgeType::accept:
            append(plan.changes, {at, last, RecordState::acknowledged, run.delivery_count});
            break;
          case AcknowledgeType::release:
            append(plan.changes, {at, last, given_back(run.delivery_count, settings), run.delivery_count});
            break;
          case AcknowledgeType::gap:
          case AcknowledgeType::reject:
            append(plan.changes, {at, last, RecordState::archived, run.delivery_count});
            break;
          case AcknowledgeType::renew:
            is_allowed = is_allowed && settings.may_renew;
            plan.renewed.push_back({at, last});
            break;
        }
        at = last + 1;
      }
    });
    if (!is_allowed) return std::unexpected(KafkaError::invalid_record_state);
  }
  return plan;
}

SharePartition::Plan SharePartition::plan_release(const std::string& member, const ShareGroupSettings& settings) const {
  Plan plan;
  for (const auto& [first, run] : runs_) {
    if (run.state != RecordState::acquired || run.member != member) continue;
    append(plan.changes, {first, run.last, given_back(run.delivery_count, settings), run.delivery_count});
  }
  return plan;
}

SharePartition::Plan SharePartition::plan_expiry(const ShareGroupSettings& settings, Milliseconds now) const {
  Plan plan;
  for (const auto& [first, run] : runs_) {
    if (run.state != RecordState::acquired || run.lock_ends > now) continue;
    append(plan.changes, {first, run.last, given_back(run.delivery_count, settings), run.delivery_count});
  }
  return plan;
}

void SharePartition::carry_out(const Plan& plan, const ShareGroupSettings& settings, Milliseconds now) {
  for (const OffsetRange& range : plan.renewed) {
    const auto behind = split_at(range.last + 1);
    for (auto at = split_at(range.first); at != behind; ++at) at->second.lock_ends = now + settings.record_lock_ms;
  }
  for (const StateBatch& change : plan.changes) restore(change);
}

std::optional<Milliseconds> SharePartition::next_expiry() const {
  std::optional<Milliseconds> next;
  for (const auto& [first, run] : runs_) {
    if (run.state == RecordState::acquired) next = std::min(next.value_or(run.lock_ends), run.lock_ends);
  }
  return next;
}

void SharePartition::move_start(Offset log_start) {
  if (log_start <= start_) return;
  runs_.erase(runs_.begin(), split_at(log_start));
  start_ = log_start;
  end_ = std::max(end_, start_);
  forget_complete();
}

std::vector<StateBatch> SharePartition::stored() const {
  std::vector<StateBatch> batches;
  for (const auto& [first, run] : runs_) {
    const bool acquired = run.state == RecordState::acquired;
    const auto count = static_cast<std::int16_t>(acquired ? run.delivery_count - 1 : run.delivery_count);
    const RecordState state = acquired ? RecordState::available : run.state;
    if (state != RecordState::available || count > 0) append(batches, {first, run.last, state, count});
  }
  return batches;
}

}  // namespace tickerlake::broker
