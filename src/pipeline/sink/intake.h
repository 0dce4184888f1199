#pragma once
// Records of one partition on their way into rows: from where the last plan ended to where the next one will.
#include <chrono>
#include <memory>
#include <optional>

#include "kafka/client/consumer.h"
#include "pipeline/sink/flush.h"
#include "pipeline/sink/json_row.h"

namespace tickerlake::pipeline {

/// CRC-32C of a record's key and value, each with its length in front.
std::uint32_t fingerprint(const kafka::FetchedRecord& record);

/// Not thread-safe.
class Intake {
 public:
  using Time = std::chrono::steady_clock::time_point;

  Intake(SinkPlanner& planner, std::shared_ptr<const Layout> layout);

  /// The offset behind the last record that was seen.
  std::int64_t position() const { return position_; }
  SinkPlanner& planner() { return planner_; }
  std::int64_t rows() const { return static_cast<std::int64_t>(rows_.size()); }
  std::int64_t bytes() const { return bytes_; }
  bool holds_records() const { return last_record_ >= 0; }
  /// When the first record came that is held.
  Time since() const { return since_; }
  /// The range of a plan that is being redone was read to its end.
  bool reached_redo() const { return redo_until_ && position_ > *redo_until_; }
  bool redoes() const { return redo_until_.has_value(); }

  /// Records before position() are ignored. Records must come in the order of their offsets, and none behind a redone
  /// plan's last.
  void take(const kafka::FetchedRecord& record, Time now);
  /// The partition has no record before this offset that was not seen.
  void skip_to(std::int64_t offset);
  /// Of the last record taken: once a batch is enough, before its memory goes.
  void note_last(const kafka::FetchedRecord& record);

  /// Ends the range: the plan is handed to the planner; what comes next is collected under next_layout. Nothing when
  /// the planner refuses it (planner().failure()).
  std::unique_ptr<Flush> cut(const LakeNames& names, const std::string& cluster, const std::string& writer,
                             std::shared_ptr<const Layout> next_layout);

 private:
  void begin(std::shared_ptr<const Layout> layout);

  SinkPlanner& planner_;
  std::shared_ptr<const Layout> layout_;
  RowParser parser_;
  PartitionedRows rows_;
  std::vector<DeadLetter> letters_;
  std::int64_t first_ = 0;
  std::int64_t position_ = 0;
  std::optional<std::int64_t> redo_until_;
  std::int64_t bytes_ = 0;
  std::int64_t tombstones_ = 0;
  std::int64_t last_record_ = -1;
  std::uint32_t last_record_crc_ = 0;
  Time since_{};
};

}  // namespace tickerlake::pipeline
