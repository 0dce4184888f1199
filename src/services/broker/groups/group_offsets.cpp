// Groups, the part about committed offsets.
#include <algorithm>

#include "services/broker/groups/groups.h"
#include "services/broker/share/share_states.h"

namespace tickerlake::broker {

using kafka::KafkaError;

KafkaError Groups::check_commit(Entry& entry, const MemberClaim& claim, std::int32_t generation, std::int16_t version,
                                bool in_transaction) {
  const Milliseconds now = steady_now();
  if (Group* classic = entry.classic()) return classic->check_commit(claim, generation, in_transaction, now);
  if (entry.share() != nullptr) return KafkaError::group_id_not_found;  // its members acknowledge
  // Members that have epochs commit with version 9 at least, which knows the error for an old one.
  const bool too_old = !in_transaction && version < 9 && (generation >= 0 || entry.has_members());
  const KafkaError error = entry.consumer()->check_commit(claim, generation, now);
  if (too_old && error != KafkaError::unknown_member_id) return KafkaError::unsupported_version;
  if (in_transaction && error == KafkaError::stale_member_epoch) return KafkaError::illegal_generation;
  return error;
}

KafkaError Groups::commit(const std::string& group, const MemberClaim& claim, std::int32_t generation,
                          std::int16_t version,
                          const std::vector<std::pair<TopicPartition, CommittedOffset>>& offsets) {
  Offset behind;
  {
    MutexLock lock(mutex_);
    if (stopping_) return KafkaError::coordinator_not_available;
    Entry* entry = find(group);
    if (entry == nullptr) {
      if (generation >= 0) return version >= 9 ? KafkaError::group_id_not_found : KafkaError::illegal_generation;
      if (groups_.size() >= max_groups) return KafkaError::group_max_size_reached;
      entry = &find_or_add(group);
    }
    const KafkaError refused = check_commit(*entry, claim, generation, version, false);
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
    maintain();
  }
  journal_.wait_durable(behind);
  return KafkaError::none;
}

GroupOffsets Groups::committed(const std::string& group) {
  MutexLock lock(mutex_);
  maintain();
  GroupOffsets offsets;
  const Entry* entry = find(group);
  if (entry == nullptr) return offsets;
  offsets.committed = entry->offsets;
  for (const auto& [producer, pending] : entry->pending) {
    for (const auto& [key, value] : pending.offsets) offsets.undecided.insert(key);
  }
  return offsets;
}

KafkaError Groups::check_fetch(const std::string& group, const std::optional<std::string>& member_id,
                               std::int32_t epoch) {
  MutexLock lock(mutex_);
  Entry* entry = find(group);
  if (entry != nullptr && entry->share() != nullptr) return KafkaError::group_id_not_found;
  if (entry == nullptr || entry->consumer() == nullptr) return KafkaError::none;
  entry->tick(steady_now());
  settle(*entry);
  return entry->consumer()->check_fetch(member_id, epoch);
}

KafkaError Groups::delete_offsets(const std::string& group, const std::vector<TopicPartition>& offsets,
                                  std::map<TopicPartition, KafkaError>& errors) {
  MutexLock lock(mutex_);
  Entry* entry = find(group);
  if (entry == nullptr || entry->share() != nullptr) return KafkaError::group_id_not_found;
  entry->tick(steady_now());
  settle(*entry);
  const auto subscribed = entry->subscribed_topics();
  // What members of other protocols than the consumers' read is not known.
  if (entry->classic() != nullptr && entry->has_members() && subscribed.empty()) return KafkaError::non_empty_group;
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
  entry->tick(steady_now());
  settle(*entry);
  if (entry->has_members()) return KafkaError::non_empty_group;
  std::vector<CoordinatorRecord> tombstones;
  for (const auto& [key, value] : entry->offsets) {
    tombstones.push_back(OffsetRecord{group, key.topic, key.partition, std::nullopt});
  }
  std::ranges::move(tombstones_of(*entry), std::back_inserter(tombstones));
  // First, so that a new group of that name begins anew whatever happens.
  if (entry->share() != nullptr && !shares_.remove(group)) return KafkaError::coordinator_not_available;
  if (!journal_.append(tombstones)) return KafkaError::coordinator_not_available;
  forget_pending(*entry);
  groups_.erase(group);
  return KafkaError::none;
}

void Groups::forget_topic(std::string_view topic, const TopicId& id) {
  MutexLock lock(mutex_);
  if (const auto forgotten = shares_.forget_topic(id); !forgotten) log_.error("{}", forgotten.error().message);
  std::vector<CoordinatorRecord> tombstones;
  for (auto& [group_id, entry] : groups_) {
    if (ShareGroup* share = entry.share()) {
      share->forget(id);
      settle(entry, *share);
    }
    for (auto& [producer, pending] : entry.pending) {
      pending_offsets_ -=
          std::erase_if(pending.offsets, [&](const auto& offset) { return offset.first.topic == topic; });
    }
    std::erase_if(entry.offsets, [&](const auto& offset) {
      if (offset.first.topic != topic) return false;
      tombstones.push_back(OffsetRecord{group_id, offset.first.topic, offset.first.partition, std::nullopt});
      return true;
    });
  }
  if (tombstones.empty()) return;
  if (const auto stored = journal_.append(tombstones); !stored) log_.error("{}", stored.error().message);
}

}  // namespace tickerlake::broker
