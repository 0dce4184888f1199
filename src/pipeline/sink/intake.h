#pragma once
// Records of one partition on their way into rows: from where the last plan ended to where the next one will.
#include <chrono>
#include <memory>
#include <optional>

#include "base/bytes.h"
#include "kafka/client/consumer.h"
#include "pipeline/sink/flush.h"
#include "pipeline/sink/json_row.h"
#include "pipeline/sink/sink.h"

namespace tickerlake::pipeline {

/// CRC-32C of a record's key and value, each with its length in front.
std::uint32_t fingerprint(const kafka::FetchedRecord& record);

/// Not thread-safe.
class Intake {
 public:
  using Time = std::chrono::steady_clock::time_point;

  /// More dead letters than these are not held in memory: the range is cut.
  static constexpr std::size_t most_letters = 100'000;
  static constexpr std::int64_t most_letter_bytes = 32_MiB;

  /// layout: of the range that comes first, a redone plan's perhaps; next_layout: of what follows it.
  Intake(SinkPlanner& planner, std::shared_ptr<const Layout> layout, std::shared_ptr<const Layout> next_layout,
         Tombstones tombstones);

  /// The offset behind the last record that was seen.
  std::int64_t position() const { return position_; }
  SinkPlanner& planner() { return planner_; }
  std::int64_t rows() const { return static_cast<std::int64_t>(now_.rows.size()); }
  /// Of the values of the records that came since the last cut.
  std::int64_t bytes() const { return bytes_; }
  /// Bytes that rows and dead letters take, roughly.
  std::int64_t memory() const { return now_.memory() + later_.memory(); }
  bool too_many_letters() const {
    return now_.letters.size() >= most_letters || now_.letter_bytes >= most_letter_bytes;
  }
  /// Whether there is anything to cut: records, or older rows and a range to name their plan by.
  bool holds_records() const { return last_record_ >= 0 || (!left_.empty() && position_ > first_); }
  /// When the first record of the range came, and the last.
  Time since() const { return since_; }
  Time last_came() const { return last_came_; }
  /// How many older offsets wait for a later plan.
  std::int64_t left_for_later() const { return left_.size(); }
  /// The range of a plan that is being redone was read to its end.
  bool reached_redo() const { return redo_until_ && position_ > *redo_until_; }
  bool redoes() const { return redo_until_.has_value(); }

  /// Records before position() are taken if an earlier plan left them for later, else ignored. Records must come in the
  /// order of their offsets, and none behind a redone plan's last.
  void take(const kafka::FetchedRecord& record, Time now);
  /// The partition has no record before this offset that was not seen.
  void skip_to(std::int64_t offset);
  /// Of the last record taken: once a batch is enough, before its memory goes.
  void note_last(const kafka::FetchedRecord& record);

  /// Ends the range: the plan is handed to the planner. Rows of sparse folders that came after hold_since stay for a
  /// later plan; that is permitted only when a record of the partition is known to follow, because a plan needs an
  /// offset of its own to have a name. Nothing when the planner refuses it (planner().failure()).
  std::unique_ptr<Flush> cut(const LakeNames& names, const std::string& cluster, const std::string& writer,
                             std::optional<Time> hold_since);

 private:
  /// What goes into one plan.
  struct Collected {
    explicit Collected(const Layout& layout) : rows(layout.schema, layout.partitioning) {}
    PartitionedRows rows;
    std::vector<DeadLetter> letters;
    std::int64_t letter_bytes = 0;
    OffsetSet dead_letters;
    OffsetSet tombstones;

    std::int64_t memory() const { return rows.memory() + letter_bytes; }
    OffsetSet offsets() const { return rows.offsets().united_with(dead_letters).united_with(tombstones); }
  };

  void add(const kafka::FetchedRecord& record, Time now);
  void begin(std::int64_t first);

  SinkPlanner& planner_;
  std::shared_ptr<const Layout> layout_;
  std::shared_ptr<const Layout> next_layout_;
  const Tombstones tombstones_;
  RowParser parser_;
  RowParser next_parser_;
  Collected now_;
  Collected later_;                 // what the plan at hand leaves for the next ones
  OffsetSet left_;                  // what earlier plans left for this one or the next ones
  OffsetSet to_reread_;             // those of left_ that are not in memory
  std::int64_t reread_behind_ = 0;  // all before this were seen again
  std::int64_t first_ = 0;
  std::int64_t position_ = 0;
  std::optional<std::int64_t> redo_until_;
  std::int64_t bytes_ = 0;
  std::int64_t last_record_ = -1;
  std::uint32_t last_record_crc_ = 0;
  std::int64_t newest_ms_ = 0;  // of the records of the range
  Time since_{};
  Time last_came_{};
};

}  // namespace tickerlake::pipeline
