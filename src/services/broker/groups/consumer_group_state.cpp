// A consumer group, the part about what is told of it and what is stored.
#include <algorithm>

#include "services/broker/groups/consumer_group.h"

namespace tickerlake::broker {
namespace {

/// The value under the key, if it is there.
template <class Map>
std::optional<typename Map::mapped_type> value_of(const Map& map, const std::string& key) {
  const auto found = map.find(key);
  return found == map.end() ? std::nullopt : std::optional(found->second);
}

std::size_t size_of(const Assignment& assignment) {
  std::size_t bytes = 0;
  for (const auto& [topic, partitions] : assignment) bytes += sizeof topic + partitions.size() * sizeof(std::int32_t);
  return bytes;
}

}  // namespace

ConsumerGroup::State ConsumerGroup::state() const {
  if (members_.empty()) return State::empty;
  if (epoch_ > target_epoch_) return State::assigning;
  const bool all_there = std::ranges::all_of(members_, [&](const auto& entry) {
    return entry.second.current.progress == Progress::stable && entry.second.current.epoch == target_epoch_;
  });
  return all_there ? State::stable : State::reconciling;
}

std::set<std::string> ConsumerGroup::subscribed_topics() const {
  std::set<std::string> topics;
  for (const auto& [id, member] : members_) topics.merge(topics_of(member.subscription));
  return topics;
}

std::size_t ConsumerGroup::membership_bytes() const {
  std::size_t bytes = 0;
  for (const auto& [id, member] : members_) {
    bytes += id.size() + member.subscription.pattern.size();
    for (const std::string& topic : member.subscription.topics) bytes += topic.size();
    bytes += size_of(member.current.assigned) + size_of(member.current.revoking) + size_of(target_of(id));
  }
  return bytes;
}

ConsumerGroupDescription ConsumerGroup::describe() const {
  ConsumerGroupDescription description{id_, name(state()), epoch_, target_epoch_, preferred_assignor(), {}};
  for (const auto& [id, member] : members_) {
    description.members.push_back(
        {id, member.subscription, member.current.epoch, member.current.assigned, target_of(id)});
  }
  return description;
}

// ---- records

ConsumerGroupChange ConsumerGroup::record_of_epoch() const {
  return EpochRecord{EpochRecord::Value{epoch_, topics_hash_}};
}

SubscriptionRecord ConsumerGroup::record_of_member(const std::string& id) const {
  const auto found = members_.find(id);
  if (found == members_.end()) return {id, std::nullopt};
  return {id, found->second.subscription};
}

TargetRecord ConsumerGroup::record_of_target(const std::string& id) const {
  if (!members_.contains(id)) return {id, std::nullopt};
  return {id, target_of(id)};
}

ReconciliationRecord ConsumerGroup::record_of_current(const std::string& id) const {
  const auto found = members_.find(id);
  if (found == members_.end()) return {id, std::nullopt};
  return {id, found->second.current};
}

PatternRecord ConsumerGroup::record_of_pattern(const std::string& pattern) const {
  return {pattern, value_of(patterns_, pattern)};
}

/// In Kafka's order: what a record refers to has been told before it.
std::vector<ConsumerGroupChange> ConsumerGroup::take_changes() {
  const Changed changed = std::exchange(changed_, {});
  std::vector<ConsumerGroupChange> records;
  const auto is_gone = [&](const std::string& id) { return !members_.contains(id); };
  for (const std::string& id : changed.currents) {
    if (is_gone(id)) records.push_back(record_of_current(id));
  }
  for (const std::string& id : changed.targets) {
    if (is_gone(id)) records.push_back(record_of_target(id));
  }
  for (const std::string& id : changed.members) records.push_back(record_of_member(id));
  for (const std::string& pattern : changed.patterns) records.push_back(record_of_pattern(pattern));
  if (changed.epoch) records.push_back(record_of_epoch());
  for (const std::string& id : changed.targets) {
    if (!is_gone(id)) records.push_back(record_of_target(id));
  }
  if (changed.target_epoch) records.push_back(TargetEpochRecord{target_epoch_});
  for (const std::string& id : changed.currents) {
    if (!is_gone(id)) records.push_back(record_of_current(id));
  }
  return records;
}

std::vector<ConsumerGroupChange> ConsumerGroup::everything() const {
  std::vector<ConsumerGroupChange> records{record_of_epoch()};
  for (const auto& [id, member] : members_) records.push_back(record_of_member(id));
  for (const auto& [pattern, matched] : patterns_) records.push_back(record_of_pattern(pattern));
  for (const auto& [id, member] : members_) records.push_back(record_of_target(id));
  records.push_back(TargetEpochRecord{target_epoch_});
  for (const auto& [id, member] : members_) records.push_back(record_of_current(id));
  return records;
}

std::vector<ConsumerGroupChange> ConsumerGroup::tombstones() const {
  std::vector<ConsumerGroupChange> records;
  for (const auto& [id, member] : members_) records.push_back(ReconciliationRecord{id, std::nullopt});
  for (const auto& [id, member] : members_) records.push_back(TargetRecord{id, std::nullopt});
  records.push_back(TargetEpochRecord{});
  for (const auto& [id, member] : members_) records.push_back(SubscriptionRecord{id, std::nullopt});
  for (const auto& [pattern, matched] : patterns_) records.push_back(PatternRecord{pattern, std::nullopt});
  records.push_back(EpochRecord{});
  return records;
}

void ConsumerGroup::restore(const ConsumerGroupChange& change) {
  if (const auto* epoch = std::get_if<EpochRecord>(&change)) {
    const auto value = epoch->value.value_or(EpochRecord::Value{});
    epoch_ = value.epoch;
    topics_hash_ = value.topics_hash;
  } else if (const auto* target_epoch = std::get_if<TargetEpochRecord>(&change)) {
    target_epoch_ = target_epoch->value.value_or(0);
  } else if (const auto* pattern = std::get_if<PatternRecord>(&change)) {
    if (pattern->value) {
      patterns_[pattern->pattern] = *pattern->value;
    } else {
      patterns_.erase(pattern->pattern);
    }
  } else if (const auto* target = std::get_if<TargetRecord>(&change)) {
    if (target->value) {
      targets_[target->member_id] = *target->value;
    } else {
      targets_.erase(target->member_id);
    }
  } else if (const auto* subscription = std::get_if<SubscriptionRecord>(&change)) {
    if (subscription->value) {
      Member& member = members_[subscription->member_id];
      member.id = subscription->member_id;
      member.subscription = *subscription->value;
    } else {
      members_.erase(subscription->member_id);
    }
  } else if (const auto* current = std::get_if<ReconciliationRecord>(&change)) {
    if (const auto member = members_.find(current->member_id); member != members_.end()) {
      member->second.current = current->value.value_or(Reconciliation{});
    }
  }
}

void ConsumerGroup::resume(Milliseconds session_timeout_ms, Milliseconds now) {
  static_ids_.clear();
  owners_.clear();
  std::erase_if(targets_, [&](const auto& target) { return !members_.contains(target.first); });
  for (auto& [id, member] : members_) {
    if (member.subscription.instance_id) static_ids_[*member.subscription.instance_id] = id;
    Reconciliation current = std::exchange(member.current, {});
    set_current(member, std::move(current));
    member.session_ends = now + session_timeout_ms;
    if (member.current.progress == Progress::unrevoked) {
      member.revocation_ends = now + member.subscription.rebalance_timeout_ms;
    }
  }
  changed_ = {};
}

}  // namespace tickerlake::broker
