// Opens a partition's folder: trusts what its checkpoint covers, checks the rest batch by batch, cuts what is torn.
// What is decided about segments and batches stands in recovery_plan.h and segment_scan.h; here are the files.
#include <fmt/format.h>

#include <algorithm>
#include <charconv>

#include "services/broker/log/partition_log.h"
#include "services/broker/log/recovery_plan.h"
#include "services/broker/log/segment_scan.h"
#include "services/broker/log/segment_swap.h"

namespace tickerlake::broker {

namespace {

constexpr std::int64_t scan_window = 4_MiB;

std::optional<Offset> parse_segment_name(const std::string& name, std::string_view extension) {
  if (name.size() != 20 + extension.size() || !name.ends_with(extension)) return std::nullopt;
  std::int64_t base = 0;
  const auto [stop, error] = std::from_chars(name.data(), name.data() + 20, base);
  if (error != std::errc() || stop != name.data() + 20) return std::nullopt;
  return Offset(base);
}

}  // namespace

class LogRecovery {
 public:
  LogRecovery(const io::Path& directory, const TopicConfig& config, TimestampMs now_ms, const Log& log)
      : directory_(directory), config_(config), now_ms_(now_ms), log_(log) {}

  Result<std::unique_ptr<PartitionLog>> run() {
    CHECK(io::make_directories(directory_));
    CHECK(finish_swap(directory_));
    CHECK(list_files());
    CHECK(choose_recovery_point());
    std::unique_ptr<PartitionLog> opened(new PartitionLog(directory_, log_));
    PartitionLog& partition = *opened;
    partition.log_start_ = checkpoint_.log_start;
    partition.cleaned_ = checkpoint_.cleaned;
    partition.producers_ = std::move(producers_);
    partition.active_since_ms_ = now_ms_;
    if (usable_) partition.opened_with_ = checkpoint_;
    CHECK(open_segments(partition));
    if (partition.segments_.empty()) {
      TRY(auto first, Segment::open(directory_, partition.next_offset_));
      partition.segments_.push_back(std::move(first));
      partition.unsynced_.directory = true;
    }
    if (!has_checkpoint_) partition.log_start_ = std::max(partition.log_start_, partition.segments_.front()->base());
    partition.unsynced_indexes_from_ = std::min(checkpoint_.recovery.segment, partition.segments_.back()->base());
    return opened;
  }

 private:
  Result<void> list_files() {
    std::error_code error;
    for (const auto& entry : std::filesystem::directory_iterator(directory_, error)) {
      const std::string name = entry.path().filename().string();
      if (const auto base = parse_segment_name(name, ".log")) {
        segments_.push_back({*base, static_cast<std::int64_t>(entry.file_size(error))});
      }
      if (const auto base = parse_segment_name(name, ".index")) indexed_.push_back(*base);
      if (const auto offset = parse_segment_name(name, ".snapshot")) snapshots_.push_back(*offset);
      if (name.ends_with(".new")) CHECK(io::remove_file(entry.path()));
    }
    if (error) return fail_errno("can't list " + directory_.string(), error.value());
    std::ranges::sort(segments_, {}, &SegmentFile::base);
    return {};
  }

  /// Falls back to checking everything when checkpoint, snapshot and segments don't fit together.
  Result<void> choose_recovery_point() {
    TRY(const auto checkpoint, read_checkpoint(directory_));
    has_checkpoint_ = checkpoint.has_value();
    if (checkpoint) {
      checkpoint_ = *checkpoint;
      for (const SegmentFile& expired : take_expired(segments_, checkpoint_.log_start)) {
        CHECK(Segment::remove(directory_, expired.base));
      }
      if (fits(checkpoint_, segments_) && read_producers()) return remove_old_snapshots();
      log_.warning("{}: the checkpoint at offset {} does not fit the files; the whole log is checked",
                   directory_.string(), checkpoint->recovery.offset.value());
    }
    checkpoint_.recovery = beginning(segments_, checkpoint_.log_start);
    checkpoint_.has_producers = false;
    producers_ = {};
    // The one that does not fit would come to fit when the log has grown again.
    return has_checkpoint_ ? write_checkpoint(directory_, checkpoint_) : Result<void>();
  }

  Result<void> remove_old_snapshots() {
    for (const Offset offset : snapshots_) {
      const bool current = checkpoint_.has_producers && offset == checkpoint_.recovery.offset;
      if (!current) CHECK(io::remove_file(directory_ / snapshot_file_name(offset)));
    }
    usable_ = true;
    return {};
  }

  /// The checkpoint's snapshot, if it has one; false when that is missing or damaged.
  bool read_producers() {
    if (!checkpoint_.has_producers) return true;
    const auto bytes = io::read_file(directory_ / snapshot_file_name(checkpoint_.recovery.offset));
    if (!bytes) return false;
    auto decoded = ProducerState::decode(as_bytes(*bytes));
    if (!decoded) return false;
    producers_ = *std::move(decoded);
    return true;
  }

