// Groups, the part about KIP-848's protocol.
#include <algorithm>

#include "base/digest.h"
#include "services/broker/groups/groups.h"

namespace tickerlake::broker {

using kafka::KafkaError;

namespace {

std::size_t size_of(const HeartbeatAsk& ask) {
  std::size_t bytes = ask.pattern ? ask.pattern->size() : 0;
  if (ask.topics) {
    for (const std::string& topic : *ask.topics) bytes += topic.size();
  }
  return bytes;
}

}  // namespace

HeartbeatAnswer Groups::consumer_heartbeat(const std::string& group, const HeartbeatAsk& ask) {
  const auto refuse = [](KafkaError error, std::string message) {
    return HeartbeatAnswer::refused(error, std::move(message));
  };
  MutexLock lock(mutex_);
  if (stopping_) return refuse(KafkaError::coordinator_not_available, "The broker is stopping.");
  Entry* entry = find(group);
  const bool joins = ask.member_epoch == join_epoch;
  if (!joins && (entry == nullptr || entry->consumer() == nullptr)) {
    return refuse(KafkaError::group_id_not_found, entry == nullptr ? "Consumer group " + group + " not found."
                                                                   : "Group " + group + " is not a consumer group.");
  }
  if (!has_room_for(size_of(ask)) || (entry == nullptr && groups_.size() >= max_groups)) {
    return refuse(KafkaError::group_max_size_reached, "This broker has no room for further members.");
  }
  if (entry == nullptr) entry = &find_or_add(group);
  if (entry->share() != nullptr) {
    return refuse(KafkaError::group_id_not_found, "Group " + group + " is not a consumer group.");
  }
  if (Group* classic = entry->classic()) {
    classic->tick(steady_now());
    settle(*entry, *classic);
    if (classic->has_members()) {
      return refuse(KafkaError::group_id_not_found,
                    "Group " + group + " has members of the classic protocol: they must leave first.");
    }
    convert(*entry, ConsumerGroup(group));
  }
  HeartbeatAnswer answer =
      entry->consumer()->heartbeat(ask, random_uuid(), *catalog(), configs_.settings_of(group), steady_now());
  settle(*entry);
  maintain();
  return answer;
}

void Groups::settle(Entry& entry, ConsumerGroup& group) {
  const auto changes = group.take_changes();
  if (changes.empty()) return;
  std::vector<CoordinatorRecord> records;
  for (const auto& change : changes) records.push_back(ConsumerGroupRecord{group.id(), change});
  // The group goes on, as one of the classic protocol does: after a restart its members would join again.
  if (const auto stored = journal_.append(records); !stored) {
    log_.error("group \"{}\" could not be stored: {}", group.id(), stored.error().message);
  }
  weigh(entry);
  log_.info("group \"{}\": {}, epoch {}, {} members", group.id(), name(group.state()), group.epoch(),
            group.member_count());
}

void Groups::convert(Entry& entry, AnyGroup to) {
  const Group* classic = entry.classic();
  const bool was_stored = classic == nullptr || !classic->snapshot().protocol_type.empty();
  // Read back, the end of a group without committed offsets would take its pending ones along; what follows replaces it
  // as well.
  if (was_stored && entry.pending.empty()) {
    if (const auto stored = journal_.append(tombstones_of(entry)); !stored) log_.error("{}", stored.error().message);
  }
  entry.group = std::move(to);
  weigh(entry);
}

std::vector<CoordinatorRecord> Groups::tombstones_of(const Entry& entry) {
  std::vector<CoordinatorRecord> records;
  if (const auto* group = std::get_if<ConsumerGroup>(&entry.group)) {
    for (auto& change : group->tombstones()) records.push_back(ConsumerGroupRecord{group->id(), std::move(change)});
  } else if (const auto* share = std::get_if<ShareGroup>(&entry.group)) {
    for (auto& change : share->tombstones()) records.push_back(ShareGroupRecord{share->id(), std::move(change)});
  } else {
    records.push_back(GroupRecord{entry.id(), std::nullopt});
  }
  return records;
}

std::shared_ptr<const TopicCatalog> Groups::catalog() {
  const std::uint64_t version = topics_.version();
  if (catalog_ && catalog_->version == version) return catalog_;
  auto made = std::make_shared<TopicCatalog>();
  made->version = version;
  for (const auto& topic : topics_.all()) made->topics[topic->name] = {topic->id, topic->partition_count()};
  catalog_ = std::move(made);
  return catalog_;
}

std::optional<ConsumerGroupDescription> Groups::describe_consumer_group(const std::string& group) {
  MutexLock lock(mutex_);
  Entry* entry = find(group);
  if (entry == nullptr) return std::nullopt;
  entry->tick(steady_now());
  settle(*entry);
  if (entry->consumer() == nullptr) return std::nullopt;
  return entry->consumer()->describe();
}

}  // namespace tickerlake::broker
