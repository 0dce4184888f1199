// A share group, the part about what is told of it and what is stored.
#include "services/broker/groups/share_group.h"

namespace tickerlake::broker {

std::set<std::string> ShareGroup::subscribed_topics() const {
  std::set<std::string> topics;
  for (const auto& [id, member] : members_) {
    topics.insert(member.subscription.topics.begin(), member.subscription.topics.end());
  }
  return topics;
}

std::size_t ShareGroup::membership_bytes() const {
  std::size_t bytes = 0;
  const auto add = [&](const Assignment& assignment) {
    for (const auto& [topic, partitions] : assignment) bytes += sizeof topic + partitions.size() * sizeof(std::int32_t);
  };
  for (const auto& [id, member] : members_) {
    bytes += id.size();
    for (const std::string& topic : member.subscription.topics) bytes += topic.size();
    add(member.assigned);
    add(target_of(id));
  }
  return bytes;
}

ShareGroupDescription ShareGroup::describe() const {
  ShareGroupDescription description{state(), epoch_, target_epoch_, {}};
  for (const auto& [id, member] : members_) {
    description.members.push_back({id, member.subscription, member.epoch, member.assigned});
  }
  return description;
}

// ---- records

SubscriptionRecord ShareGroup::record_of_member(const std::string& id) const {
  const auto found = members_.find(id);
  if (found == members_.end()) return {id, std::nullopt};
  return {id, found->second.subscription};
}

TargetRecord ShareGroup::record_of_target(const std::string& id) const {
  if (!members_.contains(id)) return {id, std::nullopt};
  return {id, target_of(id)};
}

ReconciliationRecord ShareGroup::record_of_current(const std::string& id) const {
  const auto found = members_.find(id);
  if (found == members_.end()) return {id, std::nullopt};
  const Member& member = found->second;
  return {id, Reconciliation{member.epoch, member.previous_epoch, Progress::stable, member.assigned, {}}};
}

/// In Kafka's order: what a record refers to has been told before it.
std::vector<ShareGroupChange> ShareGroup::take_changes() {
  const Changed changed = std::exchange(changed_, {});
  std::vector<ShareGroupChange> records;
  const auto is_gone = [&](const std::string& id) { return !members_.contains(id); };
  for (const std::string& id : changed.currents) {
    if (is_gone(id)) records.push_back(record_of_current(id));
  }
  for (const std::string& id : changed.targets) {
    if (is_gone(id)) records.push_back(record_of_target(id));
  }
  for (const std::string& id : changed.members) records.push_back(record_of_member(id));
  if (changed.epoch) records.push_back(record_of_epoch());
  for (const std::string& id : changed.targets) {
    if (!is_gone(id)) records.push_back(record_of_target(id));
  }
  if (changed.target_epoch) records.push_back(TargetEpochRecord{target_epoch_});
  for (const std::string& id : changed.currents) {
    if (!is_gone(id)) records.push_back(record_of_current(id));
  }
  if (changed.shared) records.push_back(SharedTopicsRecord{shared_});
  return records;
}

std::vector<ShareGroupChange> ShareGroup::everything() const {
  std::vector<ShareGroupChange> records{record_of_epoch()};
  for (const auto& [id, member] : members_) records.push_back(record_of_member(id));
  for (const auto& [id, member] : members_) records.push_back(record_of_target(id));
  records.push_back(TargetEpochRecord{target_epoch_});
  for (const auto& [id, member] : members_) records.push_back(record_of_current(id));
  records.push_back(SharedTopicsRecord{shared_});
  return records;
}

std::vector<ShareGroupChange> ShareGroup::tombstones() const {
  std::vector<ShareGroupChange> records;
  for (const auto& [id, member] : members_) records.push_back(ReconciliationRecord{id, std::nullopt});
  for (const auto& [id, member] : members_) records.push_back(TargetRecord{id, std::nullopt});
  records.push_back(TargetEpochRecord{});
  for (const auto& [id, member] : members_) records.push_back(SubscriptionRecord{id, std::nullopt});
  records.push_back(SharedTopicsRecord{});
  records.push_back(EpochRecord{});
  return records;
}

void ShareGroup::restore(const ShareGroupChange& change) {
  if (const auto* epoch = std::get_if<EpochRecord>(&change)) {
    const auto value = epoch->value.value_or(EpochRecord::Value{});
    epoch_ = value.epoch;
    topics_hash_ = value.topics_hash;
  } else if (const auto* target_epoch = std::get_if<TargetEpochRecord>(&change)) {
    target_epoch_ = target_epoch->value.value_or(0);
  } else if (const auto* shared = std::get_if<SharedTopicsRecord>(&change)) {
    shared_ = shared->value.value_or(SharedTopicsRecord::Topics());
  } else if (const auto* target = std::get_if<TargetRecord>(&change)) {
    if (target->value) {
      targets_[target->member_id] = *target->value;
    } else {
      targets_.erase(target->member_id);
    }
  } else if (const auto* subscription = std::get_if<SubscriptionRecord>(&change)) {
    if (subscription->value) {
      members_[subscription->member_id].subscription = *subscription->value;
    } else {
      members_.erase(subscription->member_id);
    }
  } else if (const auto* current = std::get_if<ReconciliationRecord>(&change)) {
    const auto member = members_.find(current->member_id);
    if (member == members_.end()) return;
    const Reconciliation value = current->value.value_or(Reconciliation{});
    member->second.epoch = value.epoch;
    member->second.previous_epoch = value.previous_epoch;
    member->second.assigned = value.assigned;
  }
}

void ShareGroup::resume(Milliseconds session_timeout_ms, Milliseconds now) {
  std::erase_if(targets_, [&](const auto& target) { return !members_.contains(target.first); });
  for (auto& [id, member] : members_) member.session_ends = now + session_timeout_ms;
  changed_ = {};
}

}  // namespace tickerlake::broker
