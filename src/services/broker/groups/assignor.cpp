#include "services/broker/groups/assignor.h"

#include <algorithm>
#include <limits>
#include <tuple>

namespace tickerlake::broker {
namespace {

using Members = std::vector<AssignorInput::Member>;
using Assignments = std::map<std::string, Assignment>;

/// Members that have subscribed to the same topics are one class, ordered by their load: whoever has least is found at
/// once, however many members there are.
class Loads {
 public:
  explicit Loads(const Members& members) : load_(members.size()), class_of_(members.size()) {
    std::map<std::set<TopicId>, std::size_t> known;
    for (std::size_t i = 0; i < members.size(); ++i) {
      const auto [at, is_new] = known.try_emplace(members[i].topics, classes_.size());
      if (is_new) {
        classes_.emplace_back();
        for (const TopicId& topic : members[i].topics) subscribers_[topic].push_back(at->second);
      }
      class_of_[i] = at->second;
      classes_[at->second].emplace(0, i);
    }
  }

  void add(std::size_t member, int partitions) {
    auto& peers = classes_[class_of_[member]];
    peers.erase({load_[member], member});
    load_[member] += partitions;
    peers.emplace(load_[member], member);
  }
  int of(std::size_t member) const { return load_[member]; }
  /// Who of the topic's subscribers has least. There must be one.
  std::size_t least(const TopicId& topic) const {
    std::pair<int, std::size_t> best{std::numeric_limits<int>::max(), 0};
    for (const std::size_t one : subscribers_.at(topic)) best = std::min(best, *classes_[one].begin());
    return best.second;
  }
  std::size_t subscriber_count(const TopicId& topic) const {
    std::size_t count = 0;
    const auto found = subscribers_.find(topic);
    if (found == subscribers_.end()) return 0;
    for (const std::size_t one : found->second) count += classes_[one].size();
    return count;
  }

 private:
  std::vector<int> load_;
  std::vector<std::size_t> class_of_;
  std::vector<std::set<std::pair<int, std::size_t>>> classes_;  // (load, member)
  std::map<TopicId, std::vector<std::size_t>> subscribers_;     // topic → classes
};

Assignments assign_uniform(const AssignorInput& input) {
  constexpr std::size_t nobody = SIZE_MAX;
  Loads loads(input.members);
  std::map<TopicId, std::vector<std::size_t>> owners;
  for (const auto& [topic, count] : input.partitions) {
    if (loads.subscriber_count(topic) > 0) owners[topic].assign(static_cast<std::size_t>(count), nobody);
  }
  // First everybody keeps what it has.
  for (std::size_t i = 0; i < input.members.size(); ++i) {
    const auto& member = input.members[i];
    for (const auto& [topic, partitions] : member.current) {
      const auto found = owners.find(topic);
      if (found == owners.end() || !member.topics.contains(topic)) continue;
      for (const std::int32_t partition : partitions) {
        if (partition < 0 || static_cast<std::size_t>(partition) >= found->second.size()) continue;
        std::size_t& owner = found->second[static_cast<std::size_t>(partition)];
        if (owner != nobody) continue;
        owner = i;
        loads.add(i, 1);
      }
    }
  }
  // Then what is free goes to whoever has least; topics that few may take come first.
  std::vector<TopicId> order;
  for (const auto& [topic, of_topic] : owners) order.push_back(topic);
  std::ranges::sort(order, {}, [&](const TopicId& topic) { return std::pair(loads.subscriber_count(topic), topic); });
  for (const TopicId& topic : order) {
    for (std::size_t& owner : owners[topic]) {
      if (owner != nobody) continue;
      owner = loads.least(topic);
      loads.add(owner, 1);
    }
  }
  // Last, partitions move from who has more than its share. Each move lowers the sum of the loads' squares: it ends.
  for (bool moved = true; moved;) {
    moved = false;
    for (auto& [topic, of_topic] : owners) {
      for (std::size_t& owner : of_topic) {
        const std::size_t least = loads.least(topic);
        if (loads.of(owner) <= loads.of(least) + 1) continue;
        loads.add(owner, -1);
        loads.add(least, 1);
        owner = least;
        moved = true;
      }
    }
  }
  Assignments result;
  for (const auto& member : input.members) result[member.id];
  for (const auto& [topic, of_topic] : owners) {
    for (std::size_t partition = 0; partition < of_topic.size(); ++partition) {
      result[input.members[of_topic[partition]].id][topic].insert(static_cast<std::int32_t>(partition));
    }
  }
  return result;
}

Assignments assign_range(const AssignorInput& input) {
  // Static members first, by the name that survives their restarts.
  std::vector<const AssignorInput::Member*> members;
  for (const auto& member : input.members) members.push_back(&member);
  std::ranges::sort(members, {}, [](const AssignorInput::Member* member) {
    return std::tuple(!member->instance_id, member->instance_id.value_or(""), member->id);
  });
  Assignments result;
  for (const auto& member : input.members) result[member.id];
  for (const auto& [topic, count] : input.partitions) {
    std::vector<const AssignorInput::Member*> subscribers;
    std::ranges::copy_if(members, std::back_inserter(subscribers),
                         [&](const auto* member) { return member->topics.contains(topic); });
    if (subscribers.empty()) continue;
    const auto share = count / static_cast<std::int32_t>(subscribers.size());
    auto extra = count % static_cast<std::int32_t>(subscribers.size());
    std::int32_t next = 0;
    for (const auto* member : subscribers) {
      const std::int32_t end = next + share + (extra-- > 0 ? 1 : 0);
      for (; next < end; ++next) result[member->id][topic].insert(next);
    }
  }
  return result;
}

}  // namespace

const char* name(Assignor assignor) { return assignor == Assignor::uniform ? "uniform" : "range"; }

std::optional<Assignor> find_assignor(std::string_view wanted) {
  for (const Assignor assignor : {Assignor::uniform, Assignor::range}) {
    if (wanted == name(assignor)) return assignor;
  }
  return std::nullopt;
}

Assignments assign(Assignor assignor, const AssignorInput& input) {
  return assignor == Assignor::uniform ? assign_uniform(input) : assign_range(input);
}

}  // namespace tickerlake::broker
