// OffsetFetch: what groups have committed; since version 8 for several groups at once, since 10 by topic id. A
// partition without a commit answers −1. Who requires stable offsets is told to come again where an undecided
// transaction may still change one (KIP-447).
#include "services/broker/api/handlers.h"
#include "services/broker/groups/groups.h"
#include "services/broker/security/access.h"
#include "services/broker/topics.h"

namespace tickerlake::broker {
namespace {

using kafka::KafkaError;
using kafka::OffsetFetchRequest;
using kafka::OffsetFetchResponse;

template <class Partition>
Partition answer(const GroupOffsets& offsets, bool require_stable, const std::string& topic, std::int32_t index) {
  Partition partition;
  partition.partition_index = index;
  partition.committed_offset = -1;
  partition.metadata = "";
  if (require_stable && offsets.undecided.contains({topic, index})) {
    partition.error_code = KafkaError::unstable_offset_commit;
  } else if (const auto at = offsets.committed.find({topic, index}); at != offsets.committed.end()) {
    partition.committed_offset = at->second.offset;
    partition.committed_leader_epoch = at->second.leader_epoch;
    partition.metadata = at->second.metadata;
  }
  return partition;
}

template <class Partition>
void hide(Partition& partition) {
  const std::int32_t index = partition.partition_index;
  partition = {};
  partition.partition_index = index;
  partition.committed_offset = -1;
  partition.error_code = KafkaError::topic_authorization_failed;
}

/// All the group's offsets, topic by topic (they are ordered so).
template <class Topic, class Partition>
std::vector<Topic> all_of(const GroupOffsets& offsets, bool require_stable) {
  std::vector<Topic> topics;
  for (const auto& [key, value] : offsets.committed) {
    if (topics.empty() || topics.back().name != key.topic) topics.emplace_back().name = key.topic;
    topics.back().partitions.push_back(answer<Partition>(offsets, require_stable, key.topic, key.partition));
  }
  return topics;
}

OffsetFetchResponse::Group fetch_group(Broker& broker, const Caller& caller, const OffsetFetchRequest::Group& wanted,
                                       bool require_stable, bool by_id) {
  using Topic = OffsetFetchResponse::Group::Topic;
  OffsetFetchResponse::Group group;
  group.group_id = wanted.group_id;
  if (!may_group(caller, Operation::describe, wanted.group_id)) {
    group.error_code = KafkaError::group_authorization_failed;
    return group;
  }
  group.error_code = broker.groups().check_fetch(wanted.group_id, wanted.member_id, wanted.member_epoch);
  if (group.error_code != KafkaError::none) return group;
  const GroupOffsets offsets = broker.groups().committed(wanted.group_id);
  if (!wanted.topics) {
    group.topics = all_of<Topic, Topic::Partition>(offsets, require_stable);
    std::erase_if(group.topics,
                  [&](const Topic& topic) { return !may_topic(caller, Operation::describe, topic.name); });
    if (!by_id) return group;
    std::erase_if(group.topics, [&](Topic& topic) {
      const auto known = broker.topics().find(topic.name);
      if (known) topic.topic_id = known->id;
      return !known;
    });
    return group;
  }
  for (const auto& topic : *wanted.topics) {
    const auto known = by_id ? broker.topics().find(topic.topic_id) : nullptr;
    auto& result = group.topics.emplace_back();
    result.name = known ? known->name : topic.name;
    result.topic_id = topic.topic_id;
    for (const std::int32_t index : topic.partition_indexes) {
      auto& partition =
          result.partitions.emplace_back(answer<Topic::Partition>(offsets, require_stable, result.name, index));
      if (by_id && !known) {
        partition.error_code = KafkaError::unknown_topic_id;
      } else if (!may_topic(caller, Operation::describe, result.name)) {
        hide(partition);
      }
    }
  }
  return group;
}

}  // namespace

OffsetFetchResponse handle(Broker& broker, const Caller& caller, const OffsetFetchRequest& request) {
  OffsetFetchResponse response;
  if (caller.version >= 8) {
    for (const auto& group : request.groups) {
      response.groups.push_back(fetch_group(broker, caller, group, request.require_stable, caller.version >= 10));
    }
    return response;
  }
  const bool permitted = may_group(caller, Operation::describe, request.group_id);
  if (!permitted) response.error_code = KafkaError::group_authorization_failed;
  const GroupOffsets offsets = permitted ? broker.groups().committed(request.group_id) : GroupOffsets{};
  if (!request.topics) {
    response.topics =
        all_of<OffsetFetchResponse::Topic, OffsetFetchResponse::Topic::Partition>(offsets, request.require_stable);
    std::erase_if(response.topics,
                  [&](const auto& topic) { return !may_topic(caller, Operation::describe, topic.name); });
    return response;
  }
  for (const auto& topic : *request.topics) {
    auto& result = response.topics.emplace_back();
    result.name = topic.name;
    for (const std::int32_t index : topic.partition_indexes) {
      auto& partition = result.partitions.emplace_back(
          answer<OffsetFetchResponse::Topic::Partition>(offsets, request.require_stable, topic.name, index));
      if (!permitted) {
        partition.error_code = KafkaError::group_authorization_failed;
      } else if (!may_topic(caller, Operation::describe, topic.name)) {
        hide(partition);
      }
    }
  }
  return response;
}

}  // namespace tickerlake::broker
