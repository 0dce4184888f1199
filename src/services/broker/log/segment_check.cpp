#include "services/broker/log/segment_check.h"

#include <fmt/format.h>

#include <algorithm>
#include <limits>

#include "base/digest.h"
#include "services/broker/log/segment_scan.h"

namespace tickerlake::broker {
namespace {

constexpr std::int64_t window_bytes = 4_MiB;
constexpr std::size_t magic_at = 16, attributes_at = 21;
/// How many intervals' worth of batches may go without an offset entry: the setting may have been changed, or batches
/// be large; beyond this a read would scan for long.
constexpr std::int64_t intervals_without_entry = 64;
constexpr std::size_t shown_faults = 3;  // of one index; more say nothing new

/// A file's bytes through a window that only moves forward.
class Window {
 public:
  Window(const io::File& file, std::int64_t size) : file_(file), size_(size) {}
  /// The bytes from a position on: at least `wanted` unless the file ends.
  Result<ByteView> at(std::int64_t position, std::int64_t wanted) {
    const std::int64_t needed = std::min(wanted, size_ - position);
    if (position < start_ || position + needed > start_ + std::ssize(bytes_)) {
      bytes_.resize(static_cast<std::size_t>(std::min(std::max(wanted, window_bytes), size_ - position)));
      CHECK(file_.read_exactly_at(position, bytes_));
      start_ = position;
    }
    return ByteView(bytes_).subspan(static_cast<std::size_t>(position - start_));
  }

 private:
  const io::File& file_;
  const std::int64_t size_;
  std::int64_t start_ = 0;
  Buffer bytes_;
};

/// One index file against the batches, which come in their order.
template <class Entry>
class IndexWalk {
 public:
  /// name: "offset index".
  IndexWalk(const io::Path& path, const char* name, std::vector<std::string>& faults) : name_(name), faults_(faults) {
    const auto text = io::read_file(path);
    if (!text) {
      fault("is missing");
      return;
    }
    if (text->size() % Entry::size != 0) torn_ = true;
    const ByteView bytes = as_bytes(*text);
    for (std::size_t at = 0; at + Entry::size <= bytes.size(); at += Entry::size) {
      entries_.push_back(Entry::decode(bytes.data() + at));
    }
  }
  const Entry* next() const { return at_ < entries_.size() ? &entries_[at_] : nullptr; }
  const Entry* last_passed() const { return at_ == 0 ? nullptr : &entries_[at_ - 1]; }
  void pass() { ++at_; }
  bool torn() const { return torn_; }
  std::string place() const { return fmt::format("entry {}", at_); }
  void fault(const std::string& what) {
    if (++count_ <= shown_faults) faults_.push_back(fmt::format("the {} {}", name_, what));
  }

 private:
  const char* name_;
  std::vector<std::string>& faults_;
  std::vector<Entry> entries_;
  std::size_t at_ = 0;
  std::size_t count_ = 0;
  bool torn_ = false;
};

/// Both indexes of a segment.
class IndexCheck {
 public:
  IndexCheck(const SegmentScan& scan, std::vector<std::string>& faults)
      : scan_(scan),
        offsets_(scan.directory / segment_file_name(scan.base, ".index"), "offset index", faults),
        times_(scan.directory / segment_file_name(scan.base, ".timeindex"), "time index", faults) {}

  void batch(const kafka::BatchHeader& header, std::int64_t position) {
    if (position >= scan_.trusted_position) return;
    const std::int64_t relative = header.base_offset - scan_.base.value();
    unindexed_bytes_ += header.size();
    ++unindexed_batches_;
    check_offsets(relative, position);
    max_timestamp_ms_ = std::max(max_timestamp_ms_, header.max_timestamp);
    check_times(relative, header.max_timestamp);
  }

