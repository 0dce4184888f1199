#pragma once
// All groups of all protocols: the shell around Group, ConsumerGroup and ShareGroup that has the lock, the clock, the
// journal and the waiting threads.
#include <expected>
#include <functional>
#include <map>
#include <memory>
#include <set>
#include <string>
#include <variant>
#include <vector>

#include "base/log.h"
#include "base/mutex.h"
#include "services/broker/groups/consumer_group.h"
#include "services/broker/groups/group.h"
#include "services/broker/groups/group_configs.h"
#include "services/broker/groups/offset_log.h"
#include "services/broker/groups/share_group.h"

namespace tickerlake::broker {

class ShareStates;  // share/share_states.h

inline constexpr std::size_t max_groups = 100'000;
/// All that members of all groups have told, and what they were assigned; further ones are GROUP_MAX_SIZE_REACHED.
inline constexpr std::size_t max_membership_bytes = std::size_t{256} << 20;
/// Whether the client that waits for an answer is gone.
using HasLeft = std::function<bool()>;

/// Sessions are measured by a clock that nobody sets.
Milliseconds steady_now();

inline constexpr std::size_t max_offset_metadata = 4096;  // offset.metadata.max.bytes

using CommittedOffsets = std::map<TopicPartition, CommittedOffset>;

/// Of all groups and transactions together.
inline constexpr std::size_t max_pending_offsets = 1'000'000;

/// What a group has committed, and where a transaction may still change it.
struct GroupOffsets {
  CommittedOffsets committed;
  std::set<TopicPartition> undecided;
};

/// A group as ListGroups tells it.
struct ListedGroup {
  std::string id, protocol_type, state;
  const char* type = "";  // "classic", "consumer", "share"
  std::size_t members = 0;
};

/// A group of the classic protocol as DescribeGroups tells it.
struct DescribedGroup {
  std::string id;
  Group::State state = Group::State::empty;
  GroupSnapshot snapshot;
};

/// Where a share group shall begin.
using ShareOffsets = std::map<TopicPartition, Offset>;

/// Thread-safe. Lock order: Groups::mutex_ before ShareStates', Topics::mutex_ and Partition::mutex_. join() and sync()
/// block until the group answers. What a group commits is on disk when commit() returns; memberships are in the page
/// cache when a sync is answered (after a power loss members simply join again).
class Groups {
 public:
  /// What it works with; all must outlive it.
  struct Parts {
    Topics& topics;
    const GroupConfigs& configs;
    ShareStates& shares;
    const Clock& clock;
  };
  /// Reads the journal back.
  static Result<std::unique_ptr<Groups>> open(Parts parts, const GroupOptions& options, Log log);

  JoinAnswer join(const std::string& group, const JoinAsk& ask, const HasLeft& has_left = {}) TL_EXCLUDES(mutex_);
  SyncAnswer sync(const std::string& group, const SyncAsk& ask, const HasLeft& has_left = {}) TL_EXCLUDES(mutex_);
  kafka::KafkaError heartbeat(const std::string& group, const MemberClaim& claim, std::int32_t generation)
      TL_EXCLUDES(mutex_);
  kafka::KafkaError leave(const std::string& group, const MemberClaim& claim) TL_EXCLUDES(mutex_);

  /// The one request of a member of KIP-848's protocol. A group without members changes its protocol with its first
  /// one.
  HeartbeatAnswer consumer_heartbeat(const std::string& group, const HeartbeatAsk& ask) TL_EXCLUDES(mutex_);

  /// The same of a member of a share group. Partitions that it subscribes to get a state of the group's.
  HeartbeatAnswer share_heartbeat(const std::string& group, const HeartbeatAsk& ask) TL_EXCLUDES(mutex_);
  /// The partitions in which a share group has begun; an error for what is none.
  std::expected<SharedTopicsRecord::Topics, kafka::KafkaError> shared_topics(const std::string& group)
      TL_EXCLUDES(mutex_);
  /// Partitions that there are. The group, made where there is none, must be without members; it begins anew there.
  kafka::KafkaError alter_share_offsets(const std::string& group, const ShareOffsets& offsets) TL_EXCLUDES(mutex_);
  /// Likewise; an error for all, or none and one for each topic in which it has not begun.
  kafka::KafkaError delete_share_offsets(const std::string& group, const std::set<TopicId>& topics,
                                         std::map<TopicId, kafka::KafkaError>& errors) TL_EXCLUDES(mutex_);

