#pragma once
// All share-partitions: the shell around SharePartition that has the lock, the clock and the journal.
#include <expected>
#include <map>
#include <memory>
#include <optional>
#include <set>
#include <span>
#include <string>
#include <vector>

#include "base/log.h"
#include "base/mutex.h"
#include "services/broker/fetch_signal.h"
#include "services/broker/groups/group_configs.h"
#include "services/broker/share/share_partition.h"
#include "services/broker/share/share_records.h"

namespace tickerlake::broker {

inline constexpr const char* share_state_topic = "__share_group_state";
/// Of all groups together; members get no others assigned.
inline constexpr std::size_t max_share_partitions = 100'000;
/// Runs of records in one state, of all share-partitions together: at that many nothing new is delivered.
inline constexpr std::size_t max_share_runs = 2'000'000;

/// What was read of a partition's log for a group.
struct ShareRead {
  std::vector<OffsetRange> batches, aborted;
};

/// Where a group is in a partition, as DescribeShareGroupOffsets tells it.
struct SharePosition {
  std::optional<Offset> start;  // nothing before the first fetch
  std::int64_t complete_count = 0;
};

/// Thread-safe. Lock order: Groups::mutex_, then mutex_, then Topics' and Partition's. What was acknowledged is in the
/// page cache when acknowledge() returns, and on disk when wait_durable() has. Acquisitions are not stored: after a
/// restart all that was not acknowledged is delivered again.
class ShareStates {
 public:
  /// What it works with; all must outlive it.
  struct Parts {
    Topics& topics;
    const GroupConfigs& configs;
    const Clock& clock;
  };
  /// Reads the journal back.
  static Result<std::unique_ptr<ShareStates>> open(Parts parts, Log log);

  // What the groups ask for. Each is in the page cache when it returns.
  /// Partitions that get a state if they have none. ErrorCode::exhausted when there are too many.
  Result<void> begin(const std::string& group, const std::map<TopicId, std::set<std::int32_t>>& partitions,
                     std::int32_t state_epoch) TL_EXCLUDES(mutex_);
  /// Begins anew at the offset.
  Result<void> reset(const ShareKey& key, Offset start, std::int32_t state_epoch) TL_EXCLUDES(mutex_);
  Result<void> remove(const std::string& group) TL_EXCLUDES(mutex_);
  Result<void> remove(const std::string& group, const TopicId& topic) TL_EXCLUDES(mutex_);
  /// A topic is gone.
  Result<void> forget_topic(const TopicId& topic) TL_EXCLUDES(mutex_);

  /// Where to read next for the group; nothing when it has as much in flight as it may. The first time decides where
  /// the group begins. UNKNOWN_TOPIC_OR_PARTITION for a partition that the group has not begun.
  std::expected<std::optional<Offset>, kafka::KafkaError> next(const ShareKey& key, Partition& partition)
      TL_EXCLUDES(mutex_);
  std::vector<AcquiredRecords> acquire(const ShareKey& key, const SharePartition::AcquireAsk& ask,
                                       const ShareRead& read) TL_EXCLUDES(mutex_);
  /// The log begins here now.
  void move_start(const ShareKey& key, Offset log_start) TL_EXCLUDES(mutex_);
  /// Gives what to wait for before it is answered.
  std::expected<Offset, kafka::KafkaError> acknowledge(const ShareKey& key, const std::string& member,
                                                       std::span<const Acknowledgement> batches) TL_EXCLUDES(mutex_);
  /// All that the member has of the group's records is the others'.
  void release(const std::string& group, const std::string& member) TL_EXCLUDES(mutex_);
  void wait_durable(Offset behind) { journal_.wait_durable(behind); }
  std::optional<SharePosition> position(const ShareKey& key) TL_EXCLUDES(mutex_);

  /// While it lives, records of the group that can be acquired again notify the signal.
  class Watch {
   public:
    Watch(ShareStates& states, std::string group, FetchSignal& signal);
    ~Watch();
    Watch(const Watch&) = delete;
    Watch& operator=(const Watch&) = delete;

   private:
    ShareStates& states_;
    const std::string group_;
    FetchSignal& signal_;
  };
  /// When the next lock of the group expires.
  std::optional<Milliseconds> next_expiry(const std::string& group) TL_EXCLUDES(mutex_);

 private:
  struct Entry {
    std::optional<SharePartition> partition;  // nothing before the first fetch
    std::int32_t snapshot_epoch = 0, state_epoch = 0;
    std::int32_t updates = 0;  // since the snapshot
    TimestampMs created_at = 0;
    std::size_t runs = 0;  // when it was last weighed
  };
  using Entries = std::map<ShareKey, Entry>;

  ShareStates(Parts parts, Log log);
  Result<void> load() TL_EXCLUDES(mutex_);
  void apply(const ShareRecord& record) TL_REQUIRES(mutex_);
  Entry* find(const ShareKey& key) TL_REQUIRES(mutex_);
  /// Stores the plan, carries it out and wakes who waits for what it frees.
  Result<Offset> settle(const ShareKey& key, Entry& entry, const SharePartition::Plan& plan,
                        const ShareGroupSettings& settings) TL_REQUIRES(mutex_);
  /// Locks that have expired.
  void tick(const ShareKey& key, Entry& entry, const ShareGroupSettings& settings) TL_REQUIRES(mutex_);
  Result<Offset> first_start(const ShareReset& reset, Partition& partition) const;
  ShareSnapshot snapshot_of(const ShareKey& key, const Entry& entry) const;
  Result<void> erase_if(const std::function<bool(const ShareKey&)>& is_gone) TL_REQUIRES(mutex_);
  void weigh(Entry& entry) TL_REQUIRES(mutex_);
  void wake(const std::string& group) TL_REQUIRES(mutex_);
  void maintain() TL_REQUIRES(mutex_);
  template <class Visit>
  void for_each_of(const std::string& group, Visit visit) TL_REQUIRES(mutex_) {
    for (auto at = entries_.lower_bound({group, {}, 0}); at != entries_.end() && at->first.group == group; ++at) {
      visit(at->first, at->second);
    }
  }

  // constant after construction
  const Parts parts_;
  const Log log_;

  Mutex mutex_;
  Journal journal_;  // appends under mutex_
  Entries entries_ TL_GUARDED_BY(mutex_);
  std::size_t runs_ TL_GUARDED_BY(mutex_) = 0;
  std::multimap<std::string, FetchSignal*> waiting_ TL_GUARDED_BY(mutex_);  // by group
};

}  // namespace tickerlake::broker
