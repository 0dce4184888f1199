#include "services/broker/groups/share_group.h"

#include <algorithm>

#include "services/broker/groups/topics_hash.h"

namespace tickerlake::broker {

using kafka::KafkaError;

// ---- heartbeats

HeartbeatAnswer ShareGroup::heartbeat(const HeartbeatAsk& ask, const TopicCatalog& topics,
                                      const ShareGroupSettings& settings, Milliseconds now) {
  tick(now);
  if (ask.member_epoch == join_epoch) {
    if (members_.size() >= settings.max_size && !members_.contains(ask.member_id)) {
      return HeartbeatAnswer::refused(
          KafkaError::group_max_size_reached,
          "The share group has reached its maximum capacity of " + std::to_string(settings.max_size) + " members.");
    }
    return advance(ask.member_id, ask, topics, settings, now);
  }
  if (auto refused = check_claim(ask)) return *std::move(refused);
  if (ask.member_epoch != leave_epoch) return advance(ask.member_id, ask, topics, settings, now);
  remove(ask.member_id);
  HeartbeatAnswer answer;
  answer.member_id = ask.member_id;
  answer.member_epoch = leave_epoch;
  return answer;
}

std::optional<HeartbeatAnswer> ShareGroup::check_claim(const HeartbeatAsk& ask) const {
  const auto found = members_.find(ask.member_id);
  if (found == members_.end()) {
    return HeartbeatAnswer::refused(KafkaError::unknown_member_id,
                                    "Member " + ask.member_id + " is not a member of group " + id_ + ".");
  }
  const Member& member = found->second;
  // With the epoch before it may come once more: the answer that told it the new one was lost.
  const bool is_known = ask.member_epoch == member.epoch || ask.member_epoch == member.previous_epoch;
  if (ask.member_epoch < 0 || is_known) return std::nullopt;
  return HeartbeatAnswer::refused(KafkaError::fenced_member_epoch,
                                  "the member's epoch is " + std::to_string(member.epoch) + ", not " +
                                      std::to_string(ask.member_epoch) +
                                      ": it must give up its partitions and join again");
}

HeartbeatAnswer ShareGroup::advance(const std::string& id, const HeartbeatAsk& ask, const TopicCatalog& topics,
                                    const ShareGroupSettings& settings, Milliseconds now) {
  const auto [found, is_new] = members_.try_emplace(id);
  Member& member = found->second;
  const Assignment assigned_before = member.assigned;
  Subscription subscription = member.subscription;
  subscription.client_id = ask.client_id;
  subscription.client_host = ask.client_host;
  if (ask.rack_id) subscription.rack_id = ask.rack_id;
  if (ask.topics) subscription.topics = *ask.topics;
  const bool subscribed_anew = is_new || subscription.topics != member.subscription.topics;
  if (is_new || subscription != member.subscription) {
    member.subscription = std::move(subscription);
    changed_.members.insert(id);
  }
  if (is_new) {
    changed_.targets.insert(id);
    changed_.currents.insert(id);
  }
  if (subscribed_anew) seen_catalog_.reset();
  const bool topics_changed = look_at(topics);
  const bool has_begun = epoch_ > target_epoch_;  // since a member went: nothing was assigned in this epoch yet
  if (subscribed_anew || (topics_changed && !has_begun)) begin_epoch();
  changed_.epoch |= topics_changed;
  if (epoch_ > target_epoch_) assign_anew(topics);
  if (member.epoch != target_epoch_ || member.assigned != target_of(id)) {
    if (member.epoch != target_epoch_) member.previous_epoch = member.epoch;
    member.epoch = target_epoch_;
    member.assigned = target_of(id);
    changed_.currents.insert(id);
  }
  member.session_ends = now + settings.session_timeout_ms;

  HeartbeatAnswer answer;
  answer.member_id = id;
  answer.member_epoch = member.epoch;
  const bool is_full = ask.member_epoch == join_epoch || ask.topics;
  if (is_full || member.assigned != assigned_before) answer.assignment = member.assigned;
  return answer;
}

// ---- members

void ShareGroup::remove(const std::string& id) {
  members_.erase(id);
  targets_.erase(id);
  for (auto* dirty : {&changed_.members, &changed_.targets, &changed_.currents}) dirty->insert(id);
  seen_catalog_.reset();
  begin_epoch();
}

void ShareGroup::tick(Milliseconds now) {
  std::vector<std::string> gone;
  for (const auto& [id, member] : members_) {
    if (member.session_ends <= now) gone.push_back(id);
  }
  for (const std::string& id : gone) remove(id);
}

std::optional<Milliseconds> ShareGroup::next_deadline() const {
  std::optional<Milliseconds> next;
  for (const auto& [id, member] : members_) next = std::min(next.value_or(member.session_ends), member.session_ends);
  return next;
}

// ---- epochs and targets

void ShareGroup::begin_epoch() {
  ++epoch_;
  changed_.epoch = true;
}

/// True if the subscribed topics are not what the present epoch began with.
bool ShareGroup::look_at(const TopicCatalog& topics) {
  if (seen_catalog_ == topics.version) return false;
  seen_catalog_ = topics.version;
  const std::int64_t hash = TopicsHash::of(subscribed_topics(), topics);
  if (hash == topics_hash_) return false;
  topics_hash_ = hash;
  return true;
}

void ShareGroup::assign_anew(const TopicCatalog& topics) {
  AssignorInput input;
  for (const auto& [id, member] : members_) {
    AssignorInput::Member of{id, std::nullopt, {}, target_of(id)};
    for (const std::string& name : member.subscription.topics) {
      const auto found = topics.topics.find(name);
      if (found == topics.topics.end()) continue;
      of.topics.insert(found->second.id);
      input.partitions[found->second.id] = found->second.partitions;
    }
    input.members.push_back(std::move(of));
  }
  for (auto& [id, assignment] : assign_shared(input)) {
    Assignment& target = targets_[id];
    if (target == assignment) continue;
    target = std::move(assignment);
    changed_.targets.insert(id);
  }
  target_epoch_ = epoch_;
  changed_.target_epoch = true;
}

const Assignment& ShareGroup::target_of(const std::string& member) const {
  static const Assignment none;
  const auto found = targets_.find(member);
  return found == targets_.end() ? none : found->second;
}

// ---- partitions' state

SharedTopicsRecord::Topics ShareGroup::to_begin(const TopicCatalog& topics) const {
  SharedTopicsRecord::Topics missing;
  for (const std::string& name : subscribed_topics()) {
    const auto found = topics.topics.find(name);
    if (found == topics.topics.end()) continue;
    const auto known = shared_.find(found->second.id);
    for (std::int32_t partition = 0; partition < found->second.partitions; ++partition) {
      if (known != shared_.end() && known->second.partitions.contains(partition)) continue;
      SharedTopicsRecord::Topic& topic = missing[found->second.id];
      topic.name = name;
      topic.partitions.insert(partition);
    }
  }
  return missing;
}

void ShareGroup::begun(const SharedTopicsRecord::Topics& topics) {
  for (const auto& [id, topic] : topics) {
    SharedTopicsRecord::Topic& known = shared_[id];
    known.name = topic.name;
    known.partitions.insert(topic.partitions.begin(), topic.partitions.end());
    changed_.shared = true;
  }
}

void ShareGroup::forget(const TopicId& topic) {
  if (shared_.erase(topic) > 0) changed_.shared = true;
}

}  // namespace tickerlake::broker
