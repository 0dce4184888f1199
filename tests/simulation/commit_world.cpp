#include "commit_world.h"

#include <fmt/format.h>

namespace tickerlake::simulation {

using broker::Offset;
using broker::Visible;

CommitWorld::CommitWorld(Options options)
    : options_(options),
      partitions_(static_cast<std::size_t>(options.partitions)),
      appenders_(static_cast<std::size_t>(options.appenders)) {
  for (Partition& partition : partitions_) partition.files.push_back({.begin = 0, .synced = 0, .named = true});
}

void CommitWorld::offer(Steps& steps) const {
  for (std::size_t i = 0; i < appenders_.size(); ++i) {
    const auto actor = static_cast<std::uint8_t>(i);
    const Appender& appender = appenders_[i];
    if (appender.partition >= 0) {
      if (!appender.waits) steps.push_back({actor, wait});
    } else if (appends_ < options_.appends) {
      for (std::uint16_t p = 0; p < partitions_.size(); ++p) {
        steps.push_back({actor, append, p});
        if (options_.at_once) steps.push_back({actor, append_at_once, p});
        if (partitions_[p].end > partitions_[p].files.back().begin) steps.push_back({actor, append_to_new_file, p});
      }
    }
  }
  for (const std::size_t thread : {group_commit, checkpointer}) {
    if (can_work(thread)) steps.push_back({static_cast<std::uint8_t>(100 + thread), work});
  }
  if (!syncs_[checkpointer]) {
    for (std::uint16_t p = 0; p < partitions_.size(); ++p) steps.push_back({101, sync_for_checkpoint, p});
  }
  if (rounds_.is_due() && !in_round_ && now_ < rounds_.earliest()) steps.push_back({102, time_passes});
}

std::string CommitWorld::tell(const Step& step) const {
  switch (step.action) {
    case append:
      return fmt::format("appender {} appends to partition {}", step.actor, step.detail);
    case append_at_once:
      return fmt::format("appender {} appends to partition {} what may be seen at once", step.actor, step.detail);
    case append_to_new_file:
      return fmt::format("appender {} appends to partition {}, which begins a new file", step.actor, step.detail);
    case wait:
      return fmt::format("appender {} begins to wait for the disk", step.actor);
    case sync_for_checkpoint:
      return fmt::format("a checkpoint of partition {} wants its sync", step.detail);
    case time_passes:
      return "time passes";
    default:
      break;
  }
  const std::size_t thread = step.actor - 100u;
  const char* who = thread == group_commit ? "group commit" : "checkpoint";
  if (!syncs_[thread]) return fmt::format("{}: a round begins or ends", who);
  const Sync& sync = *syncs_[thread];
  if (!sync.begun) return fmt::format("{}: the sync of partition {} begins", who, sync.partition);
  if (!sync.told && options_.without == Without::sync_before_acknowledgement)
    return fmt::format("{} acknowledges", who);
  if (!sync.files.empty())
    return fmt::format("{}: fdatasync of file {} of {}", who, sync.files.front(), sync.partition);
  if (sync.names) return fmt::format("{}: fsync of the folder of {}", who, sync.partition);
  return fmt::format("{}: partition {} is synced to {}, who waited for that is told", who, sync.partition,
                     sync.end.offset.value());
}

void CommitWorld::take(const Step& step) {
  switch (step.action) {
    case append:
    case append_at_once:
    case append_to_new_file: {
      Partition& partition = partitions_[step.detail];
      if (step.action == append_to_new_file) {
        partition.files.push_back({.begin = partition.end, .synced = partition.end, .named = false});
        partition.unsynced.directory = true;
      }
      const broker::LogPosition begin = end_of(partition);
      const bool at_once = step.action == append_at_once;
      partition.at_once.push_back(at_once);
      ++appends_;
      ++partition.end;
      partition.unsynced.wrote(static_cast<int>(partition.files.size()) - 1, 1);
      if (partition.durability.appended(begin, at_once ? Visible::at_once : Visible::when_durable)) {
        partition.dirty = true;
        rounds_.mark(step.detail);
        marked_.push_back(step.detail);
      }
      appenders_[step.actor] = {.partition = step.detail, .next = partition.end, .waits = false};
      break;
    }
    case wait: {
      Appender& appender = appenders_[step.actor];
      int who = step.actor;
      appender.waits =
          partitions_[static_cast<std::size_t>(appender.partition)].durability.wait(Offset(appender.next), who);
      if (!appender.waits) {
        const int next = appender.next, partition = appender.partition;
        appender = {};
        if (next > on_disk(partitions_[static_cast<std::size_t>(partition)])) fail("acknowledged, and not on disk");
      }
      break;
    }
    case sync_for_checkpoint:
      syncs_[checkpointer] = Sync{.partition = step.detail, .end = {}, .files = {}};
      break;
    case time_passes:
      now_ = rounds_.earliest();
      break;
    default:
      work_on(step.actor - 100u);
  }
  check();
}

bool CommitWorld::can_work(std::size_t thread) const {
  if (syncs_[thread]) {
    const Sync& sync = *syncs_[thread];
    const bool must_wait = !sync.begun && partitions_[static_cast<std::size_t>(sync.partition)].is_syncing;
    return !must_wait || options_.without == Without::one_sync_at_a_time;
  }
  return thread == group_commit && (in_round_ || (rounds_.is_due() && now_ >= rounds_.earliest()));
}

/// What GroupCommit::run() does, and for the checkpoint's thread Partition::sync() alone.
void CommitWorld::work_on(std::size_t thread) {
  auto& sync = syncs_[thread];
  if (sync) {
    if (go_on(*sync)) sync.reset();
    return;
  }
  if (!in_round_) {
    round_ = rounds_.begin(now_);
    marked_.clear();
    in_round_ = true;
  }
  if (round_.empty()) {
    rounds_.end(options_.bulk ? broker::bulk_round_bytes : 1);
    in_round_ = false;
    return;
  }
  sync = Sync{.partition = round_.front(), .end = {}, .files = {}};
  round_.erase(round_.begin());
}

/// The next step of Partition::sync(); true when it was the last.
bool CommitWorld::go_on(Sync& sync) {
  Partition& partition = partitions_[static_cast<std::size_t>(sync.partition)];
  if (!sync.begun) {
    sync.begun = true;
    partition.is_syncing = true;
    if (options_.without != Without::clean_mark_before_sync) {
      partition.durability.begin_sync();
      partition.dirty = false;
    }
    sync.end = end_of(partition);
    const auto unsynced = std::exchange(partition.unsynced, {});
    sync.files = unsynced.files;
    sync.names = unsynced.directory && options_.without != Without::sync_of_names;
    return false;
  }
  if (!sync.told && options_.without == Without::sync_before_acknowledgement) {
    acknowledge(sync);
    return false;
  }
  if (!sync.files.empty()) {
    const auto file = static_cast<std::size_t>(sync.files.front());
    sync.files.erase(sync.files.begin());
    const bool is_last = file + 1 == partition.files.size();
    partition.files[file].synced = is_last ? partition.end : partition.files[file + 1].begin;
    return false;
  }
  if (sync.names) {
    sync.names = false;
    for (File& file : partition.files) file.named = true;
    return false;
  }
  if (!sync.told) acknowledge(sync);
  partition.is_syncing = false;
  if (options_.without == Without::clean_mark_before_sync) {
    partition.durability.begin_sync();
    partition.dirty = false;
  }
  return true;
}

void CommitWorld::acknowledge(Sync& sync) {
  Partition& partition = partitions_[static_cast<std::size_t>(sync.partition)];
  sync.told = true;
  for (const int appender : partition.durability.synced(sync.end)) {
    appenders_[static_cast<std::size_t>(appender)] = {};
  }
}

/// What a power loss would leave: all before this append.
int CommitWorld::on_disk(const Partition& partition) const {
  int end = 0;
  for (const File& file : partition.files) {
    if (!file.named || file.begin > end) break;
    end = std::max(end, file.synced);
  }
  return end;
}

/// All that is acknowledged is on disk, and all that can be read but for what may be seen at once; nothing that is on
/// disk is kept from readers once the sync has told.
void CommitWorld::check() {
  for (std::size_t p = 0; p < partitions_.size(); ++p) {
    const Partition& partition = partitions_[p];
    const auto durable = partition.durability.durable().offset.value();
    const auto visible = partition.durability.visible(end_of(partition)).offset.value();
    const int left = on_disk(partition);
    if (durable > left) {
      fail(fmt::format("partition {} tells of {} appends, and a power loss would leave {}", p, durable, left));
    }
    if (visible < durable || visible > partition.end) fail(fmt::format("partition {} shows {} appends", p, visible));
    for (auto number = static_cast<std::size_t>(left); std::cmp_less(number, visible); ++number) {
      if (!partition.at_once[number]) fail(fmt::format("partition {} shows number {}, not on disk", p, number));
    }
    const bool is_held = std::cmp_less(visible, partition.end) && partition.at_once[static_cast<std::size_t>(visible)];
    if (is_held) fail(fmt::format("partition {} keeps back number {}, which may be seen", p, visible));
  }
}

void CommitWorld::settle() {
  for (int steps = 0; steps < 1'000; ++steps) {
    for (std::size_t i = 0; i < appenders_.size(); ++i) {
      if (appenders_[i].partition >= 0 && !appenders_[i].waits) take({static_cast<std::uint8_t>(i), wait});
    }
    now_ = std::max(now_, rounds_.earliest());
    if (!can_work(group_commit) && !can_work(checkpointer)) break;
    if (can_work(checkpointer)) work_on(checkpointer);
    if (can_work(group_commit)) work_on(group_commit);
    check();
  }
  for (const Appender& appender : appenders_) {
    if (appender.partition >= 0) return fail("an appender waits, and nobody will ever tell it");
  }
  for (const Partition& partition : partitions_) {
    if (partition.durability.durable().offset.value() != partition.end) {
      return fail("appends stay unsynced until somebody appends again");
    }
  }
}

std::string CommitWorld::key() const {
  KeyWriter key;
  key << appends_ << in_round_ << (now_ < rounds_.earliest());
  for (const Partition& partition : partitions_) {
    key << partition.end << partition.dirty << partition.is_syncing << partition.durability.durable().offset.value();
    key << partition.durability.visible(end_of(partition)).offset.value();
    for (const bool at_once : partition.at_once) key << at_once;
    key << partition.files.size() << partition.unsynced.directory << partition.unsynced.files.size();
    for (const File& file : partition.files) key << file.begin << file.synced << file.named;
    for (const int file : partition.unsynced.files) key << file;
  }
  for (const Appender& appender : appenders_) key << appender.partition << appender.next << appender.waits;
  key << marked_.size() << round_.size();
  for (const int partition : marked_) key << partition;
  for (const int partition : round_) key << partition;
  for (const auto& sync : syncs_) {
    key << sync.has_value();
    if (!sync) continue;
    key << sync->partition << sync->begun << sync->told << sync->end.offset.value() << sync->names
        << sync->files.size();
    for (const int file : sync->files) key << file;
  }
  return key.take();
}

}  // namespace tickerlake::simulation
