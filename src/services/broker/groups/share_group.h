#pragma once
// The members of one share group (KIP-932), as a state machine: no I/O, no clock, no threads, no locks.
//
// Members heartbeat, as those of KIP-848's groups do; but a partition may have several members, so that what was
// assigned is in effect at once: nobody waits until others have given something up. Times are milliseconds of any clock
// that only goes forward.
#include <cstdint>
#include <map>
#include <optional>
#include <set>
#include <string>
#include <variant>
#include <vector>

#include "services/broker/groups/consumer_group_types.h"
#include "services/broker/share/share_types.h"

namespace tickerlake::broker {

/// The partitions whose state the group has begun, by their topics.
struct SharedTopicsRecord {
  struct Topic {
    std::string name;
    std::set<std::int32_t> partitions;
    bool operator==(const Topic&) const = default;
  };
  using Topics = std::map<TopicId, Topic>;
  std::optional<Topics> value;
};
/// Of a subscription only what members of share groups tell is stored.
using ShareGroupChange = std::variant<EpochRecord, SubscriptionRecord, TargetEpochRecord, TargetRecord,
                                      ReconciliationRecord, SharedTopicsRecord>;

/// A group as ShareGroupDescribe tells it.
struct ShareGroupDescription {
  struct Member {
    std::string id;
    Subscription subscription;
    std::int32_t epoch = 0;
    Assignment assigned;
  };
  std::string state;
  std::int32_t epoch = 0, assignment_epoch = 0;
  std::vector<Member> members;
};

/// Kafka's group.share.assignors.
inline constexpr const char* share_assignor = "simple";

class ShareGroup {
 public:
  explicit ShareGroup(std::string id) : id_(std::move(id)) {}

  HeartbeatAnswer heartbeat(const HeartbeatAsk& ask, const TopicCatalog& topics, const ShareGroupSettings& settings,
                            Milliseconds now);
  /// What time alone brings about: members that are silent too long go.
  void tick(Milliseconds now);
  std::optional<Milliseconds> next_deadline() const;

  /// What members subscribe to and is not begun yet: to be begun, then told by begun().
  SharedTopicsRecord::Topics to_begin(const TopicCatalog& topics) const;
  void begun(const SharedTopicsRecord::Topics& topics);
  /// The group's state of the topic is gone.
  void forget(const TopicId& topic);
  const SharedTopicsRecord::Topics& shared_topics() const { return shared_; }

  /// What has changed since the last call and must be stored before the answer goes out.
  std::vector<ShareGroupChange> take_changes();
  std::vector<ShareGroupChange> everything() const;
  /// What deletes the whole group.
  std::vector<ShareGroupChange> tombstones() const;
  /// Takes up what was stored, one record after the other; then resume().
  void restore(const ShareGroupChange& change);
  void resume(Milliseconds session_timeout_ms, Milliseconds now);

  const std::string& id() const { return id_; }
  const char* state() const { return members_.empty() ? "Empty" : "Stable"; }
  std::int32_t epoch() const { return epoch_; }
  std::size_t member_count() const { return members_.size(); }
  bool has_members() const { return !members_.empty(); }
  std::size_t membership_bytes() const;
  std::set<std::string> subscribed_topics() const;
  ShareGroupDescription describe() const;

 private:
  struct Member {
    Subscription subscription;
    std::int32_t epoch = 0, previous_epoch = -1;
    Assignment assigned;
    Milliseconds session_ends = 0;
  };
  /// Whose records are out of date.
  struct Changed {
    bool epoch = false, target_epoch = false, shared = false;
    std::set<std::string> members, targets, currents;
  };

  HeartbeatAnswer advance(const std::string& id, const HeartbeatAsk& ask, const TopicCatalog& topics,
                          const ShareGroupSettings& settings, Milliseconds now);
  std::optional<HeartbeatAnswer> check_claim(const HeartbeatAsk& ask) const;
  bool look_at(const TopicCatalog& topics);
  void assign_anew(const TopicCatalog& topics);
  void remove(const std::string& id);
  void begin_epoch();
  const Assignment& target_of(const std::string& member) const;
  EpochRecord record_of_epoch() const { return {EpochRecord::Value{epoch_, topics_hash_}}; }
  SubscriptionRecord record_of_member(const std::string& id) const;
  TargetRecord record_of_target(const std::string& id) const;
  ReconciliationRecord record_of_current(const std::string& id) const;

  std::string id_;
  std::int32_t epoch_ = 0, target_epoch_ = 0;
  std::map<std::string, Member> members_;
  std::map<std::string, Assignment> targets_;  // by member
  SharedTopicsRecord::Topics shared_;
  std::int64_t topics_hash_ = 0;               // of what the epoch was begun for
  std::optional<std::uint64_t> seen_catalog_;  // the catalog that was looked at last
  Changed changed_;
};

}  // namespace tickerlake::broker
