// ConsumerGroupHeartbeat: the one request of a member of KIP-848's protocol, by which it joins, tells what it owns,
// learns what it may read, and leaves.
#include "services/broker/api/handlers.h"
#include "services/broker/groups/group_configs.h"
#include "services/broker/groups/groups.h"
#include "services/broker/security/access.h"

namespace tickerlake::broker {
namespace {

using kafka::ConsumerGroupHeartbeatRequest;
using kafka::ConsumerGroupHeartbeatResponse;
using kafka::KafkaError;

/// What is wrong with the request in itself.
std::optional<std::string> fault(const ConsumerGroupHeartbeatRequest& request, std::int16_t version) {
  const auto is_empty = [](const std::optional<std::string>& text) { return text && text->empty(); };
  if (request.group_id.empty()) return "GroupId can't be empty.";
  if (is_empty(request.instance_id)) return "InstanceId can't be empty.";
  if (is_empty(request.rack_id)) return "RackId can't be empty.";
  const bool makes_own_id = version >= 1;
  if (request.member_id.empty() && (makes_own_id || request.member_epoch != join_epoch)) {
    return "MemberId can't be empty.";
  }
  if (request.member_epoch < leave_for_a_while_epoch) return "MemberEpoch is invalid.";
  if (request.member_epoch == leave_for_a_while_epoch && !request.instance_id) return "InstanceId can't be null.";
  if (request.member_epoch != join_epoch) return std::nullopt;
  if (request.rebalance_timeout_ms < 0) return "RebalanceTimeoutMs must be provided in first request.";
  if (!request.topic_partitions || !request.topic_partitions->empty()) {
    return "TopicPartitions must be empty when (re-)joining.";
  }
  const bool has_topics = request.subscribed_topic_names && !request.subscribed_topic_names->empty();
  const bool has_pattern = request.subscribed_topic_regex && !request.subscribed_topic_regex->empty();
  if (!has_topics && !has_pattern) {
    return "Either SubscribedTopicNames or SubscribedTopicRegex must be non-null when (re-)joining.";
  }
  return std::nullopt;
}

Assignment to_assignment(const std::vector<kafka::TopicIdPartitions>& list) {
  Assignment assignment;
  for (const auto& [topic, partitions] : list) {
    if (!partitions.empty()) assignment[topic].insert(partitions.begin(), partitions.end());
  }
  return assignment;
}

HeartbeatAsk to_ask(const Caller& caller, const ConsumerGroupHeartbeatRequest& request) {
  HeartbeatAsk ask;
  ask.member_id = request.member_id;
  ask.member_epoch = request.member_epoch;
  ask.instance_id = request.instance_id;
  ask.rack_id = request.rack_id;
  if (request.rebalance_timeout_ms >= 0) ask.rebalance_timeout_ms = request.rebalance_timeout_ms;
  if (request.subscribed_topic_names) {
    ask.topics.emplace(request.subscribed_topic_names->begin(), request.subscribed_topic_names->end());
  }
  ask.pattern = request.subscribed_topic_regex;
  ask.assignor = request.server_assignor;
  if (request.topic_partitions) ask.owned = to_assignment(*request.topic_partitions);
  ask.client_id = caller.client_id;
  ask.client_host = "/" + caller.client_host;  // as Java prints an address
  ask.may_describe = [&caller](const std::string& topic) { return may_topic(caller, Operation::describe, topic); };
  return ask;
}

}  // namespace

ConsumerGroupHeartbeatResponse handle(Broker& broker, const Caller& caller,
                                      const ConsumerGroupHeartbeatRequest& request) {
  ConsumerGroupHeartbeatResponse response;
  if (auto wrong = fault(request, caller.version)) {
    response.error_code = KafkaError::invalid_request;
    response.error_message = std::move(wrong);
    return response;
  }
  if (!may_group(caller, Operation::read, request.group_id)) {
    response.error_code = KafkaError::group_authorization_failed;
    return response;
  }
  for (const std::string& topic : request.subscribed_topic_names.value_or(std::vector<std::string>())) {
    if (may_topic(caller, Operation::describe, topic)) continue;
    response.error_code = KafkaError::topic_authorization_failed;
    return response;
  }
  HeartbeatAnswer answer = broker.groups().consumer_heartbeat(request.group_id, to_ask(caller, request));
  response.error_code = answer.error;
  if (answer.error != KafkaError::none) {
    response.error_message = std::move(answer.message);
    return response;
  }
  response.member_id = std::move(answer.member_id);
  response.member_epoch = answer.member_epoch;
  response.heartbeat_interval_ms = broker.group_configs().settings_of(request.group_id).heartbeat_interval_ms;
  if (answer.assignment) {
    auto& assignment = response.assignment.emplace();
    for (const auto& [topic, partitions] : *answer.assignment) {
      assignment.topic_partitions.push_back({topic, {partitions.begin(), partitions.end()}});
    }
  }
  return response;
}

}  // namespace tickerlake::broker
