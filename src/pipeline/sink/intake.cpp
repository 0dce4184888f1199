#include "pipeline/sink/intake.h"

#include <algorithm>

#include "base/digest.h"
#include "base/panic.h"

namespace tickerlake::pipeline {

std::uint32_t fingerprint(const kafka::FetchedRecord& record) {
  const std::uint64_t lengths[2] = {record.has_key ? record.key.size() + 1 : 0,
                                    record.has_value ? record.value.size() + 1 : 0};
  const std::uint32_t with_lengths = crc32c(std::as_bytes(std::span(lengths)));
  return crc32c(as_bytes(record.value), crc32c(as_bytes(record.key), with_lengths));
}

Intake::Intake(SinkPlanner& planner, std::shared_ptr<const Layout> layout, std::shared_ptr<const Layout> next_layout,
               Tombstones tombstones)
    : planner_(planner),
      layout_(std::move(layout)),
      next_layout_(std::move(next_layout)),
      tombstones_(tombstones),
      parser_(layout_->schema),
      next_parser_(next_layout_->schema),
      now_(*layout_),
      later_(*next_layout_) {
  if (const auto& redo = planner_.redo()) {
    begin(redo->first);
    redo_until_ = redo->last;
    left_ = redo->left_before();
  } else {
    begin(planner_.next_offset());
    if (planner_.found()) left_ = planner_.found()->carried;
  }
  to_reread_ = left_;
}

void Intake::begin(std::int64_t first) {
  first_ = first;
  position_ = std::max(position_, first_);
  redo_until_.reset();
  bytes_ = 0;
  last_record_ = -1;
  newest_ms_ = 0;
  last_record_crc_ = 0;
}

void Intake::take(const kafka::FetchedRecord& record, Time now) {
  if (record.offset < position_) {
    if (record.offset < reread_behind_ || !to_reread_.contains(record.offset)) return;
    reread_behind_ = record.offset + 1;
    since_ = now;
    return add(record, now);
  }
  position_ = record.offset + 1;
  if (last_record_ < 0) since_ = now;
  last_came_ = now;
  last_record_ = record.offset;
  newest_ms_ = std::max(newest_ms_, record.timestamp_ms);
  bytes_ += static_cast<std::int64_t>(record.value.size());
  add(record, now);
}

void Intake::add(const kafka::FetchedRecord& record, Time now) {
  const auto& redo = planner_.redo();
  const bool for_later = redoes() && redo->carried.contains(record.offset);
  Collected& to = for_later ? later_ : now_;
  RowParser& parser = for_later ? next_parser_ : parser_;
  if (!record.has_value) {
    const bool is_letter = redoes() ? redo->version > 1 && !redo->tombstone_offsets.contains(record.offset)
                                    : tombstones_ == Tombstones::dead_letter;
    if (!is_letter) return to.tombstones.add(record.offset);
  }
  const RecordOrigin origin{.has_key = record.has_key,
                            .key = record.key,
                            .partition = record.partition,
                            .offset = record.offset,
                            .timestamp_ms = record.timestamp_ms};
  if (record.has_value && parser.parse(record.value, origin)) [[likely]]
    return to.rows.add(parser.values(), record.offset, now);
  DeadLetter letter{.offset = record.offset,
                    .timestamp_ms = record.timestamp_ms,
                    .key = record.has_key ? std::optional<std::string>(record.key) : std::nullopt,
                    .value = record.has_value ? std::optional<std::string>(record.value) : std::nullopt,
                    .reason = record.has_value ? parser.reason() : "the record has no value (a tombstone)"};
  to.letter_bytes += letter.memory();
  to.letters.push_back(std::move(letter));
  to.dead_letters.add(record.offset);
}

void Intake::skip_to(std::int64_t offset) { position_ = std::max(position_, offset); }

void Intake::note_last(const kafka::FetchedRecord& record) {
  if (record.offset == last_record_) last_record_crc_ = fingerprint(record);
}

std::unique_ptr<Flush> Intake::cut(const LakeNames& names, const std::string& cluster, const std::string& writer,
                                   std::optional<Time> hold_since) {
  const bool redone = redoes();
  if (hold_since && !redone) {
    ensure(layout_ == next_layout_, "rows that wait keep their layout");
    later_.rows = now_.rows.split_sparse(*hold_since);
  }
  Plan plan;
  plan.version = redone ? planner_.redo()->version : Plan::newest_version;
  plan.cluster = cluster;
  plan.topic = names.topic;
  plan.partition = planner_.partition();
  plan.first = first_;
  plan.last = redo_until_.value_or(position_ - 1);
  plan.schema = layout_->schema_json;
  plan.partition_by = layout_->partition_by;
  plan.rows = rows();
  plan.dead_letters = now_.dead_letters.size();
  plan.tombstones = now_.tombstones.size();
  plan.last_record = last_record_;
  plan.last_record_crc = last_record_crc_;
  plan.writer = writer;
  for (const auto& [folder, rows] : now_.rows.folders())
    plan.files.push_back(
        {names.file_key(folder, plan.partition, plan.first, plan.last), static_cast<std::int64_t>(rows.size())});
  OffsetSet carried;
  if (plan.version > 1) {
    carried = later_.offsets();
    plan.dead_letter_offsets = std::move(now_.dead_letters);
    plan.tombstone_offsets = std::move(now_.tombstones);
    plan.taken = left_.without(carried);
    plan.carried = carried;
  }

  const std::int64_t next = plan.last + 1;
  planner_.collected(std::move(plan));
  if (planner_.step() == SinkStep::stopped) return nullptr;
  const std::int64_t memory = now_.memory();
  auto flush = std::make_unique<Flush>(Flush{.planner = &planner_,
                                             .layout = layout_,
                                             .rows = std::move(now_.rows),
                                             .letters = std::move(now_.letters),
                                             .redone = redone,
                                             .bytes = memory,
                                             .newest_row_ms = newest_ms_});
  layout_ = next_layout_;
  parser_ = RowParser(layout_->schema);
  now_ = std::move(later_);
  later_ = Collected(*layout_);
  left_ = std::move(carried);
  to_reread_.clear();
  begin(next);
  return flush;
}

}  // namespace tickerlake::pipeline