  Result<void> open_segments(PartitionLog& partition) {
    RecoveryWalk walk(checkpoint_.recovery);
    for (const auto& [base, size] : segments_) {
      const RecoveryWalk::Fate fate = walk.fate_of(base);
      if (fate == RecoveryWalk::Fate::set_aside) {
        CHECK(set_aside(partition, base, walk.next()));
        continue;
      }
      TRY(auto segment, Segment::open(directory_, base));
      if (fate == RecoveryWalk::Fate::check) {
        TRY(const Offset next, check_segment(partition, *segment, walk.check_from(base)));
        walk.checked(next);
        // Checkpoints flush the active segment's indexes only; those of the others must be whole from here on.
        CHECK(segment->flush_indexes());
      } else if (std::ranges::find(indexed_, base) == indexed_.end()) {
        CHECK(rebuild_indexes(*segment));
      }
      partition.segments_.push_back(std::move(segment));
    }
    partition.next_offset_ = walk.next();
    return {};
  }

  /// Checks a segment's batches from a position on and cuts what is not one; the offset behind the last.
  Result<Offset> check_segment(PartitionLog& partition, Segment& segment, const LogPosition& from) {
    const std::int64_t size = segment.size();
    if (from.position == size && size > 0) return from.offset;  // a clean stop
    CHECK(segment.rewind(from.position, from.offset));
    CHECK(segment.rewind_aborted(from.offset));
    Offset expected = from.offset;
    std::string_view reason;
    CHECK(scan(segment, size, expected, reason, &partition));
    if (size > from.position) partition.unsynced_.files.push_back(segment.file());
    partition.unsynced_.directory = true;
    if (segment.size() < size) {
      log_.warning("{}: cut {} bytes at {}, offset {}: {}", segment.file()->path().string(), size - segment.size(),
                   segment.size(), expected.value(), reason);
      CHECK(segment.cut());
    }
    return expected;
  }

  Result<void> rebuild_indexes(Segment& segment) {
    const std::int64_t size = segment.size();
    Offset expected = segment.base();
    std::string_view reason;
    CHECK(segment.rewind(0, segment.base()));
    CHECK(scan(segment, size, expected, reason, nullptr));
    if (segment.size() != size) {
      return fail(ErrorCode::corrupt,
                  fmt::format("{} is damaged at byte {}: {}", segment.file()->path().string(), segment.size(), reason));
    }
    return segment.flush_indexes();
  }

  /// Notes whole batches from segment.size() on until the end of the file or the first that is not one.
  Result<void> scan(Segment& segment, std::int64_t file_size, Offset& expected, std::string_view& reason,
                    PartitionLog* partition) const {
    Buffer buffer;
    std::int64_t window = scan_window;
    while (segment.size() < file_size) {
      buffer.resize(static_cast<std::size_t>(std::min(window, file_size - segment.size())));
      CHECK(segment.file()->read_exactly_at(segment.size(), buffer));
      ByteView rest = buffer;
      Inspection found;
      while (true) {
        found = inspect_batch(rest, expected);
        if (found.verdict == Inspection::Verdict::whole &&
            found.header.last_offset() - segment.base().value() > INT32_MAX) {
          found.verdict = Inspection::Verdict::invalid;  // the log rolls before its indexes' 32 bits are used up
          found.reason = "its offset is too far from the segment's";
        }
        if (found.verdict != Inspection::Verdict::whole) break;
        CHECK(segment.note(found.header, config_.index_interval_bytes));
        if (partition != nullptr) CHECK(remember(*partition, segment, found.header, rest));
        expected = Offset(found.header.last_offset() + 1);
        rest = rest.subspan(static_cast<std::size_t>(found.header.size()));
      }
      const bool more_in_file = segment.size() + std::ssize(rest) < file_size;
      if (found.verdict == Inspection::Verdict::invalid || (!more_in_file && !rest.empty())) {
        reason = found.reason;
        return {};
      }
      window = std::max(scan_window, found.needed);
    }
    return {};
  }

  Result<void> remember(PartitionLog& partition, Segment& segment, const kafka::BatchHeader& header,
                        ByteView bytes) const {
    const auto marker = kafka::marker_of({header, bytes.first(static_cast<std::size_t>(header.size()))});
    const auto decided = partition.producers_.remember(header, now_ms_, marker);
    if (!decided || !decided->aborted) return {};
    CHECK(segment.make_aborted());
    return segment.note_aborted(entry_of(*decided));
  }

  /// What does not follow can't be part of this log any more. It is kept under another name, for people to look at.
  Result<void> set_aside(PartitionLog& partition, Offset base, Offset next) {
    const io::Path path = directory_ / segment_file_name(base, ".log");
    log_.error("{}: its offsets do not follow the log's end at {}; renamed to .cut", path.string(), next.value());
    io::Path aside = path;
    aside += ".cut";
    CHECK(io::rename(path, aside));
    partition.unsynced_.directory = true;
    return Segment::remove(directory_, base);  // its indexes
  }

  const io::Path& directory_;
  const TopicConfig& config_;
  const TimestampMs now_ms_;
  const Log& log_;
  std::vector<SegmentFile> segments_;  // ascending
  std::vector<Offset> indexed_;        // those with an offset index
  std::vector<Offset> snapshots_;
  bool has_checkpoint_ = false;
  bool usable_ = false;
  Checkpoint checkpoint_;
  ProducerState producers_;
};

Result<std::unique_ptr<PartitionLog>> PartitionLog::open(const io::Path& directory, const TopicConfig& config,
                                                         TimestampMs now_ms, const Log& log) {
  return LogRecovery(directory, config, now_ms, log).run();
}

}  // namespace tickerlake::broker