  /// whole: the segment is trusted to its end.
  void end(bool whole, bool undamaged) {
    check_offsets(scan_.trusted_offset - scan_.base, scan_.trusted_position);
    check_times(scan_.trusted_offset - scan_.base, std::numeric_limits<TimestampMs>::min());
    if (unindexed_batches_ > intervals_without_entry &&
        unindexed_bytes_ > intervals_without_entry * scan_.index_interval) {
      offsets_.fault("has gaps: reads would scan for long");
    }
    if (whole && (offsets_.torn() || times_.torn())) offsets_.fault("or the time index ends within an entry");
    if (!undamaged || max_timestamp_ms_ < 0) return;
    const TimeEntry* last = times_.last_passed();
    if (last == nullptr || last->timestamp_ms != max_timestamp_ms_) {
      times_.fault("does not end with the segment's largest timestamp");
    }
  }

 private:
  void check_offsets(std::int64_t relative, std::int64_t position) {
    while (const OffsetEntry* entry = offsets_.next()) {
      if (entry->position > position && entry->relative_offset > relative) break;
      if (entry->position >= scan_.trusted_position && entry->relative_offset >= scan_.trusted_offset - scan_.base)
        break;
      if (entry->position == position && entry->relative_offset == relative) {
        unindexed_bytes_ = unindexed_batches_ = 0;
      } else {
        offsets_.fault(offsets_.place() + " does not point at a batch");
      }
      offsets_.pass();
    }
  }
  void check_times(std::int64_t relative, TimestampMs timestamp_ms) {
    while (const TimeEntry* entry = times_.next()) {
      if (entry->relative_offset > relative) break;
      if (entry->relative_offset >= scan_.trusted_offset - scan_.base) break;
      if (entry->relative_offset != relative || entry->timestamp_ms != timestamp_ms ||
          entry->timestamp_ms != max_timestamp_ms_) {
        times_.fault(times_.place() + " is not a batch's largest timestamp so far");
      }
      times_.pass();
    }
  }

