// Groups, the part about offsets that are committed within transactions (KIP-98, KIP-447).
#include "services/broker/groups/groups.h"

namespace tickerlake::broker {

using kafka::KafkaError;

KafkaError Groups::commit_in_transaction(const std::string& group, const MemberClaim& claim, std::int32_t generation,
                                         ProducerId producer, std::int16_t epoch,
                                         const std::vector<std::pair<TopicPartition, CommittedOffset>>& offsets) {
  Offset behind;
  {
    MutexLock lock(mutex_);
    if (stopping_) return KafkaError::coordinator_not_available;
    if (group.empty()) return KafkaError::invalid_group_id;
    Entry* entry = find(group);
    if (entry == nullptr) {
      if (generation >= 0) return KafkaError::illegal_generation;
      if (groups_.size() >= max_groups) return KafkaError::group_max_size_reached;
      entry = &find_or_add(group);
    }
    const KafkaError refused = check_commit(*entry, claim, generation, 0, true);
    settle(*entry);
    if (refused != KafkaError::none || offsets.empty()) return refused;
    if (pending_offsets_ + offsets.size() > max_pending_offsets) return KafkaError::policy_violation;
    PendingOffsets pending{producer, epoch, {}};
    for (const auto& [key, value] : offsets) pending.offsets.push_back({group, key.topic, key.partition, value});
    const auto partition = journal_.partition();
    if (partition && !(*partition)->is_admitted(producer, epoch)) return KafkaError::invalid_txn_state;
    const auto appended = journal_.append(pending);
    if (!appended) {
      log_.error("offsets of group \"{}\" could not be stored: {}", group, appended.error().message);
      return KafkaError::coordinator_not_available;
    }
    behind = *appended;
    apply(pending, behind - 1);
    maintain();
  }
  journal_.wait_durable(behind);
  return KafkaError::none;
}

std::expected<Appended, AppendError> Groups::decide(ProducerId producer, std::int16_t epoch, kafka::Marker marker) {
  MutexLock lock(mutex_);
  const auto partition = journal_.partition();
  if (!partition) return std::unexpected(AppendError{Refusal::storage, partition.error().message});
  auto appended =
      (*partition)->append(kafka::make_marker(marker, producer.value(), epoch, clock_.now_ms()), Origin::broker);
  if (appended) apply(OffsetsDecision{producer, marker});
  return appended;
}

Result<std::shared_ptr<Partition>> Groups::journal() {
  MutexLock lock(mutex_);
  return journal_.partition();
}

void Groups::apply(const PendingOffsets& pending, Offset at) {
  for (const OffsetRecord& record : pending.offsets) {
    if (!record.value) continue;
    Pending& of_group = find_or_add(record.group).pending[pending.producer];
    of_group.epoch = pending.epoch;
    CommittedOffset offset = *record.value;
    offset.journaled_at = at;
    const TopicPartition key{record.topic, record.partition};
    const bool is_new = of_group.offsets.insert_or_assign(key, std::move(offset)).second;
    if (is_new) ++pending_offsets_;
    pending_groups_[pending.producer].insert(record.group);
  }
}

void Groups::apply(const OffsetsDecision& decision) {
  const auto groups = pending_groups_.extract(decision.producer);
  if (groups.empty()) return;
  for (const std::string& id : groups.mapped()) {
    Entry* entry = find(id);
    if (entry == nullptr) continue;
    const auto pending = entry->pending.extract(decision.producer);
    if (pending.empty()) continue;
    pending_offsets_ -= pending.mapped().offsets.size();
    if (decision.marker == kafka::Marker::abort) continue;
    for (auto& [key, value] : pending.mapped().offsets) {
      CommittedOffset& committed = entry->offsets[key];
      // What was committed after the transaction's own commit is younger than it, whenever the transaction ends.
      if (committed.offset < 0 || committed.journaled_at < value.journaled_at) committed = std::move(value);
    }
  }
}

void Groups::forget_pending(Entry& entry) {
  for (const auto& [producer, pending] : entry.pending) pending_offsets_ -= pending.offsets.size();
  entry.pending.clear();
}

std::vector<PendingOffsets> Groups::all_pending() const {
  std::vector<PendingOffsets> all;
  for (const auto& [id, entry] : groups_) {
    for (const auto& [producer, pending] : entry.pending) {
      PendingOffsets one{producer, pending.epoch, {}};
      for (const auto& [key, value] : pending.offsets) {
        const auto committed = entry.offsets.find(key);
        const bool overtaken = committed != entry.offsets.end() && committed->second.journaled_at > value.journaled_at;
        if (!overtaken) one.offsets.push_back({id, key.topic, key.partition, value});
      }
      if (!one.offsets.empty()) all.push_back(std::move(one));
    }
  }
  return all;
}

}  // namespace tickerlake::broker
