#include "services/broker/groups/consumer_group.h"

#include <algorithm>

#include "services/broker/groups/reconcile.h"
#include "services/broker/groups/topic_pattern.h"
#include "services/broker/groups/topics_hash.h"

namespace tickerlake::broker {
namespace {

/// After so long patterns are matched anew, as rights may have changed: consumer.group.regex.refresh.interval.ms.
constexpr Milliseconds pattern_refresh_ms = 600'000;

using kafka::KafkaError;

bool is_subset(const Assignment& part, const Assignment& whole) {
  return std::ranges::all_of(part, [&](const auto& entry) {
    const auto found = whole.find(entry.first);
    return entry.second.empty() || (found != whole.end() && std::ranges::includes(found->second, entry.second));
  });
}

std::string greater_or_smaller(std::int32_t told, std::int32_t known) {
  return "the member's epoch is " + std::to_string(known) + ", not " + std::to_string(told) +
         ": it must give up its partitions and join again";
}

}  // namespace

const char* name(ConsumerGroup::State state) {
  switch (state) {
    case ConsumerGroup::State::empty:
      return "Empty";
    case ConsumerGroup::State::assigning:
      return "Assigning";
    case ConsumerGroup::State::reconciling:
      return "Reconciling";
    case ConsumerGroup::State::stable:
      return "Stable";
  }
  return "Unknown";
}

// ---- heartbeats

HeartbeatAnswer ConsumerGroup::heartbeat(const HeartbeatAsk& ask, const std::string& new_member_id,
                                         const TopicCatalog& topics, const ConsumerGroupSettings& settings,
                                         Milliseconds now) {
  tick(now);
  if (ask.member_epoch == leave_epoch || ask.member_epoch == leave_for_a_while_epoch) return leave(ask);
  if (ask.assignor && !find_assignor(*ask.assignor)) {
    return HeartbeatAnswer::refused(
        KafkaError::unsupported_assignor,
        "ServerAssignor " + *ask.assignor + " is not supported. Supported assignors: uniform, range.");
  }
  if (ask.pattern && !ask.pattern->empty()) {
    if (const auto good = check_topic_pattern(*ask.pattern); !good) {
      return HeartbeatAnswer::refused(
          KafkaError::invalid_regular_expression,
          "SubscribedTopicRegex `" + *ask.pattern + "` is not a valid regular expression: " + good.error().message);
    }
  }
  if (ask.member_epoch == join_epoch) {
    return join(ask, ask.member_id.empty() ? new_member_id : ask.member_id, topics, settings, now);
  }
  if (auto refused = check_claim(ask)) return *std::move(refused);
  return advance(members_.at(ask.member_id), ask, false, topics, settings, now);
}

HeartbeatAnswer ConsumerGroup::join(const HeartbeatAsk& ask, const std::string& id, const TopicCatalog& topics,
                                    const ConsumerGroupSettings& settings, Milliseconds now) {
  const auto refuse = [](KafkaError error, std::string message) {
    return HeartbeatAnswer::refused(error, std::move(message));
  };
  if (members_.size() >= settings.max_size && !members_.contains(id)) {
    return refuse(KafkaError::group_max_size_reached, "The consumer group has reached its maximum capacity of " +
                                                          std::to_string(settings.max_size) + " members.");
  }
  if (ask.instance_id) {
    if (const auto known = static_ids_.find(*ask.instance_id); known != static_ids_.end() && known->second != id) {
      const std::string old_id = known->second;
      if (members_.at(old_id).current.epoch != leave_for_a_while_epoch) {
        return refuse(KafkaError::unreleased_instance_id, "Static member " + id + " with instance id " +
                                                              *ask.instance_id + " cannot join: the instance id is " +
                                                              "owned by member " + old_id + ".");
      }
      return advance(replace(old_id, id), ask, false, topics, settings, now);
    }
  }
  // A member that is known and joins again has lost an answer, or was fenced: it has nothing, and gets what it had.
  if (const auto known = members_.find(id); known != members_.end()) {
    return advance(known->second, ask, false, topics, settings, now);
  }
  return advance(add(ask, id), ask, true, topics, settings, now);
}

std::optional<HeartbeatAnswer> ConsumerGroup::check_claim(const HeartbeatAsk& ask) const {
  if (ask.instance_id) {
    const auto known = static_ids_.find(*ask.instance_id);
    if (known == static_ids_.end()) {
      return HeartbeatAnswer::refused(KafkaError::unknown_member_id,
                                      "Instance id " + *ask.instance_id + " is unknown.");
    }
    if (known->second != ask.member_id) {
      return HeartbeatAnswer::refused(KafkaError::fenced_instance_id,
                                      "Static member " + ask.member_id + " with instance id " + *ask.instance_id +
                                          " was fenced by member " + known->second + ".");
    }
  }
  const auto found = members_.find(ask.member_id);
  if (found == members_.end()) {
    return HeartbeatAnswer::refused(KafkaError::unknown_member_id,
                                    "Member " + ask.member_id + " is not a member of group " + id_ + ".");
  }
  if (ask.member_epoch < 0) return std::nullopt;  // it leaves
  const Reconciliation& current = found->second.current;
  if (ask.member_epoch == current.epoch) return std::nullopt;
  // With the epoch before it may come once more: the answer that told it the new one was lost.
  const bool missed_the_answer = ask.member_epoch < current.epoch && ask.member_epoch == current.previous_epoch &&
                                 ask.owned && is_subset(*ask.owned, current.assigned);
  if (missed_the_answer) return std::nullopt;
  return HeartbeatAnswer::refused(KafkaError::fenced_member_epoch, greater_or_smaller(ask.member_epoch, current.epoch));
}

HeartbeatAnswer ConsumerGroup::leave(const HeartbeatAsk& ask) {
  if (auto refused = check_claim(ask)) return *std::move(refused);
  HeartbeatAnswer answer;
  answer.member_id = ask.member_id;
  answer.member_epoch = ask.member_epoch;
  if (ask.member_epoch == leave_for_a_while_epoch && ask.instance_id) {
    // It keeps its place and its partitions until its session ends.
    Member& member = members_.at(ask.member_id);
    Reconciliation next = member.current;
    next.epoch = leave_for_a_while_epoch;
    next.revoking.clear();
    set_current(member, std::move(next));
    return answer;
  }
  remove(ask.member_id);
  return answer;
}

HeartbeatAnswer ConsumerGroup::advance(Member& member, const HeartbeatAsk& ask, bool is_new, const TopicCatalog& topics,
                                       const ConsumerGroupSettings& settings, Milliseconds now) {
  const bool is_full =
      ask.member_epoch == join_epoch || (ask.rebalance_timeout_ms && (ask.topics || ask.pattern) && ask.owned);
  const Assignment assigned_before = member.current.assigned;
  Subscription subscription = member.subscription;
  const bool subscribed_anew = update(subscription, ask) || is_new;
  if (subscription != member.subscription || is_new) {
    member.subscription = std::move(subscription);
    changed_.members.insert(member.id);
  }
  if (subscribed_anew) seen_catalog_.reset();
  const bool topics_changed = look_at(topics, ask, now);
  const bool has_begun = epoch_ > target_epoch_;  // since a member went: nothing was assigned in this epoch yet
  if (subscribed_anew || (topics_changed && !has_begun)) begin_epoch();
  changed_.epoch |= topics_changed;
  if (epoch_ > target_epoch_) assign_anew(topics);

  const auto is_free = [&](const TopicId& topic, std::int32_t partition) {
    const auto owner = owners_.find({topic, partition});
    return owner == owners_.end() || owner->second == member.id;
  };
  set_current(member, reconcile(member.current, target_epoch_, target_of(member.id), ask.owned, is_free));
  member.session_ends = now + settings.session_timeout_ms;
  if (member.current.progress != Progress::unrevoked) {
    member.revocation_ends.reset();
  } else if (!member.revocation_ends) {
    member.revocation_ends = now + member.subscription.rebalance_timeout_ms;
  }

  HeartbeatAnswer answer;
  answer.member_id = member.id;
  answer.member_epoch = member.current.epoch;
  if (is_full || member.current.assigned != assigned_before) answer.assignment = member.current.assigned;
  return answer;
}

bool ConsumerGroup::update(Subscription& subscription, const HeartbeatAsk& ask) {
  if (ask.instance_id) subscription.instance_id = ask.instance_id;
  if (ask.rack_id) subscription.rack_id = ask.rack_id;
  if (ask.rebalance_timeout_ms) subscription.rebalance_timeout_ms = *ask.rebalance_timeout_ms;
  if (ask.assignor) subscription.assignor = ask.assignor;
  subscription.client_id = ask.client_id;
  subscription.client_host = ask.client_host;
  const Subscription before = subscription;
  if (ask.topics) subscription.topics = *ask.topics;
  if (ask.pattern) subscription.pattern = *ask.pattern;
  return subscription != before;
}

// ---- members

ConsumerGroup::Member& ConsumerGroup::add(const HeartbeatAsk& ask, const std::string& id) {
  Member& member = members_[id];
  member.id = id;
  if (ask.instance_id) static_ids_[*ask.instance_id] = id;
  changed_.targets.insert(id);
  changed_.currents.insert(id);
  return member;
}

/// A static member is back under a new id: it takes up what it had.
ConsumerGroup::Member& ConsumerGroup::replace(const std::string& old_id, const std::string& new_id) {
  auto node = members_.extract(old_id);
  node.key() = node.mapped().id = new_id;
  Member& member = members_.insert(std::move(node)).position->second;
  static_ids_[*member.subscription.instance_id] = new_id;
  targets_[new_id] = std::move(targets_[old_id]);
  targets_.erase(old_id);
  for (auto& [partition, owner] : owners_) {
    if (owner == old_id) owner = new_id;
  }
  for (auto* dirty : {&changed_.members, &changed_.targets, &changed_.currents}) dirty->insert({old_id, new_id});
  Reconciliation next = member.current;
  next.epoch = join_epoch;
  next.previous_epoch = join_epoch;
  next.progress = Progress::stable;
  set_current(member, std::move(next));
  return member;
}

void ConsumerGroup::remove(const std::string& id) {
  const auto found = members_.find(id);
  Member& member = found->second;
  set_current(member, {});
  if (member.subscription.instance_id) static_ids_.erase(*member.subscription.instance_id);
  members_.erase(found);
  targets_.erase(id);
  for (auto* dirty : {&changed_.members, &changed_.targets, &changed_.currents}) dirty->insert(id);
  seen_catalog_.reset();
  begin_epoch();
}

void ConsumerGroup::set_current(Member& member, Reconciliation next) {
  if (next == member.current) return;
  for (const Assignment* before : {&member.current.assigned, &member.current.revoking}) {
    for (const auto& [topic, partitions] : *before) {
      for (const std::int32_t partition : partitions) owners_.erase({topic, partition});
    }
  }
  for (const Assignment* after : {&next.assigned, &next.revoking}) {
    for (const auto& [topic, partitions] : *after) {
      for (const std::int32_t partition : partitions) owners_[{topic, partition}] = member.id;
    }
  }
  member.current = std::move(next);
  changed_.currents.insert(member.id);
}

// ---- epochs and targets

void ConsumerGroup::begin_epoch() {
  ++epoch_;
  changed_.epoch = true;
}

std::set<std::string> ConsumerGroup::topics_of(const Subscription& subscription) const {
  std::set<std::string> topics = subscription.topics;
  if (const auto matched = patterns_.find(subscription.pattern); matched != patterns_.end()) {
    topics.insert(matched->second.topics.begin(), matched->second.topics.end());
  }
  return topics;
}

/// Finds out what the patterns match now, of what the member may describe that asks. True if the subscribed topics are
/// not what the present epoch began with.
bool ConsumerGroup::look_at(const TopicCatalog& topics, const HeartbeatAsk& ask, Milliseconds now) {
  const bool rights_are_old = !patterns_.empty() && now - patterns_matched_ >= pattern_refresh_ms;
  if (seen_catalog_ == topics.version && !rights_are_old) return false;
  seen_catalog_ = topics.version;
  patterns_matched_ = now;
  std::set<std::string> patterns;
  for (const auto& [id, member] : members_) {
    if (!member.subscription.pattern.empty()) patterns.insert(member.subscription.pattern);
  }
  std::erase_if(patterns_, [&](const auto& known) {
    const bool unused = !patterns.contains(known.first);
    if (unused) changed_.patterns.insert(known.first);
    return unused;
  });
  if (!patterns.empty()) {
    std::vector<std::string> names;
    for (const auto& [name, topic] : topics.topics) names.push_back(name);
    for (const std::string& pattern : patterns) {
      auto matched = matching_topics(pattern, names);
      if (ask.may_describe) std::erase_if(matched, [&](const std::string& name) { return !ask.may_describe(name); });
      const auto [known, is_new] = patterns_.try_emplace(pattern);
      if (!is_new && known->second.topics == matched) continue;
      known->second = {std::move(matched), static_cast<std::int64_t>(topics.version)};
      changed_.patterns.insert(pattern);
    }
  }
  const std::int64_t hash = TopicsHash::of(subscribed_topics(), topics);
  if (hash == topics_hash_) return false;
  topics_hash_ = hash;
  return true;
}

void ConsumerGroup::assign_anew(const TopicCatalog& topics) {
  AssignorInput input;
  for (const auto& [id, member] : members_) {
    AssignorInput::Member of{id, member.subscription.instance_id, {}, target_of(id)};
    for (const std::string& name : topics_of(member.subscription)) {
      const auto found = topics.topics.find(name);
      if (found == topics.topics.end()) continue;
      of.topics.insert(found->second.id);
      input.partitions[found->second.id] = found->second.partitions;
    }
    input.members.push_back(std::move(of));
  }
  for (auto& [id, assignment] : assign(preferred_assignor(), input)) {
    Assignment& target = targets_[id];
    if (target == assignment) continue;
    target = std::move(assignment);
    changed_.targets.insert(id);
  }
  target_epoch_ = epoch_;
  changed_.target_epoch = true;
}

/// What most members ask for.
Assignor ConsumerGroup::preferred_assignor() const {
  std::map<Assignor, std::size_t> votes;
  for (const auto& [id, member] : members_) {
    if (!member.subscription.assignor) continue;
    if (const auto wanted = find_assignor(*member.subscription.assignor)) ++votes[*wanted];
  }
  const auto most = std::ranges::max_element(votes, {}, [](const auto& vote) { return vote.second; });
  return most == votes.end() ? default_assignor : most->first;
}

const Assignment& ConsumerGroup::target_of(const std::string& member) const {
  static const Assignment none;
  const auto found = targets_.find(member);
  return found == targets_.end() ? none : found->second;
}

// ---- offsets

KafkaError ConsumerGroup::check_commit(const MemberClaim& claim, std::int32_t epoch, Milliseconds now) {
  tick(now);
  if (epoch < 0 && members_.empty()) return KafkaError::none;
  const auto member = members_.find(claim.member_id);
  if (member == members_.end()) return KafkaError::unknown_member_id;
  return epoch == member->second.current.epoch ? KafkaError::none : KafkaError::stale_member_epoch;
}

KafkaError ConsumerGroup::check_fetch(const std::optional<std::string>& member_id, std::int32_t epoch) const {
  if (!member_id && epoch < 0) return KafkaError::none;
  const auto member = members_.find(member_id.value_or(""));
  if (member == members_.end()) return KafkaError::unknown_member_id;
  return epoch == member->second.current.epoch ? KafkaError::none : KafkaError::stale_member_epoch;
}

// ---- time

void ConsumerGroup::tick(Milliseconds now) {
  std::vector<std::string> gone;
  for (const auto& [id, member] : members_) {
    if (member.session_ends <= now || (member.revocation_ends && *member.revocation_ends <= now)) gone.push_back(id);
  }
  for (const std::string& id : gone) remove(id);
}

std::optional<Milliseconds> ConsumerGroup::next_deadline() const {
  std::optional<Milliseconds> next;
  for (const auto& [id, member] : members_) {
    next = std::min(next.value_or(member.session_ends), member.session_ends);
    if (member.revocation_ends) next = std::min(*next, *member.revocation_ends);
  }
  return next;
}

}  // namespace tickerlake::broker