  /// generation: or member epoch. version: of OffsetCommit, which must be 9 for members that have epochs.
  kafka::KafkaError commit(const std::string& group, const MemberClaim& claim, std::int32_t generation,
                           std::int16_t version, const std::vector<std::pair<TopicPartition, CommittedOffset>>& offsets)
      TL_EXCLUDES(mutex_);
  /// Whether a member at that epoch may read what was committed.
  kafka::KafkaError check_fetch(const std::string& group, const std::optional<std::string>& member_id,
                                std::int32_t epoch) TL_EXCLUDES(mutex_);
  /// All that the group has committed; empty for unknown groups.
  GroupOffsets committed(const std::string& group) TL_EXCLUDES(mutex_);

  /// Within the transaction of a producer that has been admitted to the journal: the offsets count when it is
  /// committed.
  kafka::KafkaError commit_in_transaction(const std::string& group, const MemberClaim& claim, std::int32_t generation,
                                          ProducerId producer, std::int16_t epoch,
                                          const std::vector<std::pair<TopicPartition, CommittedOffset>>& offsets)
      TL_EXCLUDES(mutex_);
  /// Writes a transaction's marker into the journal and does what it says. Not on disk yet: the journal's partition
  /// tells.
  std::expected<Appended, AppendError> decide(ProducerId producer, std::int16_t epoch, kafka::Marker marker)
      TL_EXCLUDES(mutex_);
  /// Where the journal is; made where there is none.
  Result<std::shared_ptr<Partition>> journal() TL_EXCLUDES(mutex_);
  /// Returns an error for all, or none and one for each: group_subscribed_to_topic where members read the topic.
  kafka::KafkaError delete_offsets(const std::string& group, const std::vector<TopicPartition>& offsets,
                                   std::map<TopicPartition, kafka::KafkaError>& errors) TL_EXCLUDES(mutex_);

  /// Nothing for a group of the other protocol, or none.
  std::optional<DescribedGroup> describe(const std::string& group) TL_EXCLUDES(mutex_);
  std::optional<ConsumerGroupDescription> describe_consumer_group(const std::string& group) TL_EXCLUDES(mutex_);
  std::optional<ShareGroupDescription> describe_share_group(const std::string& group) TL_EXCLUDES(mutex_);
  bool exists(const std::string& group) TL_EXCLUDES(mutex_);
  std::vector<ListedGroup> list() TL_EXCLUDES(mutex_);
  kafka::KafkaError remove(const std::string& group) TL_EXCLUDES(mutex_);
  /// A topic is gone: so are the offsets committed for it, and what share groups had of it.
  void forget_topic(std::string_view topic, const TopicId& id) TL_EXCLUDES(mutex_);

  /// Wakes who waits; everything is answered with COORDINATOR_NOT_AVAILABLE from now on.
  void stop() TL_EXCLUDES(mutex_);

 private:
  using AnyGroup = std::variant<Group, ConsumerGroup, ShareGroup>;
  struct Pending {
    std::int16_t epoch = -1;
    CommittedOffsets offsets;
  };
  struct Entry {
    AnyGroup group;
    CommittedOffsets offsets;
    std::map<ProducerId, Pending> pending;  // by whose transactions
    std::size_t membership_bytes = 0;       // when it was last weighed
    TimestampMs state_since = 0;            // wall clock: when its members were stored last

    /// Null for a group of another protocol.
    Group* classic() { return std::get_if<Group>(&group); }
    ConsumerGroup* consumer() { return std::get_if<ConsumerGroup>(&group); }
    ShareGroup* share() { return std::get_if<ShareGroup>(&group); }
    const std::string& id() const {
      return std::visit([](const auto& one) -> const std::string& { return one.id(); }, group);
    }
    bool has_members() const {
      return std::visit([](const auto& one) { return one.has_members(); }, group);
    }
    std::size_t member_bytes() const {
      return std::visit([](const auto& one) { return one.membership_bytes(); }, group);
    }
    /// Whether it has begun to deliver anywhere, which is kept until it is deleted.
    bool has_shared_topics() const {
      const auto* share = std::get_if<ShareGroup>(&group);
      return share != nullptr && !share->shared_topics().empty();
    }
    std::set<std::string> subscribed_topics() const {
      return std::visit([](const auto& one) { return one.subscribed_topics(); }, group);
    }
    void tick(Milliseconds now) {
      std::visit([now](auto& one) { one.tick(now); }, group);
    }
  };
  /// A thread in join() or sync().
  struct Waiting {
    Condition answered;
    std::optional<std::variant<JoinAnswer, SyncAnswer>> answer;
  };

