#include "services/broker/log/segment.h"

#include <fmt/format.h>

#include <array>

#include "io/fault_point.h"

namespace tickerlake::broker {

std::string segment_file_name(Offset base, std::string_view extension) {
  return fmt::format("{:020}{}", base.value(), extension);
}

Segment::Segment(Offset base, io::File file, std::int64_t size, OffsetIndex offset_index, TimeIndex time_index)
    : base_(base),
      file_(std::make_shared<const io::File>(std::move(file))),
      size_(size),
      offset_index_(std::move(offset_index)),
      time_index_(std::move(time_index)),
      max_timestamp_offset_(base) {}

Result<std::unique_ptr<Segment>> Segment::open(const io::Path& directory, Offset base) {
  TRY(io::File file, io::File::open(directory / segment_file_name(base, ".log"), io::File::Mode::read_write));
  TRY(const std::int64_t size, file.size());
  TRY(OffsetIndex offsets, OffsetIndex::open(directory / segment_file_name(base, ".index")));
  TRY(TimeIndex times, TimeIndex::open(directory / segment_file_name(base, ".timeindex")));
  std::unique_ptr<Segment> segment(new Segment(base, std::move(file), size, std::move(offsets), std::move(times)));
  CHECK(segment->restore_time());
  const io::Path aborted = directory / segment_file_name(base, aborted_extension);
  if (std::filesystem::exists(aborted)) {
    TRY(segment->aborted_, AbortedIndex::open(aborted));
  }
  return segment;
}

Result<void> Segment::restore_time() {
  TRY(const std::optional<TimeEntry> last, time_index_.last());
  max_timestamp_ms_ = last ? last->timestamp_ms : -1;
  max_timestamp_offset_ = base_ + (last ? last->relative_offset : 0);
  indexed_timestamp_ms_ = max_timestamp_ms_;
  return {};
}

Result<void> Segment::append(std::span<const ByteView> parts, const kafka::BatchHeader& header,
                             std::int64_t index_interval) {
  io::fault_point("broker.log.append.before");
  auto appended = file_->write_parts_at(size_, parts);
  io::fault_point("broker.log.append.after");
  if (appended) appended = note(header, index_interval);
  // On a full disk all or a part of the batch may be there. It lies behind the end, but must not be in a sealed file.
  if (!appended) CHECK(file_->truncate(size_));
  return appended;
}

Result<void> Segment::note(const kafka::BatchHeader& header, std::int64_t index_interval) {
  const auto relative = static_cast<std::int32_t>(header.base_offset - base_.value());
  if (header.max_timestamp > max_timestamp_ms_) {
    max_timestamp_ms_ = header.max_timestamp;
    max_timestamp_offset_ = Offset(header.base_offset);
  }
  if (unindexed_ >= index_interval) {
    CHECK(offset_index_.append({relative, static_cast<std::int32_t>(size_)}));
    CHECK(index_time());
    unindexed_ = 0;
  }
  unindexed_ += header.size();
  size_ += header.size();
  return {};
}

Result<void> Segment::make_aborted() {
  if (aborted_) return {};
  TRY(aborted_, AbortedIndex::open(file_->path().parent_path() / segment_file_name(base_, aborted_extension)));
  return {};
}

Result<void> Segment::index_time() {
  if (max_timestamp_ms_ <= indexed_timestamp_ms_) return {};
  indexed_timestamp_ms_ = max_timestamp_ms_;
  return time_index_.append(
      {max_timestamp_ms_, static_cast<std::int32_t>(max_timestamp_offset_.value() - base_.value())});
}

Result<std::int64_t> Segment::floor_of_offset(Offset offset) const {
  const std::int64_t relative = offset - base_;
  TRY(const auto entry, offset_index_.last_where([&](const OffsetEntry& e) { return e.relative_offset <= relative; }));
  return entry ? entry->position : 0;
}

Result<std::optional<Offset>> Segment::offset_behind(std::int64_t position) const {
  TRY(const std::int64_t below,
      offset_index_.prefix_length([&](const OffsetEntry& e) { return e.position < position; }));
  if (below == offset_index_.count()) return std::optional<Offset>();
  TRY(const OffsetEntry entry, offset_index_.at(below));
  return std::optional(base_ + entry.relative_offset);
}

Result<std::int64_t> Segment::floor_of_position(std::int64_t position) const {
  TRY(const auto entry, offset_index_.last_where([&](const OffsetEntry& e) { return e.position <= position; }));
  return entry ? entry->position : 0;
}

Result<std::int64_t> Segment::floor_of_time(TimestampMs timestamp_ms) const {
  // Strictly older: the entry's own timestamp may have been reached by an earlier record too.
  TRY(const auto entry, time_index_.last_where([&](const TimeEntry& e) { return e.timestamp_ms < timestamp_ms; }));
  if (!entry) return 0;
  return floor_of_offset(base_ + entry->relative_offset);
}

Result<void> Segment::rewind(std::int64_t position, Offset next) {
  const std::int64_t relative = next - base_;
  // Behind what a checkpoint had synced there may be zeros, or anything: what does not grow is none of ours.
  OffsetEntry offset_before{-1, -1};
  CHECK(offset_index_.keep_while([&](const OffsetEntry& e) {
    if (e.position >= position || e.relative_offset >= relative || e.position <= offset_before.position ||
        e.relative_offset <= offset_before.relative_offset) {
      return false;
    }
    offset_before = e;
    return true;
  }));
  TimeEntry time_before{-1, -1};
  CHECK(time_index_.keep_while([&](const TimeEntry& e) {
    if (e.relative_offset >= relative || e.relative_offset <= time_before.relative_offset ||
        e.timestamp_ms <= time_before.timestamp_ms) {
      return false;
    }
    time_before = e;
    return true;
  }));
  CHECK(restore_time());
  TRY(const std::int64_t indexed, floor_of_position(position));
  size_ = position;
  unindexed_ = position - indexed;
  return {};
}

Result<void> Segment::rewind_aborted(Offset next) {
  if (!aborted_) return {};
  std::int64_t before = base_.value() - 1;
  return aborted_->keep_while([&](const AbortedEntry& e) {
    if (!e.may_follow(before) || e.last_offset >= next.value()) return false;
    before = e.last_offset;
    return true;
  });
}

Result<void> Segment::cut() { return file_->truncate(size_); }

Result<void> Segment::flush_indexes() {
  CHECK(index_time());
  CHECK(offset_index_.flush());
  CHECK(time_index_.flush());
  return aborted_ ? aborted_->flush() : Result<void>();
}

Result<void> Segment::hold_indexes() {
  CHECK(offset_index_.hold());
  CHECK(time_index_.hold());
  return aborted_ ? aborted_->hold() : Result<void>();
}

Result<void> Segment::remove(const io::Path& directory, Offset base) {
  for (const char* extension : {".index", ".timeindex", aborted_extension, ".log"}) {
    CHECK(io::remove_file(directory / segment_file_name(base, extension)));
  }
  return {};
}

Result<kafka::BatchHeader> read_batch_header(const io::File& file, std::int64_t position) {
  std::array<std::byte, kafka::batch_header_size> bytes;
  CHECK(file.read_exactly_at(position, bytes));
  auto header = kafka::parse_batch_header(bytes);
  if (!header) {
    return fail(ErrorCode::corrupt,
                fmt::format("{} at byte {}: {}", file.path().string(), position, header.error().message));
  }
  return *header;
}

}  // namespace tickerlake::broker
