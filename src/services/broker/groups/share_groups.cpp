// Groups, the part about share groups.
#include <algorithm>

#include "services/broker/groups/groups.h"
#include "services/broker/share/share_states.h"

namespace tickerlake::broker {

using kafka::KafkaError;

namespace {

std::map<TopicId, std::set<std::int32_t>> partitions_of(const SharedTopicsRecord::Topics& topics) {
  std::map<TopicId, std::set<std::int32_t>> partitions;
  for (const auto& [id, topic] : topics) partitions[id] = topic.partitions;
  return partitions;
}

}  // namespace

HeartbeatAnswer Groups::share_heartbeat(const std::string& group, const HeartbeatAsk& ask) {
  const auto refuse = [](KafkaError error, std::string message) {
    return HeartbeatAnswer::refused(error, std::move(message));
  };
  MutexLock lock(mutex_);
  if (stopping_) return refuse(KafkaError::coordinator_not_available, "The broker is stopping.");
  Entry* entry = find(group);
  if (entry == nullptr && ask.member_epoch != join_epoch) {
    return refuse(KafkaError::group_id_not_found, "Share group " + group + " not found.");
  }
  if (entry != nullptr && entry->share() == nullptr) {
    return refuse(KafkaError::group_id_not_found, "Group " + group + " is not a share group.");
  }
  std::size_t bytes = 0;
  for (const std::string& topic : ask.topics.value_or(std::set<std::string>())) bytes += topic.size();
  if (!has_room_for(bytes) || (entry == nullptr && groups_.size() >= max_groups)) {
    return refuse(KafkaError::group_max_size_reached, "This broker has no room for further members.");
  }
  if (entry == nullptr) {
    entry = &find_or_add(group);
    entry->group = ShareGroup(group);
  }
  const auto topics = catalog();
  const HeartbeatAnswer answer =
      entry->share()->heartbeat(ask, *topics, configs_.share_settings_of(group), steady_now());
  if (auto missing = entry->share()->to_begin(*topics); !missing.empty()) {
    const auto begun = shares_.begin(group, partitions_of(missing), entry->share()->epoch());
    if (begun) {
      entry->share()->begun(missing);
    } else {
      log_.error("group \"{}\": {}", group, begun.error().message);
    }
  }
  settle(*entry);
  maintain();
  return answer;
}

void Groups::settle(Entry& entry, ShareGroup& group) {
  const auto changes = group.take_changes();
  if (changes.empty()) return;
  std::vector<CoordinatorRecord> records;
  for (const auto& change : changes) records.push_back(ShareGroupRecord{group.id(), change});
  // The group goes on, as the others do: after a restart its members would join again.
  if (const auto stored = journal_.append(records); !stored) {
    log_.error("group \"{}\" could not be stored: {}", group.id(), stored.error().message);
  }
  weigh(entry);
  log_.info("group \"{}\": {}, epoch {}, {} members", group.id(), group.state(), group.epoch(), group.member_count());
}

void Groups::apply(const ShareGroupRecord& record) {
  const bool is_tombstone = std::visit([](const auto& change) { return !change.value; }, record.change);
  const Entry* known = find(record.group);
  const bool is_one = known != nullptr && std::holds_alternative<ShareGroup>(known->group);
  if (is_tombstone && !is_one) return;
  if (is_tombstone && std::holds_alternative<EpochRecord>(record.change)) return end(record.group);
  Entry& entry = find_or_add(record.group);
  if (!is_one) entry.group = ShareGroup(record.group);
  entry.share()->restore(record.change);
}

std::expected<SharedTopicsRecord::Topics, KafkaError> Groups::shared_topics(const std::string& group) {
  MutexLock lock(mutex_);
  Entry* entry = find(group);
  if (entry == nullptr || entry->share() == nullptr) return std::unexpected(KafkaError::group_id_not_found);
  return entry->share()->shared_topics();
}

std::expected<Groups::Entry*, KafkaError> Groups::find_idle_share_group(const std::string& group) {
  if (group.empty()) return std::unexpected(KafkaError::invalid_group_id);
  if (stopping_) return std::unexpected(KafkaError::coordinator_not_available);
  Entry* entry = find(group);
  if (entry == nullptr) return nullptr;
  if (entry->share() == nullptr) return std::unexpected(KafkaError::group_id_not_found);
  entry->tick(steady_now());
  settle(*entry);
  if (entry->has_members()) return std::unexpected(KafkaError::non_empty_group);
  return entry;
}

KafkaError Groups::alter_share_offsets(const std::string& group, const ShareOffsets& offsets) {
  MutexLock lock(mutex_);
  const auto found = find_idle_share_group(group);
  if (!found) return found.error();
  Entry* entry = *found;
  if (entry == nullptr) {
    if (groups_.size() >= max_groups) return KafkaError::group_max_size_reached;
    entry = &find_or_add(group);
    entry->group = ShareGroup(group);
  }
  const auto topics = catalog();
  SharedTopicsRecord::Topics begun;
  for (const auto& [partition, offset] : offsets) {
    const auto topic = topics->topics.find(partition.topic);
    if (topic == topics->topics.end()) continue;  // deleted since
    const auto reset =
        shares_.reset({group, topic->second.id, partition.partition}, offset, entry->share()->epoch() + 1);
    if (!reset) return kafka::to_kafka(reset.error());
    begun[topic->second.id].name = partition.topic;
    begun[topic->second.id].partitions.insert(partition.partition);
  }
  entry->share()->begun(begun);
  settle(*entry);
  return KafkaError::none;
}

KafkaError Groups::delete_share_offsets(const std::string& group, const std::set<TopicId>& topics,
                                        std::map<TopicId, KafkaError>& errors) {
  MutexLock lock(mutex_);
  const auto found = find_idle_share_group(group);
  if (!found) return found.error();
  if (*found == nullptr) return KafkaError::group_id_not_found;
  ShareGroup& share = *(*found)->share();
  for (const TopicId& topic : topics) {
    errors[topic] = KafkaError::none;
    if (!share.shared_topics().contains(topic)) {
      errors[topic] = KafkaError::unknown_topic_or_partition;
    } else if (const auto removed = shares_.remove(group, topic); !removed) {
      errors[topic] = kafka::to_kafka(removed.error());
    } else {
      share.forget(topic);
    }
  }
  settle(**found);
  return KafkaError::none;
}

std::optional<ShareGroupDescription> Groups::describe_share_group(const std::string& group) {
  MutexLock lock(mutex_);
  Entry* entry = find(group);
  if (entry == nullptr || entry->share() == nullptr) return std::nullopt;
  entry->tick(steady_now());
  settle(*entry);
  return entry->share()->describe();
}

}  // namespace tickerlake::broker
