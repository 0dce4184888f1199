#pragma once
// One consumer group of the classic protocol, as a state machine: no I/O, no clock, no threads, no locks.
//
//   Empty ──join──► PreparingRebalance ──all have (re)joined, or time is up──► CompletingRebalance ──leader's sync──►
//   Stable
//     ▲                    │    ▲                                                  │                                  │
//     └──nobody is left────┘    └───────────── a member joins, leaves, or is silent too long ────────────────────────┘
//
// JoinGroup and SyncGroup may have to wait for others: a request comes with a ticket, and its answer appears in
// take_answers(), at once or after a later event. Times are milliseconds of any clock that only goes forward.
#include <cstdint>
#include <map>
#include <optional>
#include <set>
#include <string>
#include <utility>
#include <variant>
#include <vector>

#include "base/bytes.h"
#include "kafka/errors.h"
#include "services/broker/groups/group_types.h"

namespace tickerlake::broker {

class Group {
 public:
  enum class State { empty, preparing_rebalance, completing_rebalance, stable };

  /// initial_delay_ms: how long the first rebalance waits for further members.
  explicit Group(std::string id, Milliseconds initial_delay_ms = 0)
      : id_(std::move(id)), initial_delay_ms_(initial_delay_ms) {}

  // Requests. Those with a ticket are answered through take_answers().
  /// new_member_id is what the member will be called if the request names none.
  void join(Ticket ticket, const JoinAsk& ask, const std::string& new_member_id, Milliseconds now);
  void sync(Ticket ticket, const SyncAsk& ask, Milliseconds now);
  kafka::KafkaError heartbeat(const MemberClaim& claim, std::int32_t generation, Milliseconds now);
  kafka::KafkaError leave(const MemberClaim& claim, Milliseconds now);
  /// Whether offsets may be committed, within a transaction or not; also a sign of life of the member.
  kafka::KafkaError check_commit(const MemberClaim& claim, std::int32_t generation, bool in_transaction,
                                 Milliseconds now);

  /// What time alone brings about: members that are silent too long go, a rebalance that takes too long ends.
  void tick(Milliseconds now);
  /// When tick() next has something to do.
  std::optional<Milliseconds> next_deadline() const;

  std::vector<Answer> take_answers() { return std::exchange(answers_, {}); }
  /// True once after something changed that must be stored (before the answers go out).
  bool take_changed() { return std::exchange(changed_, false); }

  // What is told to the outside, and stored.
  const std::string& id() const { return id_; }
  State state() const { return state_; }
  GroupSnapshot snapshot() const;
  /// A group as it was stored: its members have their session time-outs from now on.
  static Group restore(std::string id, const GroupSnapshot& snapshot, Milliseconds now,
                       Milliseconds initial_delay_ms = 0);
  bool has_members() const { return !members_.empty() || !pending_.empty(); }
  std::size_t member_count() const { return members_.size(); }
  bool is_full(std::size_t max_size) const { return members_.size() + pending_.size() >= max_size; }
  /// What the members have told, and what they were assigned.
  std::size_t membership_bytes() const;
  /// Topics that the members have subscribed to, as far as they speak the consumer protocol.
  std::set<std::string> subscribed_topics() const;

 private:
  struct Member {
    std::string id;
    std::optional<std::string> instance_id;
    std::string client_id, client_host;
    std::int32_t session_timeout_ms = 0, rebalance_timeout_ms = 0;
    std::vector<Protocol> protocols;
    Buffer assignment;
    bool is_new = false;               // has not been part of a generation yet
    std::optional<Ticket> join, sync;  // waiting requests
    Milliseconds expires_at = 0;

    bool speaks(std::string_view protocol) const;
    const Buffer& metadata(std::string_view protocol) const;
  };

  kafka::KafkaError check_claim(const MemberClaim& claim) const;
  bool supports(const JoinAsk& ask) const;
  void join_new(Ticket ticket, const JoinAsk& ask, const std::string& new_member_id, Milliseconds now);
  void join_known(Ticket ticket, const JoinAsk& ask, Milliseconds now);
  void replace_static(Ticket ticket, const JoinAsk& ask, const std::string& old_id, const std::string& new_id,
                      Milliseconds now);
  void add_member(Ticket ticket, const JoinAsk& ask, const std::string& id, Milliseconds now);
  void update_member(Member& member, Ticket ticket, const JoinAsk& ask);
  void remove_member(const std::string& id, kafka::KafkaError error);
  void after_removal(Milliseconds now);
  void rebalance_or_complete(Milliseconds now);
  void prepare_rebalance(Milliseconds now);
  bool gathers_on(Milliseconds now);
  void complete_join_if_all_are_here(Milliseconds now);
  void complete_join(Milliseconds now);
  bool elect_leader();
  std::string select_protocol() const;
  std::set<std::string> common_protocols() const;
  std::int32_t longest_rebalance_timeout() const;
  JoinAnswer joined(const Member& member) const;
  void answer_join(Member& member, JoinAnswer answer);
  void answer_sync(Member& member, kafka::KafkaError error);
  void refresh(Member& member, Milliseconds now) const { member.expires_at = now + member.session_timeout_ms; }
  Milliseconds expiry(const Member& member) const;

  std::string id_;
  State state_ = State::empty;
  std::int32_t generation_ = 0;
  std::string protocol_type_;  // "consumer" for consumers; empty until somebody joins
  std::string protocol_;       // chosen for the present generation
  std::string leader_;
  std::map<std::string, Member> members_;
  std::map<std::string, std::string> static_ids_;  // instance id → member id
  std::map<std::string, Milliseconds> pending_;    // told their id (KIP-394), not joined yet → until when
  std::set<std::string> not_synced_;               // of this generation
  Milliseconds deadline_ = 0;                      // of the rebalance's present phase
  Milliseconds initial_delay_ms_ = 0;
  std::optional<Milliseconds> gathers_until_;  // in the first rebalance: at most
  bool has_grown_ = false;                     // since it began to wait
  std::vector<Answer> answers_;
  bool changed_ = false;
};

/// As DescribeGroups and ListGroups tell it: "Stable", …
const char* name(Group::State state);

}  // namespace tickerlake::broker
