#pragma once
// One consumer group of the protocol of KIP-848, as a state machine: no I/O, no clock, no threads, no locks.
//
// Members heartbeat; everything happens in answers to heartbeats:
//
//   a subscription or a topic changes, a member goes ──► the group's epoch moves on
//   the epoch is past the target's                   ──► a new target assignment, for all members
//   a member's epoch is behind the target's          ──► the member takes a step towards its target (reconcile.h)
//
// So no partition is ever assigned to two members: it is free for the next when its member has said that it gave it up,
// or was put out of the group. Times are milliseconds of any clock that only goes forward.
#include <cstdint>
#include <map>
#include <optional>
#include <set>
#include <string>
#include <utility>
#include <vector>

#include "services/broker/groups/consumer_group_types.h"

namespace tickerlake::broker {

class ConsumerGroup {
 public:
  enum class State { empty, assigning, reconciling, stable };

  explicit ConsumerGroup(std::string id) : id_(std::move(id)) {}

  /// new_member_id is what the member will be called if it has not made an id itself (version 0).
  HeartbeatAnswer heartbeat(const HeartbeatAsk& ask, const std::string& new_member_id, const TopicCatalog& topics,
                            const ConsumerGroupSettings& settings, Milliseconds now);
  /// Whether offsets may be committed by a member at that epoch; −1 and no member: by somebody from outside.
  kafka::KafkaError check_commit(const MemberClaim& claim, std::int32_t epoch, Milliseconds now);
  /// Whether offsets may be read: STALE_MEMBER_EPOCH, UNKNOWN_MEMBER_ID.
  kafka::KafkaError check_fetch(const std::optional<std::string>& member_id, std::int32_t epoch) const;

  /// What time alone brings about: members that are silent too long, or don't give up what they should, go.
  void tick(Milliseconds now);
  std::optional<Milliseconds> next_deadline() const;

  /// What has changed since the last call and must be stored before the answer goes out.
  std::vector<ConsumerGroupChange> take_changes();
  /// The whole group.
  std::vector<ConsumerGroupChange> everything() const;
  /// What deletes the whole group.
  std::vector<ConsumerGroupChange> tombstones() const;
  /// Takes up what was stored, one record after the other; then resume().
  void restore(const ConsumerGroupChange& change);
  /// After the last restore(): members have their session time-outs from now on.
  void resume(Milliseconds session_timeout_ms, Milliseconds now);

  const std::string& id() const { return id_; }
  State state() const;
  std::int32_t epoch() const { return epoch_; }
  std::size_t member_count() const { return members_.size(); }
  bool has_members() const { return !members_.empty(); }
  /// What the members have told, and what they were assigned.
  std::size_t membership_bytes() const;
  /// Topics that the members have subscribed to.
  std::set<std::string> subscribed_topics() const;
  ConsumerGroupDescription describe() const;

 private:
  struct Member {
    std::string id;
    Subscription subscription;
    Reconciliation current;
    Milliseconds session_ends = 0;
    std::optional<Milliseconds> revocation_ends;  // while it is unrevoked
  };
  /// Whose records are out of date.
  struct Changed {
    bool epoch = false, target_epoch = false;
    std::set<std::string> members, targets, currents, patterns;
  };

  HeartbeatAnswer join(const HeartbeatAsk& ask, const std::string& id, const TopicCatalog& topics,
                       const ConsumerGroupSettings& settings, Milliseconds now);
  HeartbeatAnswer leave(const HeartbeatAsk& ask);
  HeartbeatAnswer advance(Member& member, const HeartbeatAsk& ask, bool is_new, const TopicCatalog& topics,
                          const ConsumerGroupSettings& settings, Milliseconds now);
  std::optional<HeartbeatAnswer> check_claim(const HeartbeatAsk& ask) const;
  Member& add(const HeartbeatAsk& ask, const std::string& id);
  Member& replace(const std::string& old_id, const std::string& new_id);
  bool update(Subscription& subscription, const HeartbeatAsk& ask);
  bool look_at(const TopicCatalog& topics, const HeartbeatAsk& ask, Milliseconds now);
  void remove(const std::string& id);
  void assign_anew(const TopicCatalog& topics);
  void set_current(Member& member, Reconciliation next);
  void begin_epoch();
  std::set<std::string> topics_of(const Subscription& subscription) const;
  Assignor preferred_assignor() const;
  const Assignment& target_of(const std::string& member) const;

  ConsumerGroupChange record_of_epoch() const;
  SubscriptionRecord record_of_member(const std::string& id) const;
  TargetRecord record_of_target(const std::string& id) const;
  ReconciliationRecord record_of_current(const std::string& id) const;
  PatternRecord record_of_pattern(const std::string& pattern) const;

  std::string id_;
  std::int32_t epoch_ = 0, target_epoch_ = 0;
  std::map<std::string, Member> members_;
  std::map<std::string, std::string> static_ids_;                   // instance id → member id
  std::map<std::string, Assignment> targets_;                       // by member
  std::map<std::pair<TopicId, std::int32_t>, std::string> owners_;  // assigned to, or not given up yet by
  std::map<std::string, PatternRecord::Value> patterns_;            // what each pattern matches
  std::int64_t topics_hash_ = 0;                                    // of what the epoch was begun for
  std::optional<std::uint64_t> seen_catalog_;                       // the catalog that was looked at last
  Milliseconds patterns_matched_ = 0;                               // when that was
  Changed changed_;
};

/// As ListGroups and ConsumerGroupDescribe tell it: "Stable", …
const char* name(ConsumerGroup::State state);

}  // namespace tickerlake::broker
