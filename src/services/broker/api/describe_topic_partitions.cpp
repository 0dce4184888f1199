// DescribeTopicPartitions: Metadata in pages, for Java's admin client. Topics in the order of their names.
#include <algorithm>
#include <set>

#include "services/broker/api/handlers.h"
#include "services/broker/security/access.h"
#include "services/broker/topics.h"

namespace tickerlake::broker {
namespace {

using kafka::DescribeTopicPartitionsRequest;
using kafka::DescribeTopicPartitionsResponse;
using kafka::KafkaError;

constexpr std::int32_t max_partitions_per_page = 2000;  // max.request.partition.size.limit

DescribeTopicPartitionsResponse::Topic::Partition describe(std::int32_t index, std::int32_t node_id) {
  // The schema allows nulls for the two kinds of eligible replicas, but Java's admin client fails on them.
  return {.error_code = KafkaError::none,
          .partition_index = index,
          .leader_id = node_id,
          .leader_epoch = leader_epoch,
          .replica_nodes = {node_id},
          .isr_nodes = {node_id},
          .eligible_leader_replicas = std::vector<std::int32_t>{},
          .last_known_elr = std::vector<std::int32_t>{},
          .offline_replicas = {}};
}

}  // namespace

DescribeTopicPartitionsResponse handle(Broker& broker, const Caller& caller,
                                       const DescribeTopicPartitionsRequest& request) {
  std::set<std::string> names;
  for (const auto& topic : request.topics) names.insert(topic.name);
  if (request.topics.empty()) {
    for (const auto& topic : broker.topics().all())
      if (may_topic(caller, Operation::describe, topic->name)) names.insert(topic->name);
  }
  DescribeTopicPartitionsResponse response;
  std::int32_t room = std::clamp(request.response_partition_limit, 1, max_partitions_per_page);
  for (const std::string& name : names) {
    if (request.cursor && name < request.cursor->topic_name) continue;
    if (!may_topic(caller, Operation::describe, name)) {
      auto& hidden = response.topics.emplace_back();
      hidden.name = name;
      hidden.error_code = KafkaError::topic_authorization_failed;
      continue;
    }
    const auto topic = broker.topics().find(name);
    if (!topic) {
      auto& unknown = response.topics.emplace_back();
      unknown.name = name;
      unknown.error_code = check_topic_name(name) ? KafkaError::unknown_topic_or_partition : KafkaError::invalid_topic;
      continue;
    }
    if (room == 0) {
      response.next_cursor = {name, 0};
      break;
    }
    auto& described = response.topics.emplace_back();
    described.name = topic->name;
    described.topic_id = topic->id;
    described.is_internal = topic->internal;
    described.topic_authorized_operations = authorized_operations(caller, ResourceType::topic, name);
    const bool resumed = request.cursor && request.cursor->topic_name == name;
    std::int32_t index = resumed ? std::max(request.cursor->partition_index, 0) : 0;
    for (; index < topic->partition_count() && room > 0; ++index, --room) {
      described.partitions.push_back(describe(index, broker.options().node_id));
    }
    if (index < topic->partition_count()) {
      response.next_cursor = {name, index};
      break;
    }
  }
  return response;
}

}  // namespace tickerlake::broker
