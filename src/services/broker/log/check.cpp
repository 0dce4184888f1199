#include "services/broker/log/check.h"

#include <fmt/format.h>

#include <algorithm>
#include <charconv>
#include <limits>
#include <set>

#include "services/broker/log/partition_log.h"
#include "services/broker/log/segment_check.h"
#include "services/broker/log/segment_swap.h"

namespace tickerlake::broker {
namespace {

using services::Finding;
using services::Fsck;

constexpr const char* no_loss = "nothing";

std::optional<Offset> offset_of(const std::string& name, std::string_view extension) {
  if (name.size() != 20 + extension.size() || !name.ends_with(extension)) return std::nullopt;
  std::int64_t base = 0;
  const auto [stop, error] = std::from_chars(name.data(), name.data() + 20, base);
  if (error != std::errc() || stop != name.data() + 20) return std::nullopt;
  return Offset(base);
}

class PartitionCheck {
 public:
  PartitionCheck(Fsck& fsck, io::Path directory, const TopicConfig& config, std::string what)
      : fsck_(fsck), directory_(std::move(directory)), config_(config), what_(std::move(what)) {}

  void run() {
    if (has_unfinished_swap()) return;
    list_files();
    read_the_checkpoint();
    scan_segments();
    find_missing_ends();
    for (SegmentContent& content : contents_) report_segment(content);
    for (const SegmentContent& content : contents_) report_aborted(content);
    check_log_start();
    check_snapshot();
    settle_checkpoint();
  }

 private:
  io::Path file(Offset base, std::string_view extension) const {
    return directory_ / segment_file_name(base, extension);
  }

  /// Compaction was at replacing segments. As long as it is not completed, nothing here follows anything.
  bool has_unfinished_swap() {
    const io::Path path = directory_ / swap_file_name;
    if (!std::filesystem::exists(path)) return false;
    Result<void> finished;
    if (fsck_.repair) finished = finish_swap(directory_);
    fsck_.say({.kind = Finding::Kind::leftover,
               .place = fsck_.shown(path),
               .problem = "segments are being replaced by their compacted form",
               .lost = no_loss,
               .remedy = "complete it, as the next start does; only then this partition can be checked"},
              [&] { return finished; });
    return !fsck_.repair || !finished;
  }

  void list_files() {
    services::check_temporary_files(fsck_, directory_);
    std::set<Offset> indexed;
    for (const std::string& name : services::names_in(directory_)) {
      const io::Path path = directory_ / name;
      if (const auto base = offset_of(name, ".log")) {
        bases_.push_back(*base);
      } else if (offset_of(name, ".index") || offset_of(name, ".timeindex") || offset_of(name, aborted_extension)) {
        indexed.insert(*offset_of(name, std::string_view(name).substr(20)));
      } else if (name == checkpoint_file_name || name == cleaned_folder || name.ends_with(".new") ||
                 offset_of(name, ".snapshot")) {
        continue;
      } else {
        const bool cut = name.ends_with(".cut");
        fsck_.say(
            {.place = fsck_.shown(path),
             .problem = cut ? "a segment that an earlier start set aside: it did not follow what came before"
                            : "this file does not belong here",
             .lost = cut ? "the records in it, since then; after a power failure these were never synced" : no_loss,
             .remedy = "move it to lost+found"},
            [&] { return fsck_.set_aside(path); });
      }
    }
    for (const Offset base : indexed) {
      if (std::ranges::binary_search(bases_, base)) continue;
      fsck_.say({.place = fsck_.shown(file(base, ".index")),
                 .problem = "indexes without their segment",
                 .lost = no_loss,  // what is missing is said for the segment
                 .remedy = "move them to lost+found"},
                [&]() -> Result<void> {
                  for (const char* extension : {".index", ".timeindex", aborted_extension}) {
                    if (std::filesystem::exists(file(base, extension))) CHECK(fsck_.set_aside(file(base, extension)));
                  }
                  return {};
                });
    }
  }

  void read_the_checkpoint() {
    const io::Path path = directory_ / checkpoint_file_name;
    auto read = read_checkpoint(directory_);
    if (read) {
      checkpoint_ = *std::move(read);
    } else {
      fsck_.say({.place = fsck_.shown(path),
                 .problem = read.error().message,
                 .lost = "where reading begins: records that were deleted before are there again",
                 .remedy = "move it to lost+found; the next start checks the whole log. Without that no server starts"},
                [&] { return fsck_.set_aside(path); });
    }
    // What retention freed is only waiting for its removal.
    while (checkpoint_ && bases_.size() > 1 && bases_[1] <= checkpoint_->log_start) bases_.erase(bases_.begin());
  }