  Groups(Parts parts, const GroupOptions& options, Log log);
  Result<void> load() TL_EXCLUDES(mutex_);
  void apply(JournalEvent event, Offset at) TL_REQUIRES(mutex_);
  void apply(OffsetRecord record, Offset at) TL_REQUIRES(mutex_);
  void apply(const GroupRecord& record) TL_REQUIRES(mutex_);
  void apply(const ConsumerGroupRecord& record) TL_REQUIRES(mutex_);
  void apply(const ShareGroupRecord& record) TL_REQUIRES(mutex_);
  void apply(const PendingOffsets& pending, Offset at) TL_REQUIRES(mutex_);
  void apply(const OffsetsDecision& decision) TL_REQUIRES(mutex_);
  /// Its record is deleted: the group is gone, but for offsets that outlive it.
  void end(const std::string& group) TL_REQUIRES(mutex_);
  void forget_pending(Entry& entry) TL_REQUIRES(mutex_);
  std::vector<PendingOffsets> all_pending() const TL_REQUIRES(mutex_);
  Entry* find(const std::string& group) TL_REQUIRES(mutex_);
  Entry& find_or_add(const std::string& group) TL_REQUIRES(mutex_);
  /// What deletes the group's memberships.
  static std::vector<CoordinatorRecord> tombstones_of(const Entry& entry);
  /// A group without members takes up the other protocol.
  void convert(Entry& entry, AnyGroup to) TL_REQUIRES(mutex_);
  std::shared_ptr<const TopicCatalog> catalog() TL_REQUIRES(mutex_);
  kafka::KafkaError check_commit(Entry& entry, const MemberClaim& claim, std::int32_t generation, std::int16_t version,
                                 bool in_transaction) TL_REQUIRES(mutex_);
  /// Stores what changed and hands the group's answers to their threads. After every event.
  void settle(Entry& entry) TL_REQUIRES(mutex_);
  void settle(Entry& entry, Group& group) TL_REQUIRES(mutex_);
  void settle(Entry& entry, ConsumerGroup& group) TL_REQUIRES(mutex_);
  void settle(Entry& entry, ShareGroup& group) TL_REQUIRES(mutex_);
  /// The share group of that id without members, or why there is none.
  std::expected<Entry*, kafka::KafkaError> find_idle_share_group(const std::string& group) TL_REQUIRES(mutex_);
  /// Waits until the group has answered the ticket; time makes the group move on too.
  void wait_for(Ticket ticket, Waiting& waiting, const std::string& group, const HasLeft& has_left) TL_REQUIRES(mutex_);
  void maintain() TL_REQUIRES(mutex_);
  std::vector<CoordinatorRecord> expire(TimestampMs now) TL_REQUIRES(mutex_);
  bool is_expired(const Entry& entry, const TopicPartition& key, const CommittedOffset& offset, TimestampMs now) const
      TL_REQUIRES(mutex_);
  void weigh(Entry& entry) TL_REQUIRES(mutex_);
  bool has_room_for(std::size_t bytes) const TL_REQUIRES(mutex_) {
    return membership_bytes_ + bytes <= max_membership_bytes;
  }
  std::vector<CoordinatorRecord> everything() const TL_REQUIRES(mutex_);

  // constant after construction
  const Topics& topics_;
  const GroupConfigs& configs_;
  ShareStates& shares_;
  const Clock& clock_;
  const GroupOptions options_;
  const Log log_;

  Mutex mutex_;
  OffsetLog journal_;  // appends under mutex_
  std::map<std::string, Entry, std::less<>> groups_ TL_GUARDED_BY(mutex_);
  std::map<Ticket, Waiting*> waiting_ TL_GUARDED_BY(mutex_);
  std::size_t membership_bytes_ TL_GUARDED_BY(mutex_) = 0;
  std::map<ProducerId, std::set<std::string>> pending_groups_ TL_GUARDED_BY(mutex_);  // with offsets of its transaction
  std::size_t pending_offsets_ TL_GUARDED_BY(mutex_) = 0;                             // in all of them
  std::shared_ptr<const TopicCatalog> catalog_ TL_GUARDED_BY(mutex_);  // as it was when a member came last
  Ticket last_ticket_ TL_GUARDED_BY(mutex_) = 0;
  TimestampMs maintained_at_ TL_GUARDED_BY(mutex_) = 0;
  bool stopping_ TL_GUARDED_BY(mutex_) = false;
};

}  // namespace tickerlake::broker
