// The broker of the log's world: what its shell does with the decisions it is given.
#include <fmt/format.h>

#include "base/panic.h"
#include "kafka/records/records.h"
#include "log_world.h"
#include "services/broker/log/segment.h"
#include "services/broker/log/segment_scan.h"

namespace tickerlake::simulation {

using broker::Checkpoint;
using broker::LogPosition;
using broker::Offset;
using broker::ProducerState;
using broker::RecoveryWalk;

namespace {

constexpr std::int64_t producer_id = 7;
constexpr int most_batches = 64;
constexpr const char* checkpoint_name = "checkpoint";

/// The producer's batches: one record each, so that batch n has sequence n and belongs at offset n. Their sizes differ,
/// so that some end within a block of the disk.
const std::string& batch(int number) {
  static const std::vector<std::string> batches = [] {
    std::vector<std::string> made;
    for (int n = 0; n < most_batches; ++n) {
      kafka::BatchBuilder builder({.producer_id = producer_id, .producer_epoch = 0, .base_sequence = n});
      builder.add(1'000, std::nullopt, as_bytes(std::string(static_cast<std::size_t>(3 + n % 3 * 13), 'v')));
      Buffer bytes = builder.finish().value();
      kafka::patch_base_offset(bytes, n);
      kafka::patch_leader_epoch(bytes, 0);
      made.emplace_back(as_text(bytes));
    }
    return made;
  }();
  return batches[static_cast<std::size_t>(number)];
}

std::string segment_name(Offset base) { return broker::segment_file_name(base, ".log"); }
std::string snapshot_name(Offset offset) { return broker::segment_file_name(offset, ".snapshot"); }

/// Not inlined: GCC 12 then warns of a free that is none.
[[gnu::noinline]] ProducerState decode_producers(const std::string& snapshot) {
  auto decoded = ProducerState::decode(as_bytes(snapshot));
  ensure(decoded.has_value(), "a snapshot that was written whole can be read");
  return *std::move(decoded);
}

}  // namespace

LogPosition LogWorld::end() const {
  const Segment& last = process_->segments.back();
  return {process_->next, last.base, static_cast<std::int64_t>(disk_.content(last.file).size())};
}

/// What Partition::append() does.
void LogWorld::write(bool in_new_segment) {
  Process& broker = *process_;
  const int number = sent_++;
  const std::string& bytes = batch(number);
  const kafka::BatchHeader header = *kafka::parse_batch_header(as_bytes(bytes));
  const ProducerState::Verdict verdict = broker.producers.judge(header);
  int waiter = number;
  if (const auto* duplicate = std::get_if<ProducerState::Duplicate>(&verdict)) {
    if (duplicate->base != Offset(number)) fail(fmt::format("batch {} is taken for another", number));
    if (broker.durability->wait(duplicate->next, waiter)) {
      broker.waiting.push_back(number);
    } else {
      acknowledged_ = std::max(acknowledged_, number + 1);
    }
    return;
  }
  if (!std::holds_alternative<ProducerState::Accept>(verdict)) {
    return fail(fmt::format("batch {} is refused: the log knows another sequence", number));
  }
  if (broker.next != Offset(number)) {
    return fail(fmt::format("batch {} gets offset {}", number, broker.next.value()));
  }
  if (in_new_segment) {
    broker.segments.push_back({broker.next, disk_.open(segment_name(broker.next))});
    broker.unsynced.directory = true;
  }
  const LogPosition begin = end();
  const Segment& segment = broker.segments.back();
  disk_.write(segment.file, disk_.content(segment.file).size(), bytes);
  broker.unsynced.wrote(segment.file, header.size());
  broker.producers.remember(header, 0);
  broker.next = Offset(header.last_offset() + 1);
  if (broker.durability->appended(begin, broker::Visible::when_durable)) broker.dirty = true;
  if (broker.durability->wait(broker.next, waiter)) broker.waiting.push_back(number);
}

/// The first half of Partition::sync(); the rest are tasks.
void LogWorld::begin_sync() {
  Process& broker = *process_;
  broker.durability->begin_sync();
  broker.dirty = false;
  broker.syncing = end();
  std::deque<Task> tasks;
  const auto unsynced = std::exchange(broker.unsynced, {});
  for (const int file : unsynced.files) {
    if (options_.without == Without::sync_of_all_segments && file != unsynced.files.back()) continue;
    tasks.push_back({.kind = Task::sync_file, .file = file, .name = ""});
  }
  if (unsynced.directory) tasks.push_back({.kind = Task::sync_names, .name = ""});
  const auto place = options_.without == Without::sync_before_acknowledgement ? tasks.begin() : tasks.end();
  tasks.insert(place, {.kind = Task::acknowledge, .name = ""});
  broker.tasks.insert(broker.tasks.begin(), tasks.begin(), tasks.end());
}

/// What Partition::write_checkpoint() does.
void LogWorld::begin_checkpoint() {
  Process& broker = *process_;
  broker.preparing = Checkpoint{broker.log_start, end(), broker.producers.size() > 0, Offset(0)};
  broker.snapshot = as_text(broker.producers.encode());
  const bool replaces = broker.last_checkpoint && broker.last_checkpoint->has_producers &&
                        broker.last_checkpoint->recovery.offset != broker.preparing->recovery.offset;
  broker.tasks.push_back({.kind = Task::begin_sync, .name = ""});
  if (broker.preparing->has_producers && options_.without != Without::snapshot_of_producers) {
    broker.tasks.push_back({.kind = Task::write_snapshot, .name = ""});
    broker.tasks.push_back({.kind = Task::sync_replaced, .name = ""});
  } else {
    broker.preparing->has_producers = false;
  }
  broker.tasks.push_back({.kind = Task::write_checkpoint, .name = ""});
  broker.tasks.push_back({.kind = Task::sync_replaced, .name = ""});
  if (replaces) {
    broker.tasks.push_back({.kind = Task::remove, .name = snapshot_name(broker.last_checkpoint->recovery.offset)});
  }
}

/// What Partition::apply_retention() and maintain() do.
void LogWorld::expire_first_segment() {
  Process& broker = *process_;
  const std::string name = segment_name(broker.segments.front().base);
  broker.segments.erase(broker.segments.begin());
  broker.log_start = broker.segments.front().base;
  begin_checkpoint();
  const auto place = options_.without == Without::checkpoint_before_removal ? broker.tasks.begin() : broker.tasks.end();
  broker.tasks.insert(place, {.kind = Task::remove, .name = name});
}

void LogWorld::do_task() {
  Process& broker = *process_;
  const Task task = broker.tasks.front();
  broker.tasks.pop_front();
  switch (task.kind) {
    case Task::set_aside:
      return disk_.rename(task.name, task.name + ".cut");
    case Task::begin_sync:
      return begin_sync();
    case Task::sync_file:
      return disk_.sync(task.file);
    case Task::sync_names:
    case Task::sync_replaced:
      return disk_.sync_names();
    case Task::acknowledge:
      for (const int number : broker.durability->synced(broker.syncing)) {
        acknowledged_ = std::max(acknowledged_, number + 1);
        std::erase(broker.waiting, number);
      }
      if (broker.serves) visible_ = std::max(visible_, static_cast<int>(broker.durability->durable().offset.value()));
      return;
    case Task::write_snapshot:
      return disk_.replace(snapshot_name(broker.preparing->recovery.offset), broker.snapshot);
    case Task::write_checkpoint:
      broker.last_checkpoint = broker.preparing;
      return disk_.replace(checkpoint_name, broker.preparing->encode());
    case Task::remove:
      return disk_.remove(task.name);
    case Task::serve:
      broker.serves = true;
      visible_ = std::max(visible_, static_cast<int>(broker.durability->durable().offset.value()));
      return;
  }
}

/// What LogRecovery and Partition::open() do. Decides all and cuts what is torn; renames and syncs are tasks, so that a
/// crash can come between.
void LogWorld::recover() {
  process_.emplace();
  Process& broker = *process_;
  std::vector<broker::SegmentFile> segments;
  for (const auto& [name, id] : disk_.names()) {
    if (!name.ends_with(".log")) continue;
    segments.push_back({Offset(std::stoll(name)), static_cast<std::int64_t>(disk_.content(id).size())});
  }
  LogPosition from = broker::beginning(segments, Offset(0));
  if (disk_.has(checkpoint_name)) {
    const auto checkpoint = Checkpoint::decode(disk_.content(checkpoint_name));
    if (!checkpoint) return fail("the checkpoint can't be read: " + checkpoint.error().message);
    for (const auto& expired : broker::take_expired(segments, checkpoint->log_start)) {
      disk_.remove(segment_name(expired.base));
    }
    if (!fits(*checkpoint, segments)) return fail("the checkpoint does not fit the files");
    if (checkpoint->has_producers) {
      const std::string name = snapshot_name(checkpoint->recovery.offset);
      if (!disk_.has(name)) return fail("the checkpoint's snapshot is missing");
      broker.producers = decode_producers(disk_.content(name));
    }
    from = checkpoint->recovery;
    broker.log_start = checkpoint->log_start;
    broker.last_checkpoint = *checkpoint;
    for (const auto& [name, id] : std::map(disk_.names())) {
      const bool old = name.ends_with(".snapshot") && name != snapshot_name(from.offset);
      if (old) disk_.remove(name);
    }
  }
  RecoveryWalk walk(from);
  for (const auto& [base, size] : segments) {
    const std::string name = segment_name(base);
    auto fate = walk.fate_of(base);
    if (options_.without == Without::check_for_gaps && base > from.segment) fate = RecoveryWalk::Fate::check;
    if (fate == RecoveryWalk::Fate::set_aside) {
      broker.tasks.push_back({.kind = Task::set_aside, .name = name});
      broker.unsynced.directory = true;
      continue;
    }
    const int file = disk_.open(name);
    if (fate == RecoveryWalk::Fate::check) walk.checked(check_segment(file, walk.check_from(base)));
    broker.segments.push_back({base, file});
  }
  broker.next = walk.next();
  if (broker.segments.empty()) {
    broker.segments.push_back({broker.next, disk_.open(segment_name(broker.next))});
    broker.unsynced.directory = true;
  }
  const bool has_to_sync = !broker.unsynced.files.empty() && options_.without != Without::sync_after_recovery;
  broker.durability.emplace(end());
  if (has_to_sync) begin_checkpoint();
  broker.tasks.push_back({.kind = Task::serve, .name = ""});
  check_content();
}

/// LogRecovery::check_segment() over the disk's bytes; the offset behind the last whole batch.
Offset LogWorld::check_segment(int file, const LogPosition& from) {
  Process& broker = *process_;
  const std::string content = disk_.content(file);
  auto position = static_cast<std::size_t>(from.position);
  if (position == content.size() && position > 0) return from.offset;
  Offset expected = from.offset;
  const bool trusts = options_.without == Without::check_of_batches;
  while (position < content.size()) {
    const ByteView rest = as_bytes(content).subspan(position);
    broker::Inspection found = broker::inspect_batch(rest, expected);
    if (trusts && rest.size() >= kafka::batch_header_size) {
      if (const auto header = kafka::parse_batch_header(rest); header && header->size() <= std::ssize(rest)) {
        found.verdict = broker::Inspection::Verdict::whole;
        found.header = *header;
      }
    }
    if (found.verdict != broker::Inspection::Verdict::whole) break;
    broker.producers.remember(found.header, 0);
    expected = Offset(found.header.last_offset() + 1);
    position += static_cast<std::size_t>(found.header.size());
  }
  if (content.size() > static_cast<std::size_t>(from.position)) broker.unsynced.files.push_back(file);
  broker.unsynced.directory = true;
  if (position < content.size()) disk_.truncate(file, position);
  return expected;
}

/// What was recovered is a prefix of what was sent, in order, and nothing that anybody was told of is missing.
void LogWorld::check_content() {
  const Offset first = process_->segments.front().base;
  if (first > process_->log_start) return fail(fmt::format("offset {} is gone", process_->log_start.value()));
  std::string held;
  for (const Segment& segment : process_->segments) held += disk_.content(segment.file);
  std::string expected;
  for (std::int64_t n = first.value(); n < process_->next.value() && n < options_.batches; ++n)
    expected += batch(static_cast<int>(n));
  const auto end = process_->next.value();
  if (end < acknowledged_) return fail(fmt::format("batch {} was acknowledged and is lost", end));
  if (end < visible_) return fail(fmt::format("batch {} was seen by consumers and is lost", end));
  if (held != expected) fail(fmt::format("the log up to offset {} does not hold what was sent, in its order", end));
}

}  // namespace tickerlake::simulation