  void scan_segments() {
    for (const Offset base : bases_) {
      SegmentScan scan;
      scan.directory = directory_;
      scan.now_ms = SystemClock().now_ms();
      scan.base = base;
      scan.index_interval = config_.index_interval_bytes;
      scan.gaps_allowed = gaps_allowed(base);
      scan.producers = &producers_;
      if (checkpoint_) {
        const LogPosition& point = checkpoint_->recovery;
        scan.producers_until = point.offset;
        constexpr std::int64_t all = std::numeric_limits<std::int64_t>::max();
        scan.trusted_position = base < point.segment ? all : base == point.segment ? point.position : 0;
        scan.trusted_offset = base < point.segment ? Offset(all) : base == point.segment ? point.offset : base;
      }
      auto content = scan_segment(scan);
      if (!content) {
        fsck_.say({.place = fsck_.shown(file(base, ".log")),
                   .problem = content.error().message,
                   .lost = fmt::format("what it holds {}", what_),
                   .remedy = "look at the disk"});
        unreadable_ = true;
        continue;
      }
      fsck_.batches += content->batches;
      fsck_.log_bytes += content->size;
      contents_.push_back(*std::move(content));
    }
  }

  /// What compaction has been at; the policy may have been changed since, or its last pass not have ended.
  bool gaps_allowed(Offset base) const { return config_.compacted || (checkpoint_ && base < checkpoint_->cleaned); }

  /// Every segment must reach to the next one (compaction keeps a segment's last batch in name), the last one to what
  /// the checkpoint says was on disk.
  void find_missing_ends() {
    if (unreadable_) return;  // nothing can be said of what follows what
    if (checkpoint_ && (contents_.empty() || contents_.back().base < checkpoint_->recovery.segment)) {
      SegmentContent missing;
      missing.base = checkpoint_->recovery.segment;
      missing.missing = true;
      missing.pieces.push_back({0, 0, missing.base, missing.base, "the segment is missing"});
      contents_.push_back(std::move(missing));
    }
    for (std::size_t i = 0; i < contents_.size(); ++i) {
      SegmentContent& content = contents_[i];
      const bool last = i + 1 == contents_.size();
      Offset until = last ? content.end() : contents_[i + 1].base;
      if (last && checkpoint_) until = std::max(until, checkpoint_->recovery.offset);
      const bool ends_badly = !content.pieces.empty() && !content.pieces.back().good();
      if (ends_badly) {
        content.pieces.back().next = std::max(content.pieces.back().next, until);
      } else if (content.end() < until) {
        content.pieces.push_back({content.size, content.size, content.end(), until, "the segment ends early"});
      } else if (content.end() > until) {
        fsck_.say({.place = fsck_.shown(file(content.base, ".log")),
                   .problem = fmt::format("it holds offsets up to {}, but the next segment begins with {}",
                                          content.end().value() - 1, until.value()),
                   .lost = "nothing yet",
                   .remedy = "by hand: one of the two does not belong here"});
      }
    }
  }

  /// Bytes at the end of the log that nobody was promised: a write that a crash cut.
  bool is_torn_tail(const SegmentContent& content, const SegmentPiece& piece) const {
    if (&content != &contents_.back() || &piece != &content.pieces.back()) return false;
    return piece.first == piece.next && !content.missing;
  }

  void report_segment(const SegmentContent& content) {
    const io::Path path = file(content.base, ".log");
    if (!content.has_damage()) {
      if (content.index_faults.empty()) return;
      std::string faults;
      for (const std::string& fault : content.index_faults) faults += (faults.empty() ? "" : "; ") + fault;
      fsck_.say({.place = fsck_.shown(path), .problem = faults, .lost = no_loss, .remedy = "build both indexes anew"},
                [&] { return rebuild_indexes(directory_, content.base, config_.index_interval_bytes); });
      return;
    }
    Result<void> mended;
    if (fsck_.repair) mended = mend(content);
    for (const SegmentPiece& piece : content.pieces) {
      if (piece.good()) continue;
      const bool torn = is_torn_tail(content, piece);
      Finding finding;
      finding.place = fsck_.shown(path);
      finding.problem = piece.misnumbered ? fmt::format("the batch at byte {}: {}", piece.from, piece.damage)
                        : piece.to > piece.from
                            ? fmt::format("bytes {} to {} are no batch: {}", piece.from, piece.to, piece.damage)
                            : fmt::format("at byte {}: {}", piece.from, piece.damage);
      if (torn) {
        finding.kind = Finding::Kind::leftover;
        finding.lost = "nothing acknowledged, unless the disk failed: a write that a crash cut";
        finding.remedy = "cut it off; the bytes go to lost+found";
      } else if (piece.misnumbered) {
        finding.lost = no_loss;
        finding.remedy = "set them right; the file as it was goes to lost+found";
      } else {
        finding.lost = piece.first == piece.next
                           ? std::string(no_loss)
                           : fmt::format("offsets {} to {} {}", piece.first.value(), piece.next.value() - 1, what_);
        finding.remedy =
            "an empty batch takes their place, so that all others can be read; the file as it was goes to "
            "lost+found";
      }
      fsck_.say(std::move(finding), [&] { return mended; });
    }
  }

