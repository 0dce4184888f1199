#include "kafka/client/fetch_positions.h"

#include <algorithm>

namespace tickerlake::kafka {

void FetchPositions::assign(std::span<const PartitionOffset> from) {
  partitions_.clear();
  for (const auto& [partition, offset] : from)
    partitions_[partition] = {.offset = offset, .leader = {}, .ticket = next_ticket_++, .end_told = {}};
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

void FetchPositions::set_leader(std::int32_t partition, Leader leader) {
  const auto found = partitions_.find(partition);
  if (found != partitions_.end()) found->second.leader = leader;
}

std::vector<std::int32_t> FetchPositions::without_leader() const {
  std::vector<std::int32_t> without;
  for (const auto& [partition, its] : partitions_)
    if (its.leader.node == no_node && !its.paused) without.push_back(partition);
  return without;
}

bool FetchPositions::leads(std::int32_t partition, std::int32_t node) const {
  const auto found = partitions_.find(partition);
  return found != partitions_.end() && found->second.leader.node == node;
}

std::vector<std::int32_t> FetchPositions::nodes_to_ask() const {
  std::set<std::int32_t> nodes;
  for (const auto& [partition, its] : partitions_)
    if (!its.paused && its.leader.node != no_node && !asked_.contains(its.leader.node)) nodes.insert(its.leader.node);
  return {nodes.begin(), nodes.end()};
}

std::vector<FetchPositions::Part> FetchPositions::take(std::int32_t node) {
  std::vector<Part> parts;
  for (const auto& [partition, its] : partitions_)
    if (!its.paused && its.leader.node == node) parts.push_back({partition, its.offset, its.leader.epoch, its.ticket});
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
    if (its.leader.node == node) its.leader = {};
}

bool FetchPositions::reached_end(std::int32_t partition) {
  const auto found = partitions_.find(partition);
  if (found == partitions_.end() || found->second.end_told == found->second.offset) return false;
  found->second.end_told = found->second.offset;
  return true;
}

}  // namespace tickerlake::kafka
