#include "kafka/client/fetch_positions.h"

#include <algorithm>

namespace tickerlake::kafka {

void FetchPositions::assign(std::span<const PartitionOffset> from) {
  partitions_.clear();
  for (const auto& [partition, offset] : from)
    partitions_[partition] = {.offset = offset, .ticket = next_ticket_++, .end_told = {}};
}

void FetchPositions::pause(std::int32_t partition, std::int64_t offset) {
  const auto found = partitions_.find(partition);
  if (found == partitions_.end()) return;
  Partition& its = found->second;
  its.paused = true;
  its.offset = offset;
  its.ticket = next_ticket_++;
  its.end_told.reset();
}

void FetchPositions::resume(std::int32_t partition) {
  const auto found = partitions_.find(partition);
  if (found != partitions_.end()) found->second.paused = false;
}

void FetchPositions::set_leader(std::int32_t partition, std::int32_t node) {
  const auto found = partitions_.find(partition);
  if (found != partitions_.end()) found->second.leader = node;
}

bool FetchPositions::needs_leaders() const {
  return std::ranges::any_of(partitions_,
                             [](const auto& its) { return its.second.leader == no_node && !its.second.paused; });
}

std::vector<std::int32_t> FetchPositions::nodes_to_ask() const {
  std::set<std::int32_t> nodes;
  for (const auto& [partition, its] : partitions_)
    if (!its.paused && its.leader != no_node && !asked_.contains(its.leader)) nodes.insert(its.leader);
  return {nodes.begin(), nodes.end()};
}

std::vector<FetchPositions::Part> FetchPositions::take(std::int32_t node) {
  std::vector<Part> parts;
  for (const auto& [partition, its] : partitions_)
    if (!its.paused && its.leader == node) parts.push_back({partition, its.offset, its.ticket});
  if (!parts.empty()) {
    asked_.insert(node);
    // Brokers fill their answers in the order of the request: each partition is first once in a while.
    std::ranges::rotate(parts, parts.begin() + static_cast<std::ptrdiff_t>(turn_++ % parts.size()));
  }
  return parts;
}

bool FetchPositions::is_wanted(const Part& part) const {
  const auto found = partitions_.find(part.partition);
  return found != partitions_.end() && found->second.ticket == part.ticket;
}

void FetchPositions::advance(std::int32_t partition, std::int64_t next) {
  const auto found = partitions_.find(partition);
  if (found != partitions_.end()) found->second.offset = next;
}

void FetchPositions::lost(std::int32_t node) {
  asked_.erase(node);
  for (auto& [partition, its] : partitions_)
    if (its.leader == node) its.leader = no_node;
}

bool FetchPositions::reached_end(std::int32_t partition) {
  const auto found = partitions_.find(partition);
  if (found == partitions_.end() || found->second.end_told == found->second.offset) return false;
  found->second.end_told = found->second.offset;
  return true;
}

}  // namespace tickerlake::kafka
