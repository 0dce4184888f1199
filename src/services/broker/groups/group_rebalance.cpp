// The inner steps of a group's rebalance, and what is stored of a group.
#include <algorithm>

#include "kafka/wire/reader.h"
#include "services/broker/groups/group.h"

namespace tickerlake::broker {
namespace {

using kafka::KafkaError;

/// A member that has never been in a generation waits for its first at most so long (Kafka's newMemberJoinTimeout).
constexpr Milliseconds new_member_timeout_ms = 300'000;

}  // namespace

KafkaError Group::check_claim(const MemberClaim& claim) const {
  if (claim.instance_id) {
    const auto known = static_ids_.find(*claim.instance_id);
    if (known == static_ids_.end()) return KafkaError::unknown_member_id;
    return known->second == claim.member_id ? KafkaError::none : KafkaError::fenced_instance_id;
  }
  return members_.contains(claim.member_id) ? KafkaError::none : KafkaError::unknown_member_id;
}

bool Group::supports(const JoinAsk& ask) const {
  if (ask.protocol_type.empty() || ask.protocols.empty()) return false;
  if (members_.empty()) return true;
  if (ask.protocol_type != protocol_type_) return false;
  const auto common = common_protocols();
  return std::ranges::any_of(ask.protocols, [&](const Protocol& protocol) { return common.contains(protocol.name); });
}

void Group::add_member(Ticket ticket, const JoinAsk& ask, const std::string& id, Milliseconds now) {
  if (members_.empty()) {
    protocol_type_ = ask.protocol_type;
    leader_ = id;
  }
  Member& member = members_[id];
  member.id = id;
  member.instance_id = ask.member.instance_id;
  member.is_new = true;
  has_grown_ = true;
  member.expires_at = now + new_member_timeout_ms;
  if (member.instance_id) static_ids_[*member.instance_id] = id;
  update_member(member, ticket, ask);
  rebalance_or_complete(now);
}

void Group::update_member(Member& member, Ticket ticket, const JoinAsk& ask) {
  // An earlier try of the same member: its connection is gone, most likely, but a thread waits with it.
  if (member.join) answer_join(member, JoinAnswer::refused(KafkaError::rebalance_in_progress, member.id));
  member.join = ticket;
  member.client_id = ask.client_id;
  member.client_host = ask.client_host;
  member.session_timeout_ms = ask.session_timeout_ms;
  member.rebalance_timeout_ms = ask.rebalance_timeout_ms;
  member.protocols = ask.protocols;
}

void Group::remove_member(const std::string& id, KafkaError error) {
  const auto at = members_.find(id);
  Member& member = at->second;
  if (member.join) answer_join(member, JoinAnswer::refused(error, id));
  if (member.sync) answer_sync(member, error);
  if (member.instance_id) static_ids_.erase(*member.instance_id);
  not_synced_.erase(id);
  members_.erase(at);
  if (leader_ == id) leader_ = members_.empty() ? "" : members_.begin()->first;
}

void Group::after_removal(Milliseconds now) {
  if (state_ == State::preparing_rebalance) {
    complete_join_if_all_are_here(now);
  } else if (state_ != State::empty) {
    prepare_rebalance(now);
  }
}

void Group::rebalance_or_complete(Milliseconds now) {
  if (state_ == State::preparing_rebalance) {
    complete_join_if_all_are_here(now);
  } else {
    prepare_rebalance(now);
  }
}

void Group::prepare_rebalance(Milliseconds now) {
  const bool is_first = state_ == State::empty;
  if (state_ == State::completing_rebalance) {
    for (auto& [id, member] : members_) {
      member.assignment.clear();
      if (!member.sync) continue;
      answer_sync(member, KafkaError::rebalance_in_progress);
      refresh(member, now);  // its session stood still while it waited
    }
  }
  not_synced_.clear();
  state_ = State::preparing_rebalance;
  deadline_ = now + longest_rebalance_timeout();
  if (is_first && initial_delay_ms_ > 0) {
    gathers_until_ = deadline_;
    deadline_ = now + std::min<Milliseconds>(initial_delay_ms_, longest_rebalance_timeout());
    has_grown_ = false;
  } else if (is_first) {
    complete_join(now);  // whoever comes later makes it start over
  } else {
    complete_join_if_all_are_here(now);
  }
}

/// In the first rebalance: waits once more where somebody came while it waited. False: it has waited long enough.
bool Group::gathers_on(Milliseconds now) {
  if (!gathers_until_ || !has_grown_ || now >= *gathers_until_) return false;
  has_grown_ = false;
  deadline_ = std::min(now + initial_delay_ms_, *gathers_until_);
  return true;
}

void Group::complete_join_if_all_are_here(Milliseconds now) {
  if (gathers_until_) return;
  const bool all = std::ranges::all_of(members_, [](const auto& entry) { return entry.second.join.has_value(); });
  if (all && pending_.empty()) complete_join(now);
}

void Group::complete_join(Milliseconds now) {
  gathers_until_.reset();
  std::vector<std::string> missing;
  for (const auto& [id, member] : members_) {
    if (!member.join && !member.instance_id) missing.push_back(id);
  }
  for (const std::string& id : missing) remove_member(id, KafkaError::unknown_member_id);
  if (!members_.empty() && !elect_leader()) {
    // Only static members are left and none is here: they keep their places until their sessions end.
    deadline_ = now + longest_rebalance_timeout();
    return;
  }
  ++generation_;
  if (members_.empty()) {
    state_ = State::empty;
    protocol_.clear();
    changed_ = true;
    return;
  }
  protocol_ = select_protocol();
  state_ = State::completing_rebalance;
  deadline_ = now + longest_rebalance_timeout();
  for (auto& [id, member] : members_) {
    not_synced_.insert(id);
    member.is_new = false;
    refresh(member, now);
  }
  for (auto& [id, member] : members_) {
    if (member.join) answer_join(member, joined(member));
  }
}

bool Group::elect_leader() {
  const auto leader = members_.find(leader_);
  if (leader != members_.end() && leader->second.join) return true;
  for (const auto& [id, member] : members_) {
    if (!member.join) continue;
    leader_ = id;
    return true;
  }
  return false;
}

std::set<std::string> Group::common_protocols() const {
  std::map<std::string, std::size_t> counts;
  for (const auto& [id, member] : members_) {
    std::set<std::string> own;
    for (const Protocol& protocol : member.protocols) own.insert(protocol.name);
    for (const std::string& one : own) ++counts[one];
  }
  std::set<std::string> common;
  for (const auto& [protocol, count] : counts) {
    if (count == members_.size()) common.insert(protocol);
  }
  return common;
}

std::string Group::select_protocol() const {
  // Each member votes for the first of its protocols that all know.
  const auto common = common_protocols();
  std::map<std::string, int> votes;
  for (const auto& [id, member] : members_) {
    for (const Protocol& protocol : member.protocols) {
      if (!common.contains(protocol.name)) continue;
      ++votes[protocol.name];
      break;
    }
  }
  const auto most = std::ranges::max_element(votes, {}, [](const auto& vote) { return vote.second; });
  return most == votes.end() ? "" : most->first;
}

std::int32_t Group::longest_rebalance_timeout() const {
  std::int32_t longest = 0;
  for (const auto& [id, member] : members_) longest = std::max(longest, member.rebalance_timeout_ms);
  return longest;
}

JoinAnswer Group::joined(const Member& member) const {
  JoinAnswer answer;
  answer.generation = generation_;
  answer.protocol_type = protocol_type_;
  answer.protocol = protocol_;
  answer.leader = leader_;
  answer.member_id = member.id;
  if (member.id == leader_) {
    for (const auto& [id, other] : members_) {
      answer.members.push_back({id, other.instance_id, other.metadata(protocol_)});
    }
  }
  return answer;
}

void Group::answer_join(Member& member, JoinAnswer answer) {
  answers_.emplace_back(*std::exchange(member.join, std::nullopt), std::move(answer));
}

void Group::answer_sync(Member& member, KafkaError error) {
  SyncAnswer answer;
  answer.error = error;
  if (error == KafkaError::none) {
    answer.protocol_type = protocol_type_;
    answer.protocol = protocol_;
    answer.assignment = member.assignment;
  }
  answers_.emplace_back(*std::exchange(member.sync, std::nullopt), std::move(answer));
}

std::size_t Group::membership_bytes() const {
  std::size_t bytes = 0;
  for (const auto& [id, member] : members_) {
    bytes += member.assignment.size();
    for (const Protocol& protocol : member.protocols) bytes += protocol.name.size() + protocol.metadata.size();
  }
  return bytes;
}

GroupSnapshot Group::snapshot() const {
  GroupSnapshot snapshot{protocol_type_, generation_, protocol_, leader_, {}};
  for (const auto& [id, member] : members_) {
    snapshot.members.push_back({id, member.instance_id, member.client_id, member.client_host,
                                member.rebalance_timeout_ms, member.session_timeout_ms, member.metadata(protocol_),
                                member.assignment});
  }
  return snapshot;
}

Group Group::restore(std::string id, const GroupSnapshot& snapshot, Milliseconds now, Milliseconds initial_delay_ms) {
  Group group(std::move(id), initial_delay_ms);
  group.protocol_type_ = snapshot.protocol_type;
  group.generation_ = snapshot.generation;
  group.protocol_ = snapshot.protocol;
  group.leader_ = snapshot.leader;
  group.state_ = snapshot.members.empty() ? State::empty : State::stable;
  for (const auto& stored : snapshot.members) {
    Member& member = group.members_[stored.id];
    member.id = stored.id;
    member.instance_id = stored.instance_id;
    member.client_id = stored.client_id;
    member.client_host = stored.client_host;
    member.rebalance_timeout_ms = stored.rebalance_timeout_ms;
    member.session_timeout_ms = stored.session_timeout_ms;
    member.protocols = {{snapshot.protocol, stored.metadata}};
    member.assignment = stored.assignment;
    if (member.instance_id) group.static_ids_[*member.instance_id] = member.id;
    group.refresh(member, now);
  }
  return group;
}

std::set<std::string> Group::subscribed_topics() const {
  std::set<std::string> topics;
  if (protocol_type_ != "consumer") return topics;
  for (const auto& [id, member] : members_) {
    // ConsumerProtocolSubscription: a version, then the topics; what follows depends on the version.
    const Buffer& metadata = member.metadata(protocol_);
    kafka::Reader reader(metadata, 0, false);
    std::int16_t version = 0;
    std::vector<std::string> subscribed;
    reader(version);
    reader(subscribed);
    if (!reader.failed()) topics.insert(subscribed.begin(), subscribed.end());
  }
  return topics;
}

}  // namespace tickerlake::broker
