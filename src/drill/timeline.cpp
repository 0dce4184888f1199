#include "drill/timeline.h"

#include <algorithm>
#include <cmath>

namespace tickerlake::drill {
namespace {

/// Appends a change if it is one. Times don't go back: an observation may come late by its thread.
template <class Value>
void note(std::vector<Change<Value>>& changes, Ms at, const Value& value) {
  if (!changes.empty() && changes.back().value == value) return;
  changes.push_back({changes.empty() ? at : std::max(at, changes.back().at), value});
}

/// Since when `holds` of every partition, by the last change of what `changes` picks.
template <class Holds, class Changes>
std::optional<Ms> since_all(const Timeline& timeline, Holds holds, Changes changes) {
  std::optional<Ms> since;
  for (const auto& partition : timeline.partitions) {
    if (changes(partition).empty() || !holds(partition)) return {};
    since = std::max(since.value_or(0), changes(partition).back().at);
  }
  return since;
}

const auto& leaders_of(const PartitionHistory& partition) { return partition.leaders; }
const auto& in_sync_of(const PartitionHistory& partition) { return partition.in_sync; }

}  // namespace

const char* name(EventKind kind) {
  switch (kind) {
    case EventKind::note:
      return "note";
    case EventKind::loss:
      return "loss";
    case EventKind::election:
      return "election";
    case EventKind::in_sync:
      return "in_sync";
    case EventKind::back:
      return "back";
  }
  return "";
}

bool PartitionHistory::is_in_sync(std::int32_t broker) const {
  return !in_sync.empty() && std::ranges::binary_search(in_sync.back().value, broker);
}

void observe(Timeline& timeline, Ms at, const std::vector<PartitionView>& views) {
  for (const auto& view : views) {
    auto its = std::ranges::lower_bound(timeline.partitions, view.id, {}, &PartitionHistory::id);
    if (its == timeline.partitions.end() || its->id != view.id)
      its = timeline.partitions.insert(its, {.id = view.id, .replicas = view.replicas, .leaders = {}, .in_sync = {}});
    if (view.leader_epoch < its->leader_epoch) continue;
    its->leader_epoch = view.leader_epoch;
    auto in_sync = view.in_sync;
    std::ranges::sort(in_sync);
    note(its->leaders, at, view.leader);
    note(its->in_sync, at, in_sync);
  }
}

void observe_controller(Timeline& timeline, Ms at, std::int32_t controller) {
  note(timeline.controllers, at, controller);
}

void observe_process(Timeline& timeline, Ms at, const std::string& name, bool running) {
  const auto its = std::ranges::find(timeline.processes, name, &ProcessHistory::name);
  if (its != timeline.processes.end()) note(its->running, at, running);
}

void add_event(Timeline& timeline, Event event) {
  const auto behind = std::ranges::upper_bound(timeline.events, event.at, {}, &Event::at);
  timeline.events.insert(behind, std::move(event));
}

std::optional<Ms> led_without(const Timeline& timeline, std::int32_t broker) {
  return since_all(
      timeline, [&](const auto& its) { return its.leader() != nobody && its.leader() != broker; }, leaders_of);
}

std::optional<Ms> in_sync_without(const Timeline& timeline, std::int32_t broker) {
  return since_all(timeline, [&](const auto& its) { return !its.is_in_sync(broker); }, in_sync_of);
}

std::optional<Ms> all_in_sync(const Timeline& timeline) {
  return since_all(
      timeline, [](const auto& its) { return its.in_sync.back().value.size() == its.replicas.size(); }, in_sync_of);
}

std::optional<Ms> led_by_preferred(const Timeline& timeline) {
  return since_all(
      timeline, [](const auto& its) { return !its.replicas.empty() && its.leader() == its.replicas[0]; }, leaders_of);
}

std::vector<Change<int>> least_in_sync(const Timeline& timeline) {
  std::vector<Ms> times;
  for (const auto& partition : timeline.partitions)
    for (const auto& change : partition.in_sync) times.push_back(change.at);
  std::ranges::sort(times);
  std::vector<Change<int>> least;
  for (const Ms at : times) {
    std::optional<int> smallest;
    for (const auto& partition : timeline.partitions) {
      const auto behind =
          std::ranges::upper_bound(partition.in_sync, at, {}, &decltype(partition.in_sync)::value_type::at);
      if (behind == partition.in_sync.begin()) continue;
      const int size = static_cast<int>(std::prev(behind)->value.size());
      smallest = std::min(smallest.value_or(size), size);
    }
    if (smallest) note(least, at, *smallest);
  }
  return least;
}

std::vector<Rate> rates(const Timeline& timeline, Ms step) {
  std::vector<Rate> all;
  const Sample* before = nullptr;
  for (const Sample& now : timeline.samples) {
    if (before == nullptr) before = &now;
    const Ms took = now.at - before->at;
    if (took <= 0 || took < step) continue;
    const auto rate = [&](std::int64_t from, std::int64_t to) {
      return static_cast<double>(to - from) * 1000 / static_cast<double>(took);
    };
    all.push_back({before->at, now.at, rate(before->replayed, now.replayed), rate(before->read, now.read),
                   rate(before->in_lake, now.in_lake)});
    before = &now;
  }
  return all;
}

Ms longest_pause(const Timeline& timeline, Ms from, Ms to) {
  Ms longest = 0;
  const Sample* grown = nullptr;  // the last sample that had more rows than the one before it
  for (const Sample& now : timeline.samples) {
    if (now.at < from || now.at > to) continue;
    if (grown == nullptr) {
      grown = &now;
      continue;
    }
    longest = std::max(longest, now.at - grown->at);
    if (now.replayed > grown->replayed) grown = &now;
  }
  return longest;
}

std::optional<Ms> percentile(std::vector<Ms> values, double share) {
  if (values.empty()) return {};
  std::ranges::sort(values);
  const double rank = std::ceil(share * static_cast<double>(values.size()));
  return values[static_cast<std::size_t>(std::clamp(rank, 1.0, static_cast<double>(values.size()))) - 1];
}

}  // namespace tickerlake::drill
