// Reading a partition: whole batches for fetches, offsets by time. Places are found under the lock, bytes read outside.
#include <algorithm>

#include "kafka/records/records.h"
#include "services/broker/log/partition_log.h"
#include "services/broker/log/segment_scan.h"
#include "services/broker/partition.h"

namespace tickerlake::broker {

namespace {

Offset end_of(const Offsets& offsets, Isolation isolation) {
  switch (isolation) {
    case Isolation::read_uncommitted:
      return offsets.high_watermark;
    case Isolation::read_durable:
      return offsets.durable;
    case Isolation::read_committed:
      return offsets.last_stable;
  }
  return offsets.last_stable;
}

/// What a read leaves out: batches that compaction emptied. librdkafka takes an answer of nothing else for one that was
/// cut short, asks for twice as much each time and in the end reports MSG_SIZE_TOO_LARGE. Kafka's clients know gaps, so
/// such batches are answered with only where no record follows.
struct Emptied {
  static constexpr int most = 10'000;  // how many a read steps over before it answers all the same
  int left = most;
  io::FileSlice last;
};

/// The slice of whole batches that begins with the batch that holds `from`, or with the first one behind it that has
/// records; nothing if the segment has none.
Result<std::optional<io::FileSlice>> slice_of(const PartitionLog::Range& range, Offset from, std::int64_t max_bytes,
                                              bool at_least_one, Emptied& emptied) {
  const auto wanted = [&](const kafka::BatchHeader& h, std::int64_t at) {
    if (h.last_offset() < from.value()) return false;
    if (h.record_count > 0) return true;
    emptied.last = {range.file, at, h.size()};
    return --emptied.left == 0;
  };
  TRY(const std::int64_t start, find_batch(*range.file, range.start, range.limit, wanted));
  if (emptied.left == 0) return emptied.last;
  if (start >= range.limit) return std::nullopt;
  if (range.limit - start <= max_bytes) return io::FileSlice{range.file, start, range.limit - start};
  const auto crosses = [&](const kafka::BatchHeader& h, std::int64_t at) { return at + h.size() - start > max_bytes; };
  TRY(std::int64_t end, find_batch(*range.file, std::max(start, range.later), range.limit, crosses));
  if (end == start && at_least_one) {
    TRY(const kafka::BatchHeader first, read_batch_header(*range.file, start));
    end = start + first.size();
  }
  return io::FileSlice{range.file, start, end - start};
}

/// The first record of the batch at the position that is at or after the time; nothing when all are older.
Result<std::optional<TimestampedOffset>> first_record_since(const io::File& file, std::int64_t position,
                                                            TimestampMs timestamp_ms) {
  TRY(const kafka::BatchHeader header, read_batch_header(file, position));
  if (header.size() > max_batch_size) return fail(ErrorCode::corrupt, "a record batch over the limit");
  if (header.is_log_append_time()) {
    return std::optional(TimestampedOffset{Offset(header.base_offset), header.max_timestamp});
  }
  Buffer bytes(static_cast<std::size_t>(header.size()));
  CHECK(file.read_exactly_at(position, bytes));
  TRY(auto reader, kafka::RecordReader::open(kafka::Batch{header, bytes}));
  kafka::Record record;
  while (true) {
    TRY(const bool more, reader.next(record));
    if (!more) return std::optional<TimestampedOffset>();
    if (record.timestamp >= timestamp_ms) {
      return std::optional(TimestampedOffset{Offset(record.offset), record.timestamp});
    }
  }
}

}  // namespace

FetchError Partition::read_failed(const Error& error) const {
  const bool corrupt = error.code == ErrorCode::corrupt || error.code == ErrorCode::unsupported;
  read_log_.error("a read failed{}: {}", corrupt ? " (stop the server and run tickerlake fsck)" : "", error.message);
  return corrupt ? FetchError::corrupt : FetchError::storage;
}

std::expected<Fetched, FetchError> Partition::read(Offset from, std::int64_t max_bytes, bool at_least_one,
                                                   Isolation isolation) {
  const Offset asked = from;
  Emptied emptied;
  while (true) {
    PartitionLog::Range range;
    Fetched fetched;
    Offset upper;
    std::int64_t generation = 0;
    {
      MutexLock lock(mutex_);
      if (closed_) return std::unexpected(FetchError::closed);
      fetched.offsets = offsets_locked();
      if (asked < fetched.offsets.log_start || asked > fetched.offsets.log_end) {
        return std::unexpected(FetchError::out_of_range);
      }
      upper = end_of(fetched.offsets, isolation);
      if (from >= upper) {
        if (at_least_one || emptied.last.length <= max_bytes) fetched.batches = std::move(emptied.last);
        return fetched;
      }
      const LogPosition limit =
          isolation == Isolation::read_uncommitted ? durability_.visible(log_->end()) : durability_.durable();
      auto located = log_->locate(from, max_bytes, limit, upper);
      if (!located) return std::unexpected(read_failed(located.error()));
      range = *std::move(located);
      generation = log_->generation();
    }
    if (range.upper) {
      const auto undecided = [&](const kafka::BatchHeader& h, std::int64_t) { return h.base_offset >= upper.value(); };
      auto limit = find_batch(*range.file, std::max(range.start, *range.upper), range.limit, undecided);
      if (!limit) return std::unexpected(read_failed(limit.error()));
      range.limit = *limit;
    }
    auto slice = slice_of(range, from, max_bytes, at_least_one, emptied);
    if (!slice) return std::unexpected(read_failed(slice.error()));
    if (*slice) {
      fetched.batches = **std::move(slice);
      if (isolation != Isolation::read_committed || fetched.batches.empty()) return fetched;
      MutexLock lock(mutex_);
      // Compaction has replaced segments since: these batches may be of transactions that the indexes forgot.
      if (generation != log_->generation()) {
        from = asked;
        emptied = {};
        continue;
      }
      const auto aborted = log_->aborted_in(from, fetched.batches.position + fetched.batches.length, upper);
      if (!aborted) return std::unexpected(read_failed(aborted.error()));
      for (const AbortedEntry& entry : *aborted) {
        fetched.aborted.push_back({ProducerId(entry.producer_id), Offset(entry.first_offset)});
      }
      return fetched;
    }
    // Compaction removed or emptied the end of this segment: go on with the next one.
    MutexLock lock(mutex_);
    const std::optional<Offset> next = log_->segment_after(from);
    from = std::min(next.value_or(upper), upper);
  }
}

Result<std::optional<TimestampedOffset>> Partition::find_by_timestamp(TimestampMs timestamp_ms) {
  std::vector<PartitionLog::Range> ranges;
  Offset log_start;
  {
    MutexLock lock(mutex_);
    log_start = log_->log_start();
    TRY(ranges, log_->locate_time(timestamp_ms, durability_.visible(log_->end())));
  }
  for (const PartitionLog::Range& range : ranges) {
    std::int64_t position = range.start;
    while (position < range.limit) {
      const auto young = [&](const kafka::BatchHeader& h, std::int64_t) {
        return h.max_timestamp >= timestamp_ms && h.last_offset() >= log_start.value();
      };
      TRY(position, find_batch(*range.file, position, range.limit, young));
      if (position >= range.limit) break;
      TRY(auto found, first_record_since(*range.file, position, timestamp_ms));
      if (found) {
        found->offset = std::max(found->offset, log_start);
        return found;
      }
      TRY(const kafka::BatchHeader passed, read_batch_header(*range.file, position));
      position += passed.size();
    }
  }
  return std::optional<TimestampedOffset>();
}

Result<std::optional<TimestampedOffset>> Partition::find_max_timestamp() {
  std::optional<PartitionLog::Range> range;
  {
    MutexLock lock(mutex_);
    TRY(range, log_->locate_max_timestamp(durability_.visible(log_->end())));
  }
  if (!range) return std::optional<TimestampedOffset>();
  // What is not visible yet may hold the segment's largest timestamp; then the largest below it is looked for.
  std::int64_t best = range->start;
  TimestampMs largest = -1;
  const auto larger = [&](const kafka::BatchHeader& h, std::int64_t at) {
    if (h.record_count > 0 && h.max_timestamp > largest) {
      largest = h.max_timestamp;
      best = at;
    }
    return false;
  };
  if (range->start >= range->limit) range->start = 0;
  TRY(const std::int64_t end, find_batch(*range->file, range->start, range->limit, larger));
  if (largest < 0 && range->start > 0) {  // compaction left only the name of the batch that had it
    CHECK(find_batch(*range->file, 0, range->start, larger));
  }
  if (end == 0 || largest < 0) return std::optional<TimestampedOffset>();
  return first_record_since(*range->file, best, largest);
}

}  // namespace tickerlake::broker
