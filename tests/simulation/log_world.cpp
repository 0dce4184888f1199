#include "log_world.h"

#include <fmt/format.h>

namespace tickerlake::simulation {

using broker::Checkpoint;
using broker::LogPosition;

namespace {

std::string short_name(const std::string& name) {
  const auto digits = name.find_first_not_of('0');
  return name.starts_with("0") ? (name[digits] == '.' ? "0" + name.substr(digits) : name.substr(digits)) : name;
}

const char* describe(Loss loss) {
  switch (loss) {
    case Loss::all:
      return "nothing stays";
    case Loss::nothing:
      return "all stays";
    case Loss::but_first_block:
      return "only the first block stays";
    case Loss::of_first_block:
      return "the first block is lost";
    case Loss::of_second_block:
      return "the second block is lost";
    case Loss::of_last_block:
      return "the last block is lost";
    case Loss::of_content_but_not_size:
      return "zeros stay";
    default:
      return "some blocks stay";
  }
}

}  // namespace

LogWorld::LogWorld(Options options) : options_(options) { disk_.sync_names(); }

void LogWorld::offer(Steps& steps) const {
  if (!process_) {
    steps.push_back({.actor = 0, .action = work});  // starts
    return;
  }
  const Process& broker = *process_;
  if (broker.serves && sent_ < options_.batches && sent_ < heard_ + options_.window) {
    steps.push_back({.actor = 1, .action = append});
    if (broker.next > broker.segments.back().base) steps.push_back({.actor = 1, .action = append_to_new_segment});
  }
  if (broker.serves && sent_ > heard_ && reconnects_ < options_.reconnects)
    steps.push_back({.actor = 1, .action = send_again});
  if (heard_ < acknowledged_) steps.push_back({.actor = 1, .action = hear});
  if (!broker.tasks.empty() || broker.dirty) steps.push_back({.actor = 0, .action = work});
  if (options_.checkpoints && broker.tasks.empty() &&
      (!broker.last_checkpoint || broker.last_checkpoint->recovery != end())) {
    steps.push_back({.actor = 0, .action = start_checkpoint});
  }
  if (options_.retention && broker.serves && broker.tasks.empty() && broker.segments.size() > 1 &&
      broker.segments[1].base <= broker.durability->durable().offset) {
    steps.push_back({.actor = 0, .action = expire});
  }
  if (crashes_ == options_.crashes) return;
  steps.push_back({.actor = 2, .action = kill});
  // The detail: changes of names that stay, then for each file with unsynced bytes what is lost of them.
  const unsigned kinds = options_.any_loss ? 256 : 5;
  unsigned choices = static_cast<unsigned>(disk_.unsynced_names()) + 1;
  const std::size_t files = std::min<std::size_t>(disk_.unsynced_files().size(), 2);
  for (std::size_t i = 0; i < files; ++i) choices *= kinds;
  if (!options_.any_loss) {
    for (unsigned d = 0; d < choices; ++d) steps.push_back({2, power_loss, static_cast<std::uint16_t>(d)});
  } else {
    // A few of the many: which ones changes with the state.
    unsigned mixed = static_cast<unsigned>(sent_ * 31 + acknowledged_ * 7 + crashes_) * 2'654'435'761U;
    for (int i = 0; i < 4; ++i, mixed = mixed * 1'664'525U + 1'013'904'223U) {
      steps.push_back({2, power_loss, static_cast<std::uint16_t>((mixed >> 8) % std::min(choices, 65'536U))});
    }
  }
}

std::vector<Loss> LogWorld::losses_of(std::uint16_t detail) const {
  const unsigned kinds = options_.any_loss ? 256 : 5;
  unsigned rest = detail / static_cast<unsigned>(disk_.unsynced_names() + 1);
  std::vector<Loss> losses;
  for (std::size_t i = 0; i < disk_.unsynced_files().size(); ++i, rest /= kinds) {
    losses.push_back(static_cast<Loss>(rest % kinds));
  }
  return losses;
}

std::string LogWorld::tell(const Step& step) const {
  switch (step.action) {
    case append:
      return fmt::format("the producer sends batch {}", sent_);
    case append_to_new_segment:
      return fmt::format("the producer sends batch {}, which begins a new segment", sent_);
    case hear:
      return fmt::format("the producer hears that all before batch {} is on disk", acknowledged_);
    case send_again:
      return fmt::format("the producer reconnects and begins again with batch {}", heard_);
    case start_checkpoint:
      return fmt::format("a checkpoint at offset {} begins", process_->next.value());
    case expire:
      return fmt::format("the segment with offset {} expires", process_->segments.front().base.value());
    case kill:
      return "the broker is killed";
    case power_loss: {
      std::string text = "the power goes";
      const std::vector<int> files = disk_.unsynced_files();
      const std::vector<Loss> losses = losses_of(step.detail);
      for (const auto& [name, id] : disk_.names()) {
        const auto at = std::ranges::find(files, id);
        if (at == files.end()) continue;
        text += fmt::format("; of {}'s unsynced bytes {}", short_name(name),
                            describe(losses[static_cast<std::size_t>(at - files.begin())]));
      }
      const std::size_t names = disk_.unsynced_names();
      if (names > 0) text += fmt::format("; {} of {} unsynced names stay", step.detail % (names + 1), names);
      return text;
    }
    default:
      break;
  }
  if (!process_) return "the broker starts, checks its log and cuts what is torn";
  if (process_->tasks.empty()) return "the group commit begins a round";
  const Task& task = process_->tasks.front();
  std::string file;
  for (const auto& [name, id] : disk_.names()) {
    if (id == task.file) file = short_name(name);
  }
  switch (task.kind) {
    case Task::set_aside:
      return "recovery sets " + short_name(task.name) + " aside";
    case Task::begin_sync:
      return "the checkpoint's sync begins";
    case Task::sync_file:
      return "fdatasync of " + file;
    case Task::sync_names:
      return "fsync of the folder";
    case Task::acknowledge:
      return "what was synced is acknowledged";
    case Task::write_snapshot:
      return "the producers' snapshot is written";
    case Task::write_checkpoint:
      return "the checkpoint is written";
    case Task::sync_replaced:
      return "fsync of the folder";
    case Task::remove:
      return short_name(task.name) + " is removed";
    case Task::serve:
      return fmt::format("the broker serves, from offset {} on", process_->next.value());
  }
  return "";
}

void LogWorld::take(const Step& step) {
  switch (step.action) {
    case append:
    case append_to_new_segment:
      return write(step.action == append_to_new_segment);
    case hear:
      heard_ = acknowledged_;
      return;
    case send_again:
      ++reconnects_;
      sent_ = heard_;
      return;
    case start_checkpoint:
      return begin_checkpoint();
    case expire:
      return expire_first_segment();
    case kill:
    case power_loss:
      if (step.action == power_loss)
        disk_.lose_power(step.detail % (disk_.unsynced_names() + 1), losses_of(step.detail));
      ++crashes_;
      process_.reset();
      sent_ = heard_;  // the producer's own retries
      return;
    default:
      if (!process_) return recover();
      if (process_->tasks.empty()) begin_sync();
      do_task();
  }
}

void LogWorld::settle() {
  for (int steps = 0; steps < 10'000; ++steps) {
    if (!wrong_.empty()) return;
    if (!process_) {
      recover();
    } else if (!process_->tasks.empty() || process_->dirty) {
      take({.actor = 0, .action = work});
    } else if (heard_ < acknowledged_) {
      take({.actor = 1, .action = hear});
    } else if (sent_ < options_.batches && sent_ < heard_ + options_.window) {
      write(false);
    } else if (acknowledged_ < options_.batches) {
      return fail(fmt::format("batch {} is never acknowledged", acknowledged_));
    } else {
      return check_content();
    }
  }
  fail("it never ends");
}

std::string LogWorld::key() const {
  KeyWriter key;
  key << sent_ << acknowledged_ << heard_ << visible_ << crashes_ << reconnects_ << process_.has_value();
  disk_.add_to(key);
  if (!process_) return key.take();
  const Process& broker = *process_;
  const auto add_position = [&](const LogPosition& at) {
    key << at.offset.value() << at.segment.value() << at.position;
  };
  const auto add_checkpoint = [&](const std::optional<Checkpoint>& checkpoint) {
    key << (checkpoint ? checkpoint->encode() : "");
  };
  const auto add_file = [&](int file) {
    int number = 0;
    for (const auto& [name, id] : disk_.names()) {
      if (id == file) key << number;
      ++number;
    }
  };
  key << broker.serves << broker.log_start.value() << broker.next.value() << broker.dirty << broker.waiting.size();
  for (const int number : broker.waiting) key << number;
  key << broker.tasks.size();
  for (const Task& task : broker.tasks) {
    key << static_cast<int>(task.kind) << task.name;
    add_file(task.file);
  }
  key << broker.unsynced.files.size() << broker.unsynced.directory;
  for (const int file : broker.unsynced.files) add_file(file);
  key << as_text(broker.producers.encode());
  if (broker.durability) add_position(broker.durability->durable());
  add_position(broker.syncing);
  add_checkpoint(broker.preparing);
  key << broker.snapshot;
  add_checkpoint(broker.last_checkpoint);
  return key.take();
}

}  // namespace tickerlake::simulation
