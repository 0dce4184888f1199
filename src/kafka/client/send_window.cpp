#include "kafka/client/send_window.h"

#include <algorithm>

#include "base/panic.h"

namespace tickerlake::kafka {

void SendWindow::add(std::int32_t partition, BatchId batch, std::int32_t sequence) {
  partitions_[static_cast<std::size_t>(partition)].queue.push_back({.batch = batch, .sequence = sequence});
}

std::vector<SendWindow::Question> SendWindow::questions() const {
  std::vector<Question> questions;
  for (std::size_t i = 0; i < partitions_.size(); ++i) {
    const Partition& its = partitions_[i];
    if (its.queue.empty() || its.under_way > 0) continue;
    if (its.uncertain) {
      std::int64_t least = its.end;
      for (const Entry& entry : its.queue) least = std::max(least, entry.end);
      questions.push_back({static_cast<std::int32_t>(i), its.end, least});
    } else if (its.leader.node == no_node) {
      questions.push_back({.partition = static_cast<std::int32_t>(i), .from = std::nullopt});
    }
  }
  return questions;
}

void SendWindow::set_leader(std::int32_t partition, Leader leader) {
  Partition& its = partitions_[static_cast<std::size_t>(partition)];
  its.leader = leader;
  // What one leader showed says nothing of the log of the next: the first may have been deposed without knowing it.
  if (leader.node != no_node && its.untried && leader != its.looked_at) its.uncertain = true;
}

Result<std::vector<BatchId>> SendWindow::looked(std::int32_t partition, Leader leader, const LogTail& tail) {
  Partition& its = partitions_[static_cast<std::size_t>(partition)];
  ensure(its.under_way == 0, "the log is looked at when no answer is to come");
  const auto failed = [&](const char* what) {
    return fail(ErrorCode::corrupt, "partition " + std::to_string(partition) + ": the broker " + what);
  };
  std::vector<BatchId> done;
  for (const LogTail::OwnBatch& own : tail.batches) {
    const auto found = std::ranges::find(its.queue, own.sequence, &Entry::sequence);
    if (found == its.queue.end()) continue;  // it was acknowledged without an offset
    if (found != its.queue.begin() && !tail.is_cut) return failed("stored a batch before the one in front of it");
    found->end = own.end;
    for (auto more = found - its.queue.begin(); more >= 0; --more) pop_front(its, done);
  }
  const bool lost_one = std::ranges::find(its.queue, State::done, &Entry::state) != its.queue.end();
  if (!tail.is_cut && (tail.end < its.end || lost_one)) return failed("lost records that it had acknowledged");
  its.end = tail.end;
  its.leader = its.looked_at = leader;
  its.uncertain = false;
  its.untried = its.careful = true;
  return done;
}

std::vector<std::int32_t> SendWindow::nodes_to_serve() const {
  std::vector<std::int32_t> nodes;
  for (const Partition& its : partitions_) {
    if (sendable(const_cast<Partition&>(its)) == nullptr) continue;
    if (std::ranges::find(nodes, its.leader.node) == nodes.end()) nodes.push_back(its.leader.node);
  }
  return nodes;
}

std::vector<std::int32_t> SendWindow::former_leaders() const {
  std::vector<std::int32_t> nodes;
  for (const Partition& its : partitions_)
    if (its.under_way > 0 && its.leader.node != no_node && its.leader.node != its.sent_to) nodes.push_back(its.sent_to);
  return nodes;
}

SendWindow::Entry* SendWindow::sendable(Partition& its) {
  if (its.uncertain || its.leader.node == no_node || (its.careful && its.under_way > 0)) return nullptr;
  if (its.under_way > 0 && its.sent_to != its.leader.node) return nullptr;  // first hear what the old leader did
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
    if (its.leader.node != node) continue;
    Entry* entry = sendable(its);
    if (entry == nullptr) continue;
    entry->state = State::under_way;
    its.sent_to = node;
    ++its.under_way;
    parts.push_back({static_cast<std::int32_t>(i), entry->batch});
  }
  return parts;
}

void SendWindow::pop_front(Partition& its, std::vector<BatchId>& done) {
  its.end = std::max(its.end, its.queue.front().end);
  done.push_back(its.queue.front().batch);
  its.queue.pop_front();
}

Result<std::vector<BatchId>> SendWindow::answered(std::int32_t partition, BatchId batch, KafkaError code,
                                                  std::int64_t end) {
  Partition& its = partitions_[static_cast<std::size_t>(partition)];
  const auto entry = std::ranges::find(its.queue, batch, &Entry::batch);
  ensure(entry != its.queue.end() && entry->state == State::under_way, "an answer belongs to a batch under way");
  std::vector<BatchId> done;
  if (code == KafkaError::none || code == KafkaError::duplicate_sequence_number) {
    entry->state = State::done;
    entry->end = end;
    --its.under_way;
    its.careful = its.untried = false;
    while (!its.queue.empty() && its.queue.front().state == State::done) pop_front(its, done);
    return done;
  }
  // A batch behind one that was refused is out of order. The first of all is so when it is stored already and the
  // broker remembers only what came behind it; just after a look, when nothing is, it tells that the log lost records.
  const bool is_out_of_order =
      code == KafkaError::out_of_order_sequence_number || code == KafkaError::unknown_producer_id;
  const bool is_hopeless = its.untried && entry == its.queue.begin();
  if (is_passing(code) || (is_out_of_order && !is_hopeless)) {
    try_again(its, *entry);
    return done;
  }
  Error error = to_error(code, "a batch for partition " + std::to_string(partition) + " was not stored");
  if (is_out_of_order) error.message += ": the broker lost records that it had acknowledged, or somebody deleted them";
  return std::unexpected(std::move(error));
}

void SendWindow::try_again(Partition& its, Entry& entry) {
  entry.state = State::waiting;
  --its.under_way;
  its.careful = its.uncertain = true;
  its.leader = {};  // asked for again, which also makes a pause
}

std::vector<std::int32_t> SendWindow::lost(std::int32_t node) {
  std::vector<std::int32_t> uncertain;
  for (std::size_t i = 0; i < partitions_.size(); ++i) {
    Partition& its = partitions_[i];
    if (its.leader.node == node) its.leader = {};
    if (its.under_way == 0 || its.sent_to != node) continue;
    uncertain.push_back(static_cast<std::int32_t>(i));
    for (Entry& entry : its.queue)
      if (entry.state == State::under_way) try_again(its, entry);
  }
  return uncertain;
}

std::size_t SendWindow::size() const {
  std::size_t sum = 0;
  for (const Partition& its : partitions_) sum += its.queue.size();
  return sum;
}

}  // namespace tickerlake::kafka
