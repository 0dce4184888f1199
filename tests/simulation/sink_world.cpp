#include "sink_world.h"

#include <fmt/format.h>

#include <bit>

namespace tickerlake::simulation {

using pipeline::OffsetSet;
using pipeline::Plan;
using pipeline::SinkPlanner;
using pipeline::SinkStep;

namespace {

const pipeline::LakeNames names{.prefix = "p", .topic = "t"};
constexpr std::int64_t dead_letter = 1;
constexpr std::uint16_t carry = 100;  // in a cut's detail: the folder whose rows are left, times this
constexpr int patience = 3;           // answers "busy" before a sink gives up

constexpr std::uint64_t bit(std::int64_t offset) { return std::uint64_t{1} << offset; }
bool is_in(const char* folder, std::int64_t offset) { return (offset % 2 == 0) == (folder[0] == 'a'); }

std::string range(const Plan& plan) { return fmt::format("{}–{}", plan.first, plan.last); }

}  // namespace

std::string SinkWorld::Request::text() const {
  if (plan) return "PUT of the plan " + range(*plan);
  if (!file.empty()) return "PUT of " + file.substr(0, 3) + " of offsets " + file.substr(file.rfind('+') + 1, 41);
  return fmt::format("dead letter of offset {}", letter.offset);
}

void SinkWorld::offer(Steps& steps) const {
  for (std::size_t i = 0; i < sinks_.size(); ++i) {
    const auto actor = static_cast<std::uint8_t>(i);
    if (!sinks_[i]) {
      steps.push_back({actor, start});
      continue;
    }
    const Sink& sink = *sinks_[i];
    steps.push_back({actor, kill});
    if (has_finished(sink)) continue;
    const bool chooses = sink.planner.step() == SinkStep::collect && !sink.planner.redo();
    const std::int64_t left = options_.topic_end - sink.planner.next_offset();
    const std::int64_t cuts = chooses ? std::min(options_.longest_cut, left) : 1;
    for (std::int64_t cut = 0; cut < cuts; ++cut) {
      const bool may_leave = chooses && options_.carries && cut + 1 < left;
      for (std::int64_t folder = 0; folder < (may_leave ? 3 : 1); ++folder) {
        steps.push_back({actor, go, static_cast<std::uint16_t>(cut + folder * carry)});
      }
    }
    if (!request_of(sink)) continue;
    steps.push_back({actor, lose});
    if (late_.size() < options_.late_requests) steps.push_back({actor, delay});
    if (options_.busy_answers) steps.push_back({actor, busy});
  }
  for (std::size_t i = 0; i < late_.size(); ++i) {
    steps.push_back({static_cast<std::uint8_t>(sinks_.size()), deliver, static_cast<std::uint16_t>(i)});
  }
}

std::string SinkWorld::tell(const Step& step) const {
  if (step.action == deliver) return late_[step.detail].text() + " arrives late";
  const std::string who = fmt::format("sink {}", step.actor);
  if (step.action == start) return who + " starts";
  if (step.action == kill) return who + " is killed";
  const Sink& sink = *sinks_[step.actor];
  const auto request = request_of(sink);
  const std::string what = request ? request->text() : "";
  switch (step.action) {
    case lose:
      return who + ": " + what + " is done, but the answer is lost";
    case delay:
      return who + ": " + what + " hangs; the sink stops waiting for it";
    case busy:
      return who + ": " + what + " is refused (409 or 503)";
    default:
      break;
  }
  if (request) return who + ": " + what;
  switch (sink.planner.step()) {
    case SinkStep::list_plans:
      return who + " lists the plans";
    case SinkStep::read_last:
      return who + " reads the last plan";
    case SinkStep::check_files:
      return who + " looks for the files of plan " + range(*sink.planner.found());
    case SinkStep::collect:
      if (sink.planner.redo()) return who + " reads the records of plan " + range(*sink.planner.redo()) + " again";
      return fmt::format("{} reads offset {} and {} more{}", who, sink.planner.next_offset(), step.detail % carry,
                         step.detail < carry        ? ""
                         : step.detail / carry == 1 ? ", and leaves folder a's rows for later"
                                                    : ", and leaves folder b's rows for later");
    case SinkStep::read_taken:
      return who + " reads the plan that took its place";
    case SinkStep::write_letters:
      return who + (sink.redoes && !sink.looked ? " looks which dead letters are there" : " has its dead letters out");
    case SinkStep::write_files:
      return who + " is done with plan " + range(sink.planner.plan());
    default:
      return who;
  }
}

void SinkWorld::take(const Step& step) {
  if (step.action == deliver) {
    const Request request = late_[step.detail];
    late_.erase(late_.begin() + step.detail);
    perform(request);
    return;
  }
  auto& slot = sinks_[step.actor];
  switch (step.action) {
    case start:
      slot.emplace();
      slot->id = next_id_++;
      return;
    case kill:
      slot.reset();
      return;
    case lose:
      perform(*request_of(*slot));
      return;
    case delay:
      late_.push_back(*request_of(*slot));
      if (!late_.back().plan && late_.back().file.empty()) letters_may_repeat_ = true;
      return;
    case busy:
      if (++slot->refusals == patience) slot.reset();
      return;
    default:
      go_on(*slot, step.detail);
  }
}

/// What the sink's next step asks of the lake or of the dead letters' topic, if it asks anything that changes them.
std::optional<SinkWorld::Request> SinkWorld::request_of(const Sink& sink) const {
  Request request;
  request.writer = sink.id;
  SinkStep step = sink.planner.step();
  if (step == SinkStep::store_plan && options_.without == Without::plan_before_files &&
      sink.files_done < sink.planner.plan().files.size()) {
    step = SinkStep::write_files;
  }
  switch (step) {
    case SinkStep::store_plan:
      request.plan = std::make_shared<const Plan>(sink.planner.plan());
      return request;
    case SinkStep::write_letters:
      if (sink.letters.empty() || (sink.redoes && !sink.looked)) return std::nullopt;
      request.letter = {sink.letters.front(), sink.id};
      return request;
    case SinkStep::write_files:
      if (sink.files_done == sink.planner.plan().files.size()) return std::nullopt;
      request.file = sink.planner.plan().files[sink.files_done].key;
      request.offsets = offsets_of(sink.planner.plan(), request.file);
      return request;
    default:
      return std::nullopt;
  }
}

/// The store's part: a key is written once. The dead letters' topic takes a producer's record once.
SinkWorld::Answer SinkWorld::perform(const Request& request) {
  if (request.plan) {
    const auto [entry, is_new] = plans_.emplace(request.plan->first, request.plan);
    if (options_.without == Without::condition_on_plans) {
      entry->second = request.plan;
      return Answer::done;
    }
    return is_new ? Answer::done : Answer::exists;
  }
  if (!request.file.empty()) {
    const auto [entry, is_new] = files_.emplace(request.file, request.offsets);
    if (entry->second != request.offsets) fail(request.file + " was written with another content before");
    const auto is_planned = [&](const auto& plan) {
      return std::ranges::any_of(plan.second->files, [&](const auto& file) { return file.key == request.file; });
    };
    if (!std::ranges::any_of(plans_, is_planned)) fail(request.file + " is in the lake, and no plan lists it");
    return is_new ? Answer::done : Answer::exists;
  }
  if (std::ranges::find(letters_, request.letter) == letters_.end()) letters_.push_back(request.letter);
  return Answer::done;
}

void SinkWorld::answered(Sink& sink, const Request& request, Answer answer) {
  sink.refusals = 0;
  if (request.plan) {
    answer == Answer::done ? sink.planner.stored() : sink.planner.taken();
  } else if (!request.file.empty()) {
    ++sink.files_done;
  } else {
    sink.letters.erase(sink.letters.begin());
  }
}

void SinkWorld::go_on(Sink& sink, std::uint16_t detail) {
  if (const auto request = request_of(sink)) return answered(sink, *request, perform(*request));
  SinkPlanner& planner = sink.planner;
  switch (planner.step()) {
    case SinkStep::list_plans:
      planner.listed(plans_.empty() ? std::nullopt : std::optional(names.plan_key(0, plans_.rbegin()->first)));
      return;
    case SinkStep::read_last: {
      const std::string& name = planner.last_plan_key();
      const std::int64_t first = std::stoll(name.substr(name.rfind('+') + 1, 20));
      return planner.last_read(*plans_.at(first), "c", "t");
    }
    case SinkStep::check_files: {
      const bool all_there =
          std::ranges::all_of(planner.found()->files, [&](const auto& file) { return files_.contains(file.key); });
      return planner.files_checked(all_there || options_.without == Without::check_of_files);
    }
    case SinkStep::collect:
      return collect(sink, detail);
    case SinkStep::read_taken:
      return planner.taken_read(*plans_.at(planner.plan().first));
    case SinkStep::write_letters:
      if (sink.redoes && !sink.looked) {
        sink.looked = true;
        if (options_.without == Without::look_for_letters) return;
        std::erase_if(sink.letters, [&](std::int64_t offset) {
          return std::ranges::any_of(letters_, [&](const Letter& letter) { return letter.offset == offset; });
        });
        return;
      }
      return planner.letters_written();
    case SinkStep::write_files:
      return planner.files_written();
    default:
      return;
  }
}

void SinkWorld::collect(Sink& sink, std::uint16_t detail) const {
  const auto& redo = sink.planner.redo();
  const auto& found = sink.planner.found();
  const std::int64_t first = redo ? redo->first : sink.planner.next_offset();
  const std::int64_t last = redo ? redo->last : std::min<std::int64_t>(first + detail % carry, options_.topic_end - 1);
  if (!sink.left) sink.left = redo ? redo->left_before() : found ? found->carried : OffsetSet();
  if (options_.without == Without::rows_left_before) sink.left.emplace();
  OffsetSet carried;
  if (redo) {
    carried = redo->carried;
  } else if (detail >= carry) {
    const char* folder = detail / carry == 1 ? "a" : "b";
    for (std::int64_t offset = 0; offset <= last; ++offset) {
      const bool is_held = offset >= first || sink.left->contains(offset);
      if (is_held && offset != dead_letter && is_in(folder, offset)) carried.add(offset);
    }
  }
  sink.redoes = redo.has_value();
  sink.looked = false;
  sink.files_done = 0;
  sink.letters.clear();
  if (first <= dead_letter && dead_letter <= last) sink.letters.push_back(dead_letter);
  sink.planner.collected(plan_of(first, last, *sink.left, carried, sink.id));
  sink.left = carried;
}

bool SinkWorld::has_finished(const Sink& sink) const {
  const SinkPlanner& planner = sink.planner;
  return planner.step() == SinkStep::stopped ||
         (planner.step() == SinkStep::collect && !planner.redo() && planner.next_offset() >= options_.topic_end);
}

Plan SinkWorld::plan_of(std::int64_t first, std::int64_t last, const OffsetSet& left, const OffsetSet& carried,
                        int writer) const {
  Plan plan;
  plan.cluster = "c";
  plan.topic = "t";
  plan.first = first;
  plan.last = last;
  plan.last_record = last;
  plan.writer = std::to_string(writer);
  plan.carried = carried;
  plan.taken = left.without(carried);
  if (first <= dead_letter && dead_letter <= last) {
    plan.dead_letters = 1;
    plan.dead_letter_offsets.add(dead_letter);
  }
  for (const char* folder : {"a", "b"}) {
    const std::string file = names.file_key(folder, 0, first, last);
    const std::int64_t rows = std::popcount(offsets_of(plan, file));
    if (rows > 0) plan.files.push_back({file, rows});
    plan.rows += rows;
  }
  return plan;
}

/// A file's content follows from its plan and its folder.
std::uint64_t SinkWorld::offsets_of(const Plan& plan, const std::string& file) const {
  std::uint64_t offsets = 0;
  for (std::int64_t offset = 0; offset <= plan.last; ++offset) {
    const bool is_held = plan.taken.contains(offset) || (offset >= plan.first && !plan.carried.contains(offset));
    if (is_held && offset != dead_letter && is_in(file.c_str() + 2, offset)) offsets |= bit(offset);
  }
  return offsets;
}

/// All sinks that live are killed, one more works alone to the end, and what was on its way arrives after that.
void SinkWorld::settle() {
  for (auto& sink : sinks_) sink.reset();
  Sink last;
  last.id = next_id_++;
  for (int steps = 0; !has_finished(last); ++steps) {
    if (steps == 10'000) return fail("a sink that is left alone never ends");
    go_on(last, 1);
  }
  if (last.planner.step() == SinkStep::stopped) {
    return fail("a sink that is left alone stops: " + last.planner.failure().message);
  }
  check_end();
  for (; !late_.empty(); late_.pop_back()) perform(late_.back());
  check_end();
}

void SinkWorld::check_end() {
  std::int64_t next = 0;
  std::size_t planned = 0;
  for (const auto& [first, plan] : plans_) {
    if (first != next) return fail(fmt::format("the plan {} does not follow offset {}", range(*plan), next - 1));
    next = plan->last + 1;
    planned += plan->files.size();
    for (const auto& file : plan->files) {
      if (!files_.contains(file.key)) return fail(file.key + " is planned, and missing");
    }
  }
  if (next != options_.topic_end) return fail(fmt::format("the plans end before offset {}", next));
  if (planned != files_.size()) return fail("there are files that no plan lists");
  std::uint64_t seen = 0;
  for (const auto& [name, offsets] : files_) {
    if ((seen & offsets) != 0) return fail("an offset of " + name + " is in another file, too");
    seen |= offsets;
  }
  const std::uint64_t rows = (bit(options_.topic_end) - 1) & ~bit(dead_letter);
  if (seen != rows) return fail(fmt::format("offsets {:b} should be in files, and {:b} are", rows, seen));
  if (options_.topic_end > dead_letter && letters_.empty()) return fail("the dead letter is missing");
  if (letters_.size() > 1 && options_.sinks == 1 && !letters_may_repeat_) return fail("the dead letter is there twice");
}

std::string SinkWorld::key() const {
  // Ids only tell apart whose plan or letter it is; those that live or have something under way matter.
  std::vector<int> writers;
  for (const auto& sink : sinks_) writers.push_back(sink ? sink->id : -1);
  for (const Request& request : late_) writers.push_back(request.writer);
  const auto rank = [&](int id) {
    const auto found = std::ranges::find(writers, id);
    return found == writers.end() ? -1 : found - writers.begin();
  };
  KeyWriter key;
  const auto add_offsets = [&](const OffsetSet& offsets) {
    key << offsets.runs().size();
    for (const auto& [first, last] : offsets.runs()) key << first << last;
  };
  const auto add_plan = [&](const Plan& plan) {
    key << plan.first << plan.last << rank(std::stoi(plan.writer));
    add_offsets(plan.taken);
    add_offsets(plan.carried);
  };
  for (const auto& sink : sinks_) {
    key << sink.has_value();
    if (!sink) continue;
    const SinkPlanner& planner = sink->planner;
    const SinkStep step = planner.step();
    key << static_cast<int>(step) << planner.next_offset() << sink->redoes << sink->looked << sink->letters.size()
        << sink->files_done << sink->refusals << planner.redo().has_value();
    if (planner.redo()) add_plan(*planner.redo());
    if (!sink->left && planner.found()) add_plan(*planner.found());
    key << sink->left.has_value();
    if (sink->left) add_offsets(*sink->left);
    if (step == SinkStep::read_last) key << planner.last_plan_key();
    if (step == SinkStep::check_files) add_plan(*planner.found());
    if (step == SinkStep::store_plan || step == SinkStep::read_taken || step == SinkStep::write_letters ||
        step == SinkStep::write_files) {
      add_plan(planner.plan());
    }
  }
  key << plans_.size();
  for (const auto& [first, plan] : plans_) add_plan(*plan);
  key << files_.size();
  for (const auto& [name, offsets] : files_) key << name << offsets;
  key << letters_.size() << letters_may_repeat_;
  for (const Letter& letter : letters_) key << letter.offset << rank(letter.writer);
  for (const Request& request : late_) {
    key << rank(request.writer) << (request.plan != nullptr) << request.file << request.letter.offset;
    if (request.plan) add_plan(*request.plan);
  }
  return key.take();
}

}  // namespace tickerlake::simulation
