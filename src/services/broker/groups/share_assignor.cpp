#include <algorithm>
#include <tuple>

#include "services/broker/groups/assignor.h"

namespace tickerlake::broker {
namespace {

bool has(const Assignment& assignment, const TopicId& topic, std::int32_t partition) {
  const auto found = assignment.find(topic);
  return found != assignment.end() && found->second.contains(partition);
}

}  // namespace

std::map<std::string, Assignment> assign_shared(const AssignorInput& input) {
  std::map<std::string, Assignment> assignments;
  std::vector<std::size_t> loads(input.members.size());
  std::map<std::pair<TopicId, std::int32_t>, std::size_t> sharers;
  const auto give = [&](std::size_t member, const TopicId& topic, std::int32_t partition) {
    assignments[input.members[member].id][topic].insert(partition);
    ++loads[member];
    ++sharers[{topic, partition}];
  };
  for (const auto& member : input.members) assignments[member.id];

  // First each partition to one member: the one with least, of those the one that has it already.
  for (const auto& [topic, count] : input.partitions) {
    std::vector<std::size_t> subscribers;
    for (std::size_t i = 0; i < input.members.size(); ++i) {
      if (input.members[i].topics.contains(topic)) subscribers.push_back(i);
    }
    for (std::int32_t partition = 0; partition < count && !subscribers.empty(); ++partition) {
      give(*std::ranges::min_element(
               subscribers, {},
               [&](std::size_t i) { return std::pair(loads[i], !has(input.members[i].current, topic, partition)); }),
           topic, partition);
    }
  }
  // Then each member that has none to the partition that has fewest members.
  for (std::size_t i = 0; i < input.members.size(); ++i) {
    if (loads[i] > 0) continue;
    std::optional<std::tuple<std::size_t, bool, TopicId, std::int32_t>> best;
    for (const TopicId& topic : input.members[i].topics) {
      const auto count = input.partitions.find(topic);
      if (count == input.partitions.end()) continue;
      for (std::int32_t partition = 0; partition < count->second; ++partition) {
        const std::tuple candidate(sharers[{topic, partition}], !has(input.members[i].current, topic, partition), topic,
                                   partition);
        if (!best || candidate < *best) best = candidate;
      }
    }
    if (best) give(i, std::get<TopicId>(*best), std::get<std::int32_t>(*best));
  }
  return assignments;
}

}  // namespace tickerlake::broker
