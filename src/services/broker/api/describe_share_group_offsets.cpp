// DescribeShareGroupOffsets: where share groups begin to deliver, and how much is left (KIP-1226).
#include "services/broker/api/handlers.h"
#include "services/broker/groups/groups.h"
#include "services/broker/security/access.h"
#include "services/broker/share/share_states.h"
#include "services/broker/topics.h"

namespace tickerlake::broker {
namespace {

using kafka::DescribeShareGroupOffsetsRequest;
using kafka::DescribeShareGroupOffsetsResponse;
using kafka::KafkaError;
using TopicAnswer = DescribeShareGroupOffsetsResponse::Group::Topic;

TopicAnswer describe(Broker& broker, const std::string& group, const Topic& topic,
                     const std::vector<std::int32_t>& partitions) {
  TopicAnswer answer{topic.name, topic.id, {}};
  for (const std::int32_t index : partitions) {
    auto& told = answer.partitions.emplace_back();
    told.partition_index = index;
    const auto position = broker.shares().position({group, topic.id, index});
    const auto partition = topic.partition(index);
    if (!position || !position->start || !partition) continue;
    told.start_offset = position->start->value();
    told.leader_epoch = leader_epoch;
    told.lag = partition->offsets().durable - *position->start - position->complete_count;
  }
  return answer;
}

/// A topic that is not there has no offsets, which is no error; nor has one that the sender may not see any.
TopicAnswer nothing_of(const DescribeShareGroupOffsetsRequest::Topic& wanted, KafkaError error) {
  TopicAnswer answer{wanted.name, {}, {}};
  for (const std::int32_t index : wanted.partitions) {
    auto& told = answer.partitions.emplace_back();
    told.partition_index = index;
    told.error_code = error;
  }
  return answer;
}

}  // namespace

DescribeShareGroupOffsetsResponse handle(Broker& broker, const Caller& caller,
                                         const DescribeShareGroupOffsetsRequest& request) {
  DescribeShareGroupOffsetsResponse response;
  for (const auto& wanted : request.groups) {
    auto& result = response.groups.emplace_back();
    result.group_id = wanted.group_id;
    if (!may_group(caller, Operation::describe, wanted.group_id)) {
      result.error_code = KafkaError::group_authorization_failed;
      continue;
    }
    if (!wanted.topics) {
      const auto shared = broker.groups().shared_topics(wanted.group_id);
      if (!shared) {
        result.error_code = shared.error();
        result.error_message = "Group " + wanted.group_id + " not found.";
        continue;
      }
      for (const auto& [id, known] : *shared) {
        const auto topic = broker.topics().find(id);
        if (!topic || !may_topic(caller, Operation::describe, topic->name)) continue;
        result.topics.push_back(
            describe(broker, wanted.group_id, *topic, {known.partitions.begin(), known.partitions.end()}));
      }
      continue;
    }
    for (const auto& one : *wanted.topics) {
      if (!may_topic(caller, Operation::describe, one.name)) {
        result.topics.push_back(nothing_of(one, KafkaError::topic_authorization_failed));
      } else if (const auto topic = broker.topics().find(one.name)) {
        result.topics.push_back(describe(broker, wanted.group_id, *topic, one.partitions));
      } else {
        result.topics.push_back(nothing_of(one, KafkaError::none));
      }
    }
  }
  return response;
}

}  // namespace tickerlake::broker
