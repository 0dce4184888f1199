#include "pipeline/sink/intake.h"

#include <algorithm>

#include "base/digest.h"

namespace tickerlake::pipeline {

std::uint32_t fingerprint(const kafka::FetchedRecord& record) {
  const std::uint64_t lengths[2] = {record.has_key ? record.key.size() + 1 : 0,
                                    record.has_value ? record.value.size() + 1 : 0};
  const std::uint32_t with_lengths = crc32c(std::as_bytes(std::span(lengths)));
  return crc32c(as_bytes(record.value), crc32c(as_bytes(record.key), with_lengths));
}

Intake::Intake(SinkPlanner& planner, std::shared_ptr<const Layout> layout)
    : planner_(planner),
      layout_(std::move(layout)),
      parser_(layout_->schema),
      rows_(layout_->schema, layout_->partitioning) {
  begin(layout_);
}

void Intake::begin(std::shared_ptr<const Layout> layout) {
  layout_ = std::move(layout);
  parser_ = RowParser(layout_->schema);
  rows_ = PartitionedRows(layout_->schema, layout_->partitioning);
  letters_.clear();
  const auto& redo = planner_.redo();
  first_ = redo ? redo->first : planner_.next_offset();
  redo_until_ = redo ? std::optional(redo->last) : std::nullopt;
  position_ = std::max(position_, first_);
  bytes_ = 0;
  tombstones_ = 0;
  last_record_ = -1;
  last_record_crc_ = 0;
}

void Intake::take(const kafka::FetchedRecord& record, Time now) {
  if (record.offset < position_) return;
  position_ = record.offset + 1;
  if (last_record_ < 0) since_ = now;
  last_record_ = record.offset;
  bytes_ += static_cast<std::int64_t>(record.value.size());
  if (!record.has_value) {
    ++tombstones_;
    return;
  }
  const RecordOrigin origin{.has_key = record.has_key,
                            .key = record.key,
                            .partition = record.partition,
                            .offset = record.offset,
                            .timestamp_ms = record.timestamp_ms};
  if (parser_.parse(record.value, origin)) [[likely]] {
    rows_.add(parser_.values());
    return;
  }
  letters_.push_back({.offset = record.offset,
                      .timestamp_ms = record.timestamp_ms,
                      .key = record.has_key ? std::optional<std::string>(record.key) : std::nullopt,
                      .value = std::string(record.value),
                      .reason = parser_.reason()});
}

void Intake::skip_to(std::int64_t offset) { position_ = std::max(position_, offset); }

void Intake::note_last(const kafka::FetchedRecord& record) {
  if (record.offset == last_record_) last_record_crc_ = fingerprint(record);
}

std::unique_ptr<Flush> Intake::cut(const LakeNames& names, const std::string& cluster, const std::string& writer,
                                   std::shared_ptr<const Layout> next_layout) {
  Plan plan;
  plan.cluster = cluster;
  plan.topic = names.topic;
  plan.partition = planner_.partition();
  plan.first = first_;
  plan.last = redo_until_.value_or(position_ - 1);
  plan.schema = layout_->schema_json;
  plan.partition_by = layout_->partition_by;
  plan.rows = rows();
  plan.dead_letters = static_cast<std::int64_t>(letters_.size());
  plan.tombstones = tombstones_;
  plan.last_record = last_record_;
  plan.last_record_crc = last_record_crc_;
  plan.writer = writer;
  for (const auto& [folder, rows] : rows_.folders())
    plan.files.push_back(
        {names.file_key(folder, plan.partition, plan.first, plan.last), static_cast<std::int64_t>(rows.size())});

  const bool redone = redoes();
  planner_.collected(std::move(plan));
  if (planner_.step() == SinkStep::stopped) return nullptr;
  auto flush = std::make_unique<Flush>(Flush{.planner = &planner_,
                                             .layout = layout_,
                                             .rows = std::move(rows_),
                                             .letters = std::move(letters_),
                                             .redone = redone,
                                             .bytes = bytes_});
  // The planner's next_offset() moves only when the plan is stored: what comes next begins at position_.
  const std::int64_t next = redone ? planner_.next_offset() : position_;
  begin(std::move(next_layout));
  first_ = next;
  position_ = std::max(position_, next);
  redo_until_.reset();
  return flush;
}

}  // namespace tickerlake::pipeline