  const SegmentScan& scan_;
  IndexWalk<OffsetEntry> offsets_;
  IndexWalk<TimeEntry> times_;
  std::int64_t unindexed_bytes_ = 0, unindexed_batches_ = 0;
  TimestampMs max_timestamp_ms_ = -1;
};

/// Where the next whole batch begins whose offset is not below `expected`; the file's end when there is none.
Result<std::int64_t> find_next_batch(Window& window, std::int64_t from, std::int64_t size, Offset expected) {
  for (std::int64_t at = from; at + static_cast<std::int64_t>(kafka::batch_header_size) <= size;) {
    TRY(const ByteView bytes, window.at(at, static_cast<std::int64_t>(kafka::batch_header_size)));
    // Most places are ruled out by one byte; the window is searched before the file is read on.
    std::size_t i = 0;
    const std::size_t last = bytes.size() - kafka::batch_header_size;
    while (i <= last && bytes[i + magic_at] != std::byte{2}) ++i;
    at += static_cast<std::int64_t>(i);
    if (i > last) continue;
    const ByteView candidate = bytes.subspan(i);
    const auto header = kafka::parse_batch_header(candidate);
    const bool plausible = header && header->base_offset >= expected.value() && header->last_offset_delta >= 0 &&
                           header->base_offset - expected.value() <= std::numeric_limits<std::int32_t>::max() &&
                           header->size() <= std::min(max_batch_size, size - at);
    if (plausible) {
      TRY(const ByteView whole, window.at(at, header->size()));
      if (inspect_batch(whole, expected).verdict == Inspection::Verdict::whole) return at;
    }
    ++at;
  }
  return size;
}

/// Base offset and leader epoch are not covered by the CRC. A batch whose CRC is right, in a log without gaps, follows
/// the one before it: unless the batch behind it agrees with it that something is missing.
Result<bool> is_misnumbered(Window& window, std::int64_t at, std::int64_t size, Offset expected) {
  constexpr auto header_size = static_cast<std::int64_t>(kafka::batch_header_size);
  TRY(ByteView bytes, window.at(at, header_size));
  auto header = kafka::parse_batch_header(bytes);
  if (!header || header->size() > std::min(max_batch_size, size - at) || header->last_offset_delta < 0) return false;
  const bool right = header->base_offset == expected.value() && header->leader_epoch == leader_epoch;
  if (right) return false;
  TRY(bytes, window.at(at, header->size()));
  if (!kafka::crc_matches({*header, bytes.first(static_cast<std::size_t>(header->size()))})) return false;
  if (header->base_offset == expected.value()) return true;
  const std::int64_t behind = at + header->size();
  if (behind + header_size > size) return true;
  const std::int64_t claimed_end = header->last_offset() + 1;
  TRY(bytes, window.at(behind, header_size));
  const auto next = kafka::parse_batch_header(bytes);
  return !next || next->base_offset != claimed_end;
}

SegmentPiece misnumbered_piece(const kafka::BatchHeader& header, std::int64_t at, Offset expected) {
  SegmentPiece piece{at, at + header.size(), expected, expected + header.last_offset_delta + 1, {}};
  piece.damage = fmt::format("its offset is {} and its leader epoch {}, not {} and {}", header.base_offset,
                             header.leader_epoch, expected.value(), leader_epoch);
  piece.misnumbered = true;
  return piece;
}

}  // namespace

bool SegmentContent::has_damage() const {
  return std::ranges::any_of(pieces, [](const SegmentPiece& piece) { return !piece.good(); });
}

Result<SegmentContent> scan_segment(const SegmentScan& scan) {
  TRY(const io::File file, io::File::open(scan.directory / segment_file_name(scan.base, ".log"), io::File::Mode::read));
  SegmentContent content;
  content.base = scan.base;
  TRY(content.size, file.size());
  std::optional<IndexCheck> indexes;
  if (scan.trusted_position > 0) indexes.emplace(scan, content.index_faults);
  Window window(file, content.size);
  Offset expected = scan.base;
  std::int64_t at = 0;
  while (at < content.size) {
    TRY(ByteView bytes, window.at(at, static_cast<std::int64_t>(kafka::batch_header_size)));
    Inspection found = inspect_batch(bytes, expected);
    if (found.verdict == Inspection::Verdict::incomplete && at + std::ssize(bytes) < content.size) {
      TRY(bytes, window.at(at, found.needed));
      found = inspect_batch(bytes, expected);
    }
    const bool whole = found.verdict == Inspection::Verdict::whole;
    if (!scan.gaps_allowed) {
      TRY(const bool misnumbered, is_misnumbered(window, at, content.size, expected));
      if (misnumbered) {
        TRY(bytes, window.at(at, static_cast<std::int64_t>(kafka::batch_header_size)));
        const kafka::BatchHeader header = *kafka::parse_batch_header(bytes);
        content.pieces.push_back(misnumbered_piece(header, at, expected));
        ++content.batches;
        content.max_timestamp_ms = std::max(content.max_timestamp_ms, header.max_timestamp);
        expected = content.pieces.back().next;
        at += header.size();
        continue;
      }
    }
    const Offset first = whole ? Offset(found.header.base_offset) : expected;
    if (whole && first > expected && !scan.gaps_allowed) {
      content.pieces.push_back({at, at, expected, first, "a gap in the offsets"});
    }
    if (whole) {
      if (indexes) indexes->batch(found.header, at);
      ++content.batches;
      content.max_timestamp_ms = std::max(content.max_timestamp_ms, found.header.max_timestamp);
      if (scan.producers != nullptr && first < scan.producers_until) {
        const ByteView batch = bytes.first(static_cast<std::size_t>(found.header.size()));
        const auto decided =
            scan.producers->remember(found.header, scan.now_ms, kafka::marker_of({found.header, batch}));
        if (decided && decided->aborted) content.aborted.push_back(*decided);
      }
      if (first < scan.trusted_offset) content.point_position = at + found.header.size();
      const Offset next(found.header.last_offset() + 1);
      const std::int64_t end = at + found.header.size();
      if (!content.pieces.empty() && content.pieces.back().good()) {
        content.pieces.back().to = end;
        content.pieces.back().next = next;
      } else {
        content.pieces.push_back({at, end, first, next, {}});
      }
      expected = next;
      at = end;
      continue;
    }
    TRY(const std::int64_t next, find_next_batch(window, at + 1, content.size, expected));
    Offset until = expected;
    if (next < content.size) {
      TRY(const ByteView header, window.at(next, static_cast<std::int64_t>(kafka::batch_header_size)));
      until = Offset(load_big_endian<std::int64_t>(header.data()));
    }
    content.pieces.push_back({at, next, expected, until, std::string(found.reason)});
    expected = until;
    at = next;
  }
  if (indexes) indexes->end(scan.trusted_position >= content.size, !content.has_damage());
  return content;
}

Buffer placeholder_batch(Offset first, Offset next) {
  Buffer batch(kafka::batch_header_size);
  std::byte* to = batch.data();
  store_big_endian(to, first.value());
  store_big_endian(to + 8, static_cast<std::int32_t>(kafka::batch_header_size - kafka::batch_length_prefix));
  store_big_endian(to + 12, std::int32_t{0});
  to[magic_at] = std::byte{2};
  store_big_endian(to + 23, static_cast<std::int32_t>(next - first - 1));
  store_big_endian(to + 27, std::int64_t{-1});  // no timestamps
  store_big_endian(to + 35, std::int64_t{-1});
  store_big_endian(to + 43, std::int64_t{-1});  // no producer
  store_big_endian(to + 51, std::int16_t{-1});
  store_big_endian(to + 53, std::int32_t{-1});
  store_big_endian(to + 17, crc32c(ByteView(batch).subspan(attributes_at)));
  return batch;
}

namespace {

Result<void> set_numbers(const io::File& file, std::int64_t position, Offset base) {
  Buffer header(kafka::batch_header_size);
  CHECK(file.read_exactly_at(position, header));
  kafka::patch_base_offset(header, base.value());
  kafka::patch_leader_epoch(header, leader_epoch);
  return file.write_at(position, header);
}

}  // namespace

Result<void> rewrite_segment(const io::Path& directory, const SegmentContent& content, const io::Path& to) {
  CHECK(io::remove_file(to));
  TRY(const io::File copy, io::File::open(to, io::File::Mode::create_new));
  std::int64_t end = 0;
  std::optional<io::File> original;  // none for a segment that is missing as a whole
  if (content.size > 0) {
    TRY(original, io::File::open(directory / segment_file_name(content.base, ".log"), io::File::Mode::read));
  }
  for (const SegmentPiece& piece : content.pieces) {
    if (piece.good() || piece.misnumbered) {
      CHECK(copy.copy_from(*original, piece.from, piece.to - piece.from, end));
      if (piece.misnumbered) CHECK(set_numbers(copy, end, piece.first));
      end += piece.to - piece.from;
      continue;
    }
    constexpr std::int64_t most = std::numeric_limits<std::int32_t>::max();
    for (Offset first = piece.first; first < piece.next;) {
      const Offset next = std::min(piece.next, first + most);
      const Buffer batch = placeholder_batch(first, next);
      CHECK(copy.write_at(end, batch));
      end += std::ssize(batch);
      first = next;
    }
  }
  return copy.sync();
}

Result<void> rebuild_indexes(const io::Path& directory, Offset base, std::int64_t index_interval) {
  for (const char* extension : {".index", ".timeindex"}) {
    CHECK(io::remove_file(directory / segment_file_name(base, extension)));
  }
  TRY(const auto segment, Segment::open(directory, base));
  const std::int64_t size = segment->size();
  CHECK(segment->rewind(0, base));
  while (segment->size() < size) {
    TRY(const kafka::BatchHeader header, read_batch_header(*segment->file(), segment->size()));
    CHECK(segment->note(header, index_interval));
  }
  CHECK(segment->flush_indexes());
  TRY(const auto offsets, segment->offset_index().file());
  TRY(const auto times, segment->time_index().file());
  CHECK(offsets->sync());
  CHECK(times->sync());
  return io::sync_directory(directory);
}

Result<std::int64_t> position_of(const io::Path& directory, Offset base, Offset offset) {
  TRY(const io::File file, io::File::open(directory / segment_file_name(base, ".log"), io::File::Mode::read));
  TRY(const std::int64_t size, file.size());
  return find_batch(file, 0, size, [&](const kafka::BatchHeader& header, std::int64_t) {
    return header.base_offset >= offset.value();
  });
}

}  // namespace tickerlake::broker
