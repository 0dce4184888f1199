#include "services/broker/share/share_states.h"

#include <algorithm>
#include <limits>

#include "services/broker/groups/groups.h"

namespace tickerlake::broker {
namespace {

using kafka::KafkaError;

/// share.coordinator.snapshot.update.records.per.snapshot
constexpr std::int32_t updates_per_snapshot = 500;
constexpr std::size_t records_per_batch = 500;

}  // namespace

ShareStates::ShareStates(Parts parts, Log log)
    : parts_(parts), log_(log), journal_(parts.topics, parts.clock, share_state_topic, log, "delete") {}

// ---- the journal

Result<std::unique_ptr<ShareStates>> ShareStates::open(Parts parts, Log log) {
  std::unique_ptr<ShareStates> states(new ShareStates(parts, std::move(log)));
  CHECK(states->load());
  return states;
}

Result<void> ShareStates::load() {
  MutexLock lock(mutex_);
  CHECK(journal_.read_all([this](const kafka::Batch& batch) TL_REQUIRES(mutex_) -> Result<void> {
    if (batch.header.is_control()) return {};
    return for_each_keyed(batch, [this](const kafka::Record& record) TL_REQUIRES(mutex_) {
      const auto decoded = decode_share_record(*record.key, record.value);
      if (!decoded) {
        log_.warning("{} at offset {}: {}", share_state_topic, record.offset, decoded.error().message);
      } else if (*decoded) {
        apply(**decoded);
      }
    });
  }));
  for (auto& [key, entry] : entries_) weigh(entry);
  maintain();
  return {};
}

void ShareStates::apply(const ShareRecord& record) {
  if (const auto* snapshot = std::get_if<ShareSnapshot>(&record)) {
    if (!snapshot->value) {
      entries_.erase(snapshot->key);
      return;
    }
    const ShareSnapshotValue& value = *snapshot->value;
    Entry entry;
    entry.snapshot_epoch = value.epoch;
    entry.state_epoch = value.state_epoch;
    entry.created_at = value.created_at;
    if (value.start) {
      entry.partition.emplace(*value.start);
      for (const StateBatch& batch : value.batches) entry.partition->restore(batch);
    }
    entries_.insert_or_assign(snapshot->key, std::move(entry));
    return;
  }
  const auto& update = std::get<ShareUpdate>(record);
  Entry* entry = find(update.key);
  if (entry == nullptr || entry->snapshot_epoch != update.snapshot_epoch) return;  // of a state that was replaced
  if (!entry->partition) entry->partition.emplace(update.start);
  for (const StateBatch& batch : update.batches) entry->partition->restore(batch);
  entry->partition->move_start(update.start);
  ++entry->updates;
}

ShareSnapshot ShareStates::snapshot_of(const ShareKey& key, const Entry& entry) const {
  ShareSnapshot snapshot{key, ShareSnapshotValue{}};
  ShareSnapshotValue& value = *snapshot.value;
  value.epoch = entry.snapshot_epoch;
  value.state_epoch = entry.state_epoch;
  value.created_at = entry.created_at;
  value.written_at = parts_.clock.now_ms();
  if (entry.partition) {
    value.start = entry.partition->start();
    value.complete_count = entry.partition->complete_count();
    value.batches = entry.partition->stored();
  }
  return snapshot;
}

void ShareStates::maintain() {
  if (!journal_.is_large()) return;
  const auto cut = journal_.replace_all([this]() TL_REQUIRES(mutex_) -> Result<void> {
    std::vector<KeyValue> records;
    for (auto at = entries_.begin(); at != entries_.end(); ++at) {
      at->second.updates = 0;
      records.push_back(encode(snapshot_of(at->first, at->second)));
      if (records.size() < records_per_batch && std::next(at) != entries_.end()) continue;
      CHECK(journal_.append(std::exchange(records, {})));
    }
    return {};
  });
  if (!cut) log_.error("{}", cut.error().message);
}

// ---- what there is

ShareStates::Entry* ShareStates::find(const ShareKey& key) {
  const auto at = entries_.find(key);
  return at == entries_.end() ? nullptr : &at->second;
}

void ShareStates::weigh(Entry& entry) {
  runs_ -= entry.runs;
  entry.runs = entry.partition ? entry.partition->run_count() : 0;
  runs_ += entry.runs;
}

Result<void> ShareStates::begin(const std::string& group, const std::map<TopicId, std::set<std::int32_t>>& partitions,
                                std::int32_t state_epoch) {
  MutexLock lock(mutex_);
  std::vector<std::pair<ShareKey, Entry>> added;
  std::vector<KeyValue> records;
  for (const auto& [topic, indexes] : partitions) {
    for (const std::int32_t index : indexes) {
      const ShareKey key{group, topic, index};
      if (entries_.contains(key)) continue;
      Entry entry;
      entry.state_epoch = state_epoch;
      entry.created_at = parts_.clock.now_ms();
      records.push_back(encode(snapshot_of(key, entry)));
      added.emplace_back(key, std::move(entry));
    }
  }
  if (records.empty()) return {};
  if (entries_.size() + added.size() > max_share_partitions) {
    return fail(ErrorCode::exhausted, "share groups have too many partitions");
  }
  CHECK(journal_.append(records));
  for (auto& [key, entry] : added) entries_.emplace(std::move(key), std::move(entry));
  return {};
}

Result<void> ShareStates::reset(const ShareKey& key, Offset start, std::int32_t state_epoch) {
  MutexLock lock(mutex_);
  const Entry* known = find(key);
  if (known == nullptr && entries_.size() >= max_share_partitions) {
    return fail(ErrorCode::exhausted, "share groups have too many partitions");
  }
  Entry entry;
  entry.partition.emplace(start);
  entry.state_epoch = state_epoch;
  entry.snapshot_epoch = known == nullptr ? 0 : known->snapshot_epoch + 1;
  entry.created_at = parts_.clock.now_ms();
  CHECK(journal_.append(std::vector{encode(snapshot_of(key, entry))}));
  if (known != nullptr) runs_ -= known->runs;
  entries_.insert_or_assign(key, std::move(entry));
  wake(key.group);
  return {};
}

Result<void> ShareStates::erase_if(const std::function<bool(const ShareKey&)>& is_gone) {
  std::vector<KeyValue> tombstones;
  std::vector<ShareKey> gone;
  for (const auto& [key, entry] : entries_) {
    if (!is_gone(key)) continue;
    tombstones.push_back(encode(ShareSnapshot{key, std::nullopt}));
    gone.push_back(key);
  }
  if (gone.empty()) return {};
  CHECK(journal_.append(tombstones));
  for (const ShareKey& key : gone) {
    const auto at = entries_.find(key);
    runs_ -= at->second.runs;
    entries_.erase(at);
  }
  return {};
}

Result<void> ShareStates::remove(const std::string& group) {
  MutexLock lock(mutex_);
  return erase_if([&](const ShareKey& key) { return key.group == group; });
}

Result<void> ShareStates::remove(const std::string& group, const TopicId& topic) {
  MutexLock lock(mutex_);
  return erase_if([&](const ShareKey& key) { return key.group == group && key.topic == topic; });
}

Result<void> ShareStates::forget_topic(const TopicId& topic) {
  MutexLock lock(mutex_);
  return erase_if([&](const ShareKey& key) { return key.topic == topic; });
}

std::optional<SharePosition> ShareStates::position(const ShareKey& key) {
  MutexLock lock(mutex_);
  const Entry* entry = find(key);
  if (entry == nullptr) return std::nullopt;
  if (!entry->partition) return SharePosition{};
  return SharePosition{entry->partition->start(), entry->partition->complete_count()};
}

// ---- fetching

Result<Offset> ShareStates::first_start(const ShareReset& reset, Partition& partition) const {
  const Offsets offsets = partition.offsets();
  switch (reset.kind) {
    case ShareReset::Kind::latest:
      return offsets.durable;
    case ShareReset::Kind::earliest:
      return offsets.log_start;
    case ShareReset::Kind::by_duration:
      break;
  }
  TRY(const auto found, partition.find_by_timestamp(parts_.clock.now_ms() - reset.duration_ms));
  return std::min(found ? found->offset : offsets.durable, offsets.durable);
}

std::expected<std::optional<Offset>, KafkaError> ShareStates::next(const ShareKey& key, Partition& partition) {
  const ShareGroupSettings settings = parts_.configs.share_settings_of(key.group);
  MutexLock lock(mutex_);
  Entry* entry = find(key);
  if (entry == nullptr) return std::unexpected(KafkaError::unknown_topic_or_partition);
  if (!entry->partition) {
    // Stored at once, so that after a restart "latest" is not a later place.
    const auto start = first_start(settings.reset, partition);
    if (!start) return std::unexpected(KafkaError::kafka_storage_error);
    const auto stored = journal_.append(std::vector{encode(ShareUpdate{key, entry->snapshot_epoch, *start, 0, {}})});
    if (!stored) return std::unexpected(KafkaError::coordinator_not_available);
    entry->partition.emplace(*start);
    ++entry->updates;
  }
  tick(key, *entry, settings);
  if (!entry->partition->can_acquire(settings.max_record_locks) || runs_ >= max_share_runs) return std::nullopt;
  return entry->partition->next();
}

std::vector<AcquiredRecords> ShareStates::acquire(const ShareKey& key, const SharePartition::AcquireAsk& ask,
                                                  const ShareRead& read) {
  const ShareGroupSettings settings = parts_.configs.share_settings_of(key.group);
  MutexLock lock(mutex_);
  Entry* entry = find(key);
  if (entry == nullptr || !entry->partition) return {};
  tick(key, *entry, settings);
  auto acquired = entry->partition->acquire(ask, read.batches, read.aborted, settings, steady_now());
  weigh(*entry);
  return acquired;
}

void ShareStates::move_start(const ShareKey& key, Offset log_start) {
  MutexLock lock(mutex_);
  Entry* entry = find(key);
  if (entry == nullptr || !entry->partition) return;
  entry->partition->move_start(log_start);
  weigh(*entry);
}

// ---- acknowledging

Result<Offset> ShareStates::settle(const ShareKey& key, Entry& entry, const SharePartition::Plan& plan,
                                   const ShareGroupSettings& settings) {
  SharePartition& partition = *entry.partition;
  Offset behind{};
  if (!plan.changes.empty()) {
    ShareUpdate update{key, entry.snapshot_epoch, partition.start(), partition.complete_count(), plan.changes};
    for (const StateBatch& change : plan.changes) {
      if (is_complete(change.state)) update.complete_count += change.last - change.first + 1;
    }
    if (entry.updates < updates_per_snapshot) {
      TRY(behind, journal_.append(std::vector{encode(update)}));
      partition.carry_out(plan, settings, steady_now());
      ++entry.updates;
    } else {
      Entry next = entry;
      next.partition->carry_out(plan, settings, steady_now());
      ++next.snapshot_epoch;
      next.updates = 0;
      TRY(behind, journal_.append(std::vector{encode(snapshot_of(key, next))}));
      entry = std::move(next);
    }
    wake(key.group);
  } else {
    partition.carry_out(plan, settings, steady_now());
  }
  weigh(entry);
  maintain();
  return behind;
}

void ShareStates::tick(const ShareKey& key, Entry& entry, const ShareGroupSettings& settings) {
  if (!entry.partition) return;
  const auto plan = entry.partition->plan_expiry(settings, steady_now());
  if (plan.changes.empty()) return;
  if (const auto settled = settle(key, entry, plan, settings); !settled) log_.error("{}", settled.error().message);
}

std::expected<Offset, KafkaError> ShareStates::acknowledge(const ShareKey& key, const std::string& member,
                                                           std::span<const Acknowledgement> batches) {
  const ShareGroupSettings settings = parts_.configs.share_settings_of(key.group);
  MutexLock lock(mutex_);
  Entry* entry = find(key);
  if (entry == nullptr || !entry->partition) return std::unexpected(KafkaError::unknown_topic_or_partition);
  tick(key, *entry, settings);
  const auto plan = entry->partition->plan(member, batches, settings);
  if (!plan) return std::unexpected(plan.error());
  const auto settled = settle(key, *entry, *plan, settings);
  if (settled) return *settled;
  log_.error("acknowledgements of group \"{}\" could not be stored: {}", key.group, settled.error().message);
  return std::unexpected(KafkaError::coordinator_not_available);
}

void ShareStates::release(const std::string& group, const std::string& member) {
  const ShareGroupSettings settings = parts_.configs.share_settings_of(group);
  MutexLock lock(mutex_);
  for_each_of(group, [&](const ShareKey& key, Entry& entry) TL_REQUIRES(mutex_) {
    if (!entry.partition) return;
    const auto plan = entry.partition->plan_release(member, settings);
    if (plan.changes.empty()) return;
    if (const auto settled = settle(key, entry, plan, settings); !settled) log_.error("{}", settled.error().message);
  });
}

// ---- waiting

void ShareStates::wake(const std::string& group) {
  const auto [first, last] = waiting_.equal_range(group);
  for (auto at = first; at != last; ++at) at->second->notify();
}

std::optional<Milliseconds> ShareStates::next_expiry(const std::string& group) {
  MutexLock lock(mutex_);
  std::optional<Milliseconds> next;
  for_each_of(group, [&](const ShareKey&, const Entry& entry) {
    const auto expiry = entry.partition ? entry.partition->next_expiry() : std::nullopt;
    if (expiry) next = std::min(next.value_or(*expiry), *expiry);
  });
  return next;
}

ShareStates::Watch::Watch(ShareStates& states, std::string group, FetchSignal& signal)
    : states_(states), group_(std::move(group)), signal_(signal) {
  MutexLock lock(states_.mutex_);
  states_.waiting_.emplace(group_, &signal_);
}

ShareStates::Watch::~Watch() {
  MutexLock lock(states_.mutex_);
  const auto [first, last] = states_.waiting_.equal_range(group_);
  const auto own = std::find_if(first, last, [&](const auto& waiting) { return waiting.second == &signal_; });
  if (own != last) states_.waiting_.erase(own);
}

}  // namespace tickerlake::broker
