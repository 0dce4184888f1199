#include "services/broker/groups/group.h"

#include <algorithm>
#include <limits>

namespace tickerlake::broker {
namespace {

using kafka::KafkaError;

}  // namespace

const char* name(Group::State state) {
  switch (state) {
    case Group::State::empty:
      return "Empty";
    case Group::State::preparing_rebalance:
      return "PreparingRebalance";
    case Group::State::completing_rebalance:
      return "CompletingRebalance";
    case Group::State::stable:
      return "Stable";
  }
  return "Unknown";
}

bool Group::Member::speaks(std::string_view protocol) const {
  return std::ranges::find(protocols, protocol, &Protocol::name) != protocols.end();
}

const Buffer& Group::Member::metadata(std::string_view protocol) const {
  static const Buffer none;
  const auto at = std::ranges::find(protocols, protocol, &Protocol::name);
  return at == protocols.end() ? none : at->metadata;
}

// ---- requests

void Group::join(Ticket ticket, const JoinAsk& ask, const std::string& new_member_id, Milliseconds now) {
  tick(now);
  if (!supports(ask)) {
    answers_.emplace_back(ticket, JoinAnswer::refused(KafkaError::inconsistent_group_protocol, ask.member.member_id));
  } else if (ask.member.member_id.empty()) {
    join_new(ticket, ask, new_member_id, now);
  } else {
    join_known(ticket, ask, now);
  }
}

void Group::join_new(Ticket ticket, const JoinAsk& ask, const std::string& new_member_id, Milliseconds now) {
  if (ask.member.instance_id) {
    const auto known = static_ids_.find(*ask.member.instance_id);
    if (known != static_ids_.end()) {
      replace_static(ticket, ask, std::string(known->second), new_member_id, now);
    } else {
      add_member(ticket, ask, new_member_id, now);
    }
  } else if (ask.requires_member_id) {
    pending_[new_member_id] = now + ask.session_timeout_ms;
    answers_.emplace_back(ticket, JoinAnswer::refused(KafkaError::member_id_required, new_member_id));
  } else {
    add_member(ticket, ask, new_member_id, now);
  }
}

void Group::join_known(Ticket ticket, const JoinAsk& ask, Milliseconds now) {
  const std::string& id = ask.member.member_id;
  if (!ask.member.instance_id && pending_.erase(id) > 0) return add_member(ticket, ask, id, now);
  if (const KafkaError error = check_claim(ask.member); error != KafkaError::none) {
    answers_.emplace_back(ticket, JoinAnswer::refused(error, id));
    return;
  }
  Member& member = members_.at(id);
  const bool same_protocols = member.protocols == ask.protocols;
  const bool is_settled = state_ == State::completing_rebalance ||
                          // A leader that joins again wants a rebalance: it has seen the topics change.
                          (state_ == State::stable && id != leader_);
  if (is_settled && same_protocols) {
    // It missed the answer, most likely; the generation goes on.
    refresh(member, now);
    answers_.emplace_back(ticket, joined(member));
    return;
  }
  update_member(member, ticket, ask);
  rebalance_or_complete(now);
}

/// A static member has started again: it gets a new id under its old name; whoever uses the old id is fenced.
void Group::replace_static(Ticket ticket, const JoinAsk& ask, const std::string& old_id, const std::string& new_id,
                           Milliseconds now) {
  auto node = members_.extract(old_id);
  Member& member = node.mapped();
  if (member.join) answer_join(member, JoinAnswer::refused(KafkaError::fenced_instance_id, old_id));
  if (member.sync) answer_sync(member, KafkaError::fenced_instance_id);
  const std::string old_leader = leader_;
  if (leader_ == old_id) leader_ = new_id;
  if (not_synced_.erase(old_id) > 0) not_synced_.insert(new_id);
  static_ids_[*ask.member.instance_id] = new_id;
  node.key() = member.id = new_id;
  members_.insert(std::move(node));

  Member& renamed = members_.at(new_id);
  update_member(renamed, ticket, ask);
  refresh(renamed, now);
  if (state_ != State::stable || select_protocol() != protocol_) return rebalance_or_complete(now);
  // The generation goes on: it takes up its old assignment with SyncGroup.
  changed_ = true;
  JoinAnswer answer = joined(renamed);
  if (!ask.can_skip_assignment) {
    // An older client that found itself leader would compute a new assignment that nobody asked for.
    answer.leader = old_leader;
    answer.members.clear();
  } else {
    answer.skip_assignment = leader_ == new_id;
  }
  answer_join(renamed, std::move(answer));
}

void Group::sync(Ticket ticket, const SyncAsk& ask, Milliseconds now) {
  tick(now);
  const auto refuse = [&](KafkaError error) {
    SyncAnswer answer;
    answer.error = error;
    answers_.emplace_back(ticket, std::move(answer));
  };
  if (const KafkaError error = check_claim(ask.member); error != KafkaError::none) return refuse(error);
  if (ask.generation != generation_) return refuse(KafkaError::illegal_generation);
  if ((ask.protocol_type && *ask.protocol_type != protocol_type_) || (ask.protocol && *ask.protocol != protocol_)) {
    return refuse(KafkaError::inconsistent_group_protocol);
  }
  if (state_ == State::preparing_rebalance) return refuse(KafkaError::rebalance_in_progress);
  Member& member = members_.at(ask.member.member_id);
  refresh(member, now);
  if (member.sync) answer_sync(member, KafkaError::rebalance_in_progress);  // an earlier try of the same member
  member.sync = ticket;
  if (state_ == State::stable) return answer_sync(member, KafkaError::none);
  not_synced_.erase(member.id);
  if (member.id != leader_) return;

  for (auto& [id, other] : members_) other.assignment.clear();
  for (const auto& [id, assignment] : ask.assignments) {
    if (const auto other = members_.find(id); other != members_.end()) other->second.assignment = assignment;
  }
  state_ = State::stable;
  changed_ = true;
  for (auto& [id, other] : members_) {
    if (!other.sync) continue;
    refresh(other, now);
    answer_sync(other, KafkaError::none);
  }
}

KafkaError Group::heartbeat(const MemberClaim& claim, std::int32_t generation, Milliseconds now) {
  tick(now);
  if (const KafkaError error = check_claim(claim); error != KafkaError::none) return error;
  if (generation != generation_) return KafkaError::illegal_generation;
  refresh(members_.at(claim.member_id), now);
  return state_ == State::preparing_rebalance ? KafkaError::rebalance_in_progress : KafkaError::none;
}

KafkaError Group::leave(const MemberClaim& claim, Milliseconds now) {
  tick(now);
  MemberClaim complete = claim;
  if (claim.instance_id && claim.member_id.empty()) {
    // An administrator removes a static member by its name alone.
    const auto known = static_ids_.find(*claim.instance_id);
    if (known == static_ids_.end()) return KafkaError::unknown_member_id;
    complete.member_id = known->second;
  }
  if (pending_.erase(complete.member_id) > 0) {
    if (state_ == State::preparing_rebalance) complete_join_if_all_are_here(now);
    return KafkaError::none;
  }
  if (const KafkaError error = check_claim(complete); error != KafkaError::none) return error;
  remove_member(complete.member_id, KafkaError::unknown_member_id);
  after_removal(now);
  return KafkaError::none;
}

KafkaError Group::check_commit(const MemberClaim& claim, std::int32_t generation, bool in_transaction,
                               Milliseconds now) {
  tick(now);
  // A consumer that assigns itself its partitions uses the group only as a place for offsets; it may have made itself
  // an id all the same (KIP-848).
  if (generation < 0 && state_ == State::empty) return KafkaError::none;
  if (generation < 0 && claim.member_id.empty() && !claim.instance_id) {
    // Producers that know nothing of members (before KIP-447) commit for any group in their transactions.
    return in_transaction ? KafkaError::none : KafkaError::unknown_member_id;
  }
  if (const KafkaError error = check_claim(claim); error != KafkaError::none) return error;
  if (generation != generation_) return KafkaError::illegal_generation;
  refresh(members_.at(claim.member_id), now);
  return state_ == State::completing_rebalance && !in_transaction ? KafkaError::rebalance_in_progress
                                                                  : KafkaError::none;
}

// ---- time

Milliseconds Group::expiry(const Member& member) const {
  // Who waits here is alive as far as can be told; only a first join has a limit, against clients that vanished.
  if ((member.join && !member.is_new) || member.sync) return std::numeric_limits<Milliseconds>::max();
  return member.expires_at;
}

void Group::tick(Milliseconds now) {
  const auto gone = std::erase_if(pending_, [&](const auto& pending) { return pending.second <= now; });
  std::vector<std::string> silent;
  for (const auto& [id, member] : members_) {
    if (expiry(member) <= now) silent.push_back(id);
  }
  for (const std::string& id : silent) remove_member(id, KafkaError::unknown_member_id);
  if (!silent.empty()) {
    after_removal(now);
  } else if (gone > 0 && state_ == State::preparing_rebalance) {
    complete_join_if_all_are_here(now);
  }
  if (state_ == State::preparing_rebalance && deadline_ <= now) {
    if (!gathers_on(now)) complete_join(now);
  } else if (state_ == State::completing_rebalance && deadline_ <= now && !not_synced_.empty()) {
    for (const std::string& id : std::set(not_synced_)) remove_member(id, KafkaError::unknown_member_id);
    prepare_rebalance(now);
  }
}

std::optional<Milliseconds> Group::next_deadline() const {
  std::optional<Milliseconds> next;
  const auto consider = [&](Milliseconds time) { next = next ? std::min(*next, time) : time; };
  for (const auto& [id, until] : pending_) consider(until);
  for (const auto& [id, member] : members_) consider(expiry(member));
  if (state_ == State::preparing_rebalance) consider(deadline_);
  if (state_ == State::completing_rebalance && !not_synced_.empty()) consider(deadline_);
  return next;
}

}  // namespace tickerlake::broker
