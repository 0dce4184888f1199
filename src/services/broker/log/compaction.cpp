#include "services/broker/log/compaction.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <limits>

#include "kafka/records/records.h"
#include "services/broker/log/segment_scan.h"

namespace tickerlake::broker {

namespace {

constexpr std::int64_t read_window = 1_MiB;

/// Gives every batch of a file, whole and with a right CRC, to the visitor, until that says no.
Result<void> for_each_batch(const io::File& file, std::int64_t size,
                            const std::function<Result<bool>(const kafka::Batch&)>& visit) {
  Buffer buffer;
  std::int64_t position = 0;
  std::int64_t wanted = read_window;
  Offset expected;
  while (position < size) {
    buffer.resize(static_cast<std::size_t>(std::min(wanted, size - position)));
    CHECK(file.read_exactly_at(position, buffer));
    ByteView rest = buffer;
    Inspection found;
    while ((found = inspect_batch(rest, expected)).verdict == Inspection::Verdict::whole) {
      const auto length = static_cast<std::size_t>(found.header.size());
      TRY(const bool more, visit({found.header, rest.first(length)}));
      if (!more) return {};
      rest = rest.subspan(length);
      position += found.header.size();
      expected = Offset(found.header.last_offset() + 1);
    }
    if (position == size) return {};
    if (found.verdict == Inspection::Verdict::invalid || found.needed > size - position) {
      return fail(ErrorCode::corrupt,
                  fmt::format("{} is damaged at byte {}: {}", file.path().string(), position, found.reason));
    }
    wanted = std::max(read_window, found.needed);
  }
  return {};
}

Result<std::int64_t> count_records(std::span<const CompactionSource> sources) {
  std::int64_t count = 0;
  for (const CompactionSource& source : sources) {
    const auto add = [&](const kafka::BatchHeader& header, std::int64_t) {
      count += std::max(header.record_count, 0);
      return false;
    };
    TRY([[maybe_unused]] const std::int64_t end, find_batch(*source.file, 0, source.facts.size, add));
  }
  return count;
}

}  // namespace

Result<Offset> Compaction::collect_keys(std::span<const CompactionSource> dirty, Offset from, std::int64_t max_bytes) {
  TRY(const std::int64_t records, count_records(dirty));
  keys_.emplace(records, max_bytes);
  collected_until_ = from;
  TransactionFates fates;
  for (const CompactionSource& source : dirty) {
    TRY(const auto aborted, environment_.aborted(source.facts.base, source.facts.next));
    fates.expect(aborted);
    const auto take = [&](const kafka::Batch& batch) -> Result<bool> {
      CHECK(environment_.pace(batch.header.size()));
      if (batch.header.is_control()) {
        fates.end(batch);
      } else if (!fates.is_aborted(batch.header)) {
        CHECK(put_keys(batch, from));
      }
      if (!full_) collected_until_ = std::max(collected_until_, Offset(batch.header.last_offset() + 1));
      return !full_;
    };
    CHECK(for_each_batch(*source.file, source.facts.size, take));
    if (full_) break;
    collected_until_ = source.facts.next;
  }
  return collected_until_;
}

Result<void> Compaction::put_keys(const kafka::Batch& batch, Offset from) {
  TRY(const auto records, kafka::RawRecords::read(batch, kafka::max_decompressed_batch));
  for (const kafka::RawRecord& record : records.all()) {
    const Offset offset(record.offset);
    if (!record.key || offset < from) continue;
    if (!keys_->put(*record.key, offset)) {
      full_ = true;
      return {};
    }
    collected_until_ = offset + 1;
  }
  return {};
}

bool Compaction::is_last_of_producer(const kafka::BatchHeader& header) const {
  if (!header.has_producer()) return false;
  const auto last = environment_.last_written.find(ProducerId(header.producer_id));
  if (last == environment_.last_written.end()) return false;
  if (last->second.last_offset) return header.last_offset() == last->second.last_offset->value();
  return header.is_control() && header.producer_epoch == last->second.epoch;
}

Compaction::Fate Compaction::fate_of(const kafka::Batch& batch, bool last) {
  Fate fate;
  if (batch.header.is_control()) {
    const TransactionFates::End end = fates_.end(batch);
    fate.aborted = end.aborted;
    const auto horizon = kafka::delete_horizon(batch.header);
    fate.drop_records = end.unneeded && horizon && *horizon <= environment_.now_ms;
    fate.needs_horizon = end.unneeded && !horizon;
  } else {
    fate.drop_records = fates_.is_aborted(batch.header);
  }
  // The last batch tells where the next segment begins, as recovery wants to see it.
  fate.keep_name = last || is_last_of_producer(batch.header);
  return fate;
}

bool Compaction::is_kept(const kafka::Batch& batch, const kafka::RawRecord& record) const {
  if (Offset(record.offset) >= collected_until_) return true;
  if (!record.key) return false;
  const auto last = keys_->find(*record.key);
  if (last && Offset(record.offset) < *last) return false;
  const auto horizon = kafka::delete_horizon(batch.header);
  return record.has_value || !horizon || environment_.now_ms < *horizon;
}

Result<std::optional<Buffer>> Compaction::rewrite(const kafka::Batch& batch, const Fate& fate) const {
  std::vector<kafka::RawRecord> kept;
  kafka::RawRecords records;
  bool has_tombstones = false;
  if (!fate.drop_records) {
    TRY(records, kafka::RawRecords::read(batch, kafka::max_decompressed_batch));
    for (const kafka::RawRecord& record : records.all()) {
      if (!batch.header.is_control() && !is_kept(batch, record)) continue;
      has_tombstones |= !batch.header.is_control() && !record.has_value;
      kept.push_back(record);
    }
  }
  if (kept.empty()) {
    return fate.keep_name ? std::optional(kafka::empty_batch(batch.header)) : std::nullopt;
  }
  const bool new_horizon = (has_tombstones || fate.needs_horizon) && !kafka::delete_horizon(batch.header);
  if (kept.size() == records.all().size() && !new_horizon) {
    return std::optional(Buffer(batch.bytes.begin(), batch.bytes.end()));
  }
  const auto horizon =
      new_horizon ? std::optional(environment_.now_ms + environment_.config.delete_retention_ms) : std::nullopt;
  TRY(Buffer rewritten, kafka::keep_records(batch, kept, horizon));
  return std::optional(std::move(rewritten));
}

Result<std::unique_ptr<Segment>> Compaction::clean(std::span<const CompactionSource> group) {
  TRY(auto cleaned, Segment::open(environment_.directory, group.front().facts.base));
  // Always there: it takes the place of one that may be there now.
  CHECK(cleaned->make_aborted());
  std::int64_t unsynced = 0;
  for (const CompactionSource& source : group) {
    TRY(const auto aborted, environment_.aborted(source.facts.base, source.facts.next));
    fates_.expect(aborted);
    const auto take = [&](const kafka::Batch& batch) -> Result<bool> {
      const bool last = Offset(batch.header.last_offset() + 1) == group.back().facts.next;
      const Fate fate = fate_of(batch, last);
      TRY(const auto rewritten, rewrite(batch, fate));
      CHECK(environment_.pace(batch.header.size() + (rewritten ? std::ssize(*rewritten) : 0)));
      if (rewritten) {
        if (cleaned->size() + std::ssize(*rewritten) > std::numeric_limits<std::int32_t>::max()) {
          return fail(ErrorCode::exhausted, "compacted segments became larger than they were");
        }
        TRY(const kafka::BatchHeader header, kafka::parse_batch_header(*rewritten));
        const std::array<ByteView, 1> parts = {*rewritten};
        CHECK(cleaned->append(parts, header, environment_.config.index_interval_bytes));
        unsynced += header.size();
      }
      if (fate.aborted) CHECK(cleaned->note_aborted(*fate.aborted));
      if (unsynced >= 4 * read_window) {  // little by little, so that acknowledgements don't wait behind all of it
        CHECK(cleaned->file()->sync());
        unsynced = 0;
      }
      return true;
    };
    CHECK(for_each_batch(*source.file, source.facts.size, take));
  }
  CHECK(cleaned->flush_indexes());
  TRY(const auto offsets, cleaned->offset_index().file());
  TRY(const auto times, cleaned->time_index().file());
  TRY(const auto aborted, cleaned->aborted()->file());
  for (const auto& file : {cleaned->file(), offsets, times, aborted}) CHECK(file->sync());
  return cleaned;
}

}  // namespace tickerlake::broker
