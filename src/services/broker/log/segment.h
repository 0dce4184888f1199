#pragma once
// One file of a partition's log with its indexes.
#include <memory>
#include <optional>
#include <span>
#include <string>

#include "base/result.h"
#include "base/time.h"
#include "io/file.h"
#include "kafka/records/batch.h"
#include "services/broker/ids.h"
#include "services/broker/log/index.h"

namespace tickerlake::broker {

/// Of the index of aborted transactions, which not every segment has.
inline constexpr const char* aborted_extension = ".txnindex";

/// "00000000000000001024" + ".log": 20 digits of the segment's first offset.
std::string segment_file_name(Offset base, std::string_view extension);

/// Needs the owner's lock for everything but file(), whose bytes below a known size never change.
class Segment {
 public:
  /// Opens, or creates when there is no such segment. Takes size and timestamps from the files as they are; whether
  /// they can be trusted is the caller's question.
  static Result<std::unique_ptr<Segment>> open(const io::Path& directory, Offset base);

  Offset base() const { return base_; }
  std::int64_t size() const { return size_; }
  const std::shared_ptr<const io::File>& file() const { return file_; }
  /// The largest timestamp of a record here, −1 if there is none, and the first offset of the batch that has it.
  TimestampMs max_timestamp_ms() const { return max_timestamp_ms_; }
  Offset max_timestamp_offset() const { return max_timestamp_offset_; }

  /// Writes a batch at the end. header is that of the bytes. After a failure the segment is as before.
  Result<void> append(std::span<const ByteView> parts, const kafka::BatchHeader& header, std::int64_t index_interval);
  /// Takes note of a batch that is in the file behind all others noted: what recovery does.
  Result<void> note(const kafka::BatchHeader& header, std::int64_t index_interval);

  /// Opens or creates the index of aborted transactions.
  Result<void> make_aborted();
  /// Takes note of an aborted transaction whose marker was the last batch noted; needs make_aborted(). An entry is
  /// never lost: after an error it waits for the next flush.
  Result<void> note_aborted(const AbortedEntry& entry) { return aborted_->append(entry); }
  /// Null when none has its marker here.
  const AbortedIndex* aborted() const { return aborted_ ? &*aborted_ : nullptr; }

  /// A batch boundary at or before the batch that holds the offset.
  Result<std::int64_t> floor_of_offset(Offset offset) const;
  /// An offset above all of the batches that lie before the position, the next one that the index knows; nothing behind
  /// its last.
  Result<std::optional<Offset>> offset_behind(std::int64_t position) const;
  /// A batch boundary at or before the position.
  Result<std::int64_t> floor_of_position(std::int64_t position) const;
  /// A batch boundary in front of which all records are older than the timestamp.
  Result<std::int64_t> floor_of_time(TimestampMs timestamp_ms) const;

  /// Forgets everything behind the position (where the batch with `next` begins or would begin), in memory and in the
  /// indexes; the file keeps its bytes. note() goes on from there.
  Result<void> rewind(std::int64_t position, Offset next);
  /// The same for the index of aborted transactions, which can't be built anew without what came before the segment.
  Result<void> rewind_aborted(Offset next);
  /// Removes bytes of the file behind what was noted.
  Result<void> cut();
  /// Brings the indexes up to date in their files. The time index then ends with the segment's largest timestamp.
  Result<void> flush_indexes();
  /// Before other files get the names of these: what is open serves readers until then.
  Result<void> hold_indexes();
  const OffsetIndex& offset_index() const { return offset_index_; }
  const TimeIndex& time_index() const { return time_index_; }

  /// Removes the segment's files; who has file() open can go on reading.
  static Result<void> remove(const io::Path& directory, Offset base);

 private:
  Segment(Offset base, io::File file, std::int64_t size, OffsetIndex offset_index, TimeIndex time_index);
  Result<void> restore_time();
  Result<void> index_time();

  Offset base_;
  std::shared_ptr<const io::File> file_;
  std::int64_t size_ = 0;
  std::int64_t unindexed_ = 0;  // bytes behind the last offset entry
  OffsetIndex offset_index_;
  TimeIndex time_index_;
  std::optional<AbortedIndex> aborted_;  // the file is made when there is something to put into it
  TimestampMs max_timestamp_ms_ = -1;
  Offset max_timestamp_offset_;
  TimestampMs indexed_timestamp_ms_ = -1;  // of the last time entry
};

/// The header of the batch at the position. ErrorCode::corrupt when there is none.
Result<kafka::BatchHeader> read_batch_header(const io::File& file, std::int64_t position);

/// Steps over whole batches from a boundary; `limit` is a boundary too.
/// The first boundary whose batch satisfies `wanted`, or limit.
template <class Predicate>
Result<std::int64_t> find_batch(const io::File& file, std::int64_t from, std::int64_t limit, const Predicate& wanted) {
  while (from < limit) {
    TRY(const kafka::BatchHeader header, read_batch_header(file, from));
    if (wanted(header, from)) return from;
    from += header.size();
  }
  return limit;
}

}  // namespace tickerlake::broker