  void report_aborted(const SegmentContent& content) {
    if (content.missing || unreadable_) return;
    // What began before the first batch that is still there can't be told from the batches.
    const Offset first = contents_.front().base;
    const Offset trusted = checkpoint_ ? checkpoint_->recovery.offset : Offset(0);
    auto problem = check_aborted_index(directory_, content, first, trusted);
    if (!problem) problem = problem.error().message;
    if (problem->empty()) return;
    fsck_.say({.place = fsck_.shown(file(content.base, aborted_extension)),
               .problem = *problem,
               .lost = no_loss,  // the batches and their markers say the same
               .remedy = "build it anew: until then aborted records may be read as committed ones"},
              [&] { return rebuild_aborted_index(directory_, content, first); });
  }

  Result<void> mend(const SegmentContent& content) {
    const io::Path path = file(content.base, ".log");
    io::Path made = path;
    made += ".new";
    CHECK(rewrite_segment(directory_, content, made));
    if (std::filesystem::exists(path)) {
      TRY(const io::Path aside, fsck_.place_aside(path));
      CHECK(io::hard_link(path, aside));
      CHECK(io::sync_directory(aside.parent_path()));
    }
    CHECK(io::rename(made, path));
    CHECK(io::sync_directory(directory_));
    rewritten_.insert(content.base);
    return rebuild_indexes(directory_, content.base, config_.index_interval_bytes);
  }

  void check_log_start() {
    if (!checkpoint_ || contents_.empty() || checkpoint_->log_start >= contents_.front().base) return;
    const Offset first = contents_.front().base;
    fsck_.say({.place = fsck_.shown(directory_),
               .problem = "the first segments are missing",
               .lost = fmt::format("offsets {} to {} {}", checkpoint_->log_start.value(), first.value() - 1, what_),
               .remedy = fmt::format("let the log begin at offset {}", first.value())},
              [&]() -> Result<void> {
                checkpoint_->log_start = first;
                checkpoint_changed_ = true;
                return {};
              });
  }

  void check_snapshot() {
    if (!checkpoint_ || !checkpoint_->has_producers) return;
    const io::Path path = directory_ / snapshot_file_name(checkpoint_->recovery.offset);
    const auto bytes = io::read_file(path);
    Result<void> read;
    if (!bytes) {
      read = std::unexpected(bytes.error());
    } else if (const auto decoded = ProducerState::decode(as_bytes(*bytes)); !decoded) {
      read = std::unexpected(decoded.error());
    }
    if (read) return;
    fsck_.say({.place = fsck_.shown(path),
               .problem = read.error().message,
               .lost = "nothing: the batches say the same",
               .remedy = "build it anew from the batches"},
              [&] { return io::write_file_atomically(path, as_text(producers_.encode())); });
  }

  /// Bytes have moved, so the checkpoint's position has.
  void settle_checkpoint() {
    if (!checkpoint_) return;
    LogPosition& point = checkpoint_->recovery;
    const auto found = std::ranges::find(contents_, point.segment, &SegmentContent::base);
    const bool moved = rewritten_.contains(point.segment);
    if (!moved && found != contents_.end() && !found->has_damage() && !unreadable_) {
      if (found->point_position != point.position) {
        fsck_.say(
            {.place = fsck_.shown(directory_ / checkpoint_file_name),
             .problem = fmt::format("offset {} is not at byte {} of its segment", point.offset.value(), point.position),
             .lost = no_loss,
             .remedy = "set it right"},
            [&]() -> Result<void> {
              checkpoint_changed_ = true;
              return {};
            });
      }
    }
    if (!fsck_.repair || (!moved && !checkpoint_changed_)) return;
    const auto written = [&]() -> Result<void> {
      TRY(point.position, position_of(directory_, point.segment, point.offset));
      return write_checkpoint(directory_, *checkpoint_);
    }();
    if (written) return;
    fsck_.say({.place = fsck_.shown(directory_ / checkpoint_file_name),
               .problem = "it can't be written: " + written.error().message,
               .lost = no_loss,
               .remedy = "run the repair again"});
  }

  Fsck& fsck_;
  const io::Path directory_;
  const TopicConfig& config_;
  const std::string what_;
  std::vector<Offset> bases_;
  std::optional<Checkpoint> checkpoint_;
  bool checkpoint_changed_ = false;
  bool unreadable_ = false;
  std::vector<SegmentContent> contents_;
  std::set<Offset> rewritten_;
  ProducerState producers_;
};

}  // namespace

void check_partition(Fsck& fsck, const io::Path& directory, const TopicConfig& config,
                     const std::string& what_it_holds) {
  PartitionCheck(fsck, directory, config, what_it_holds).run();
}

}  // namespace tickerlake::broker
