// Groups, the part about committed offsets.
#include "services/broker/groups/groups.h"

namespace tickerlake::broker {

using kafka::KafkaError;

KafkaError Groups::commit(const std::string& group, const MemberClaim& claim, std::int32_t generation,
                          const std::vector<std::pair<TopicPartition, CommittedOffset>>& offsets) {
  Offset behind;
  {
    MutexLock lock(mutex_);
    if (stopping_) return KafkaError::coordinator_not_available;
    Entry* entry = find(group);
    if (entry == nullptr) {
      if (generation >= 0) return KafkaError::illegal_generation;
      if (groups_.size() >= max_groups) return KafkaError::group_max_size_reached;
      entry = &find_or_add(group);
    }
    const KafkaError refused = entry->group.check_commit(claim, generation, false, steady_now());
    settle(*entry);
    if (refused != KafkaError::none || offsets.empty()) return refused;
    std::vector<CoordinatorRecord> records;
    for (const auto& [key, value] : offsets) records.push_back(OffsetRecord{group, key.topic, key.partition, value});
    const auto appended = journal_.append(records);
    if (!appended) {
      log_.error("offsets of group \"{}\" could not be stored: {}", group, appended.error().message);
      return KafkaError::coordinator_not_available;  // clients try again
    }
    behind = *appended;
    for (const auto& [key, value] : offsets) {
      CommittedOffset& committed = entry->offsets[key] = value;
      committed.journaled_at = behind - 1;
    }
    entry->idle_since = clock_.now_ms();
    maintain();
  }
  journal_.wait_durable(behind);
  return KafkaError::none;
}

GroupOffsets Groups::committed(const std::string& group) {
  MutexLock lock(mutex_);
  GroupOffsets offsets;
  const Entry* entry = find(group);
  if (entry == nullptr) return offsets;
  offsets.committed = entry->offsets;
  for (const auto& [producer, pending] : entry->pending) {
    for (const auto& [key, value] : pending.offsets) offsets.undecided.insert(key);
  }
  return offsets;
}

KafkaError Groups::delete_offsets(const std::string& group, const std::vector<TopicPartition>& offsets,
                                  std::map<TopicPartition, KafkaError>& errors) {
  MutexLock lock(mutex_);
  Entry* entry = find(group);
  if (entry == nullptr) return KafkaError::group_id_not_found;
  entry->group.tick(steady_now());
  settle(*entry);
  const auto subscribed = entry->group.subscribed_topics();
  if (entry->group.has_members() && subscribed.empty()) return KafkaError::non_empty_group;
  std::vector<CoordinatorRecord> tombstones;
  for (const TopicPartition& key : offsets) {
    const bool in_use = subscribed.contains(key.topic);
    errors[key] = in_use ? KafkaError::group_subscribed_to_topic : KafkaError::none;
    if (!in_use && entry->offsets.erase(key) > 0) {
      tombstones.push_back(OffsetRecord{group, key.topic, key.partition, std::nullopt});
    }
  }
  if (tombstones.empty()) return KafkaError::none;
  return journal_.append(tombstones) ? KafkaError::none : KafkaError::coordinator_not_available;
}

KafkaError Groups::remove(const std::string& group) {
  MutexLock lock(mutex_);
  if (group.empty()) return KafkaError::invalid_group_id;
  Entry* entry = find(group);
  if (entry == nullptr) return KafkaError::group_id_not_found;
  entry->group.tick(steady_now());
  settle(*entry);
  if (entry->group.has_members()) return KafkaError::non_empty_group;
  std::vector<CoordinatorRecord> tombstones;
  for (const auto& [key, value] : entry->offsets) {
    tombstones.push_back(OffsetRecord{group, key.topic, key.partition, std::nullopt});
  }
  tombstones.push_back(GroupRecord{group, std::nullopt});
  if (!journal_.append(tombstones)) return KafkaError::coordinator_not_available;
  forget_pending(*entry);
  groups_.erase(group);
  return KafkaError::none;
}

void Groups::forget_topic(std::string_view topic) {
  MutexLock lock(mutex_);
  std::vector<CoordinatorRecord> tombstones;
  for (auto& [id, entry] : groups_) {
    for (auto& [producer, pending] : entry.pending) {
      pending_offsets_ -=
          std::erase_if(pending.offsets, [&](const auto& offset) { return offset.first.topic == topic; });
    }
    std::erase_if(entry.offsets, [&](const auto& offset) {
      if (offset.first.topic != topic) return false;
      tombstones.push_back(OffsetRecord{id, offset.first.topic, offset.first.partition, std::nullopt});
      return true;
    });
  }
  if (tombstones.empty()) return;
  if (const auto stored = journal_.append(tombstones); !stored) log_.error("{}", stored.error().message);
}

}  // namespace tickerlake::broker
