#include "kafka/client/send_window.h"

#include <algorithm>

#include "base/panic.h"

namespace tickerlake::kafka {

void SendWindow::add(std::int32_t partition, BatchId batch) {
  partitions_[static_cast<std::size_t>(partition)].queue.push_back({.batch = batch});
}

void SendWindow::set_leader(std::int32_t partition, std::int32_t node) {
  partitions_[static_cast<std::size_t>(partition)].leader = node;
}

bool SendWindow::needs_leaders() const {
  return std::ranges::any_of(partitions_,
                             [](const Partition& its) { return !its.queue.empty() && its.leader == no_node; });
}

std::vector<std::int32_t> SendWindow::nodes_to_serve() const {
  std::vector<std::int32_t> nodes;
  for (const Partition& its : partitions_) {
    if (sendable(const_cast<Partition&>(its)) == nullptr) continue;
    if (std::ranges::find(nodes, its.leader) == nodes.end()) nodes.push_back(its.leader);
  }
  return nodes;
}

SendWindow::Entry* SendWindow::sendable(Partition& its) {
  if (its.leader == no_node || (its.careful && its.under_way > 0)) return nullptr;
  if (its.under_way > 0 && its.sent_to != its.leader) return nullptr;  // first hear what the old leader did
  Entry* first = nullptr;
  // The front is the first that is not done, so a batch that may have to be sent again is among the last five sent.
  for (std::size_t i = 0; i < std::min(its.queue.size(), most_under_way); ++i) {
    Entry& entry = its.queue[i];
    if (first == nullptr && entry.state == State::waiting) first = &entry;
    if (first != nullptr && entry.state == State::under_way) return nullptr;  // a later one is on its way
  }
  return first;
}

std::vector<SendWindow::Part> SendWindow::take(std::int32_t node) {
  std::vector<Part> parts;
  for (std::size_t i = 0; i < partitions_.size(); ++i) {
    Partition& its = partitions_[i];
    if (its.leader != node) continue;
    Entry* entry = sendable(its);
    if (entry == nullptr) continue;
    entry->state = State::under_way;
    its.sent_to = node;
    ++its.under_way;
    parts.push_back({static_cast<std::int32_t>(i), entry->batch});
  }
  return parts;
}

Result<std::vector<BatchId>> SendWindow::answered(std::int32_t partition, BatchId batch, KafkaError code) {
  Partition& its = partitions_[static_cast<std::size_t>(partition)];
  const auto entry = std::ranges::find(its.queue, batch, &Entry::batch);
  ensure(entry != its.queue.end() && entry->state == State::under_way, "an answer belongs to a batch under way");
  std::vector<BatchId> done;
  if (code == KafkaError::none || code == KafkaError::duplicate_sequence_number) {
    entry->state = State::done;
    --its.under_way;
    its.careful = false;
    while (!its.queue.empty() && its.queue.front().state == State::done) {
      done.push_back(its.queue.front().batch);
      its.queue.pop_front();
    }
    return done;
  }
  // A batch behind one that was refused is out of order; in front of all others it tells that the log lost records.
  const bool is_first = entry == its.queue.begin();
  if (is_passing(code) || (code == KafkaError::out_of_order_sequence_number && !is_first)) {
    try_again(its, *entry);
    return done;
  }
  Error error = to_error(code, "a batch for partition " + std::to_string(partition) + " was not stored");
  if (code == KafkaError::out_of_order_sequence_number || code == KafkaError::unknown_producer_id)
    error.message += ": the broker lost records that it had acknowledged, or somebody deleted them";
  return std::unexpected(std::move(error));
}

void SendWindow::try_again(Partition& its, Entry& entry) {
  entry.state = State::waiting;
  --its.under_way;
  its.careful = true;
  its.leader = no_node;  // asked for again, which also makes a pause
}

void SendWindow::lost(std::int32_t node) {
  for (Partition& its : partitions_) {
    if (its.leader == node) its.leader = no_node;
    if (its.under_way == 0 || its.sent_to != node) continue;
    for (Entry& entry : its.queue)
      if (entry.state == State::under_way) try_again(its, entry);
  }
}

std::size_t SendWindow::size() const {
  std::size_t sum = 0;
  for (const Partition& its : partitions_) sum += its.queue.size();
  return sum;
}

}  // namespace tickerlake::kafka
