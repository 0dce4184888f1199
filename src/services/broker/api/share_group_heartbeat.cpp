// ShareGroupHeartbeat: the one request of a member of a share group about its membership.
#include "services/broker/api/handlers.h"
#include "services/broker/api/share_requests.h"
#include "services/broker/groups/group_configs.h"
#include "services/broker/groups/groups.h"
#include "services/broker/security/access.h"

namespace tickerlake::broker {
namespace {

using kafka::KafkaError;
using kafka::ShareGroupHeartbeatRequest;
using kafka::ShareGroupHeartbeatResponse;

/// What is wrong with the request in itself.
std::optional<std::string> fault(const ShareGroupHeartbeatRequest& request) {
  if (!is_share_member_id(request.member_id)) return "Invalid member id in the request.";
  if (request.group_id.empty()) return "GroupId can't be empty.";
  if (request.rack_id && request.rack_id->empty()) return "RackId can't be empty.";
  if (request.member_epoch < leave_epoch) return "MemberEpoch is invalid.";
  const bool has_topics = request.subscribed_topic_names && !request.subscribed_topic_names->empty();
  if (request.member_epoch == join_epoch && !has_topics) return "SubscribedTopicNames must be set in first request.";
  return std::nullopt;
}

}  // namespace

ShareGroupHeartbeatResponse handle(Broker& broker, const Caller& caller, const ShareGroupHeartbeatRequest& request) {
  ShareGroupHeartbeatResponse response;
  if (!may_group(caller, Operation::read, request.group_id)) {
    response.error_code = KafkaError::group_authorization_failed;
    return response;
  }
  if (auto wrong = fault(request)) {
    response.error_code = KafkaError::invalid_request;
    response.error_message = std::move(wrong);
    return response;
  }
  HeartbeatAsk ask;
  ask.member_id = request.member_id;
  ask.member_epoch = request.member_epoch;
  ask.rack_id = request.rack_id;
  ask.client_id = caller.client_id;
  ask.client_host = "/" + caller.client_host;  // as Java prints an address
  if (request.subscribed_topic_names) {
    ask.topics.emplace(request.subscribed_topic_names->begin(), request.subscribed_topic_names->end());
    for (const std::string& topic : *ask.topics) {
      if (may_topic(caller, Operation::describe, topic)) continue;
      response.error_code = KafkaError::topic_authorization_failed;
      return response;
    }
  }
  HeartbeatAnswer answer = broker.groups().share_heartbeat(request.group_id, ask);
  response.error_code = answer.error;
  if (answer.error != KafkaError::none) {
    response.error_message = std::move(answer.message);
    return response;
  }
  response.member_id = std::move(answer.member_id);
  response.member_epoch = answer.member_epoch;
  response.heartbeat_interval_ms = broker.group_configs().share_settings_of(request.group_id).heartbeat_interval_ms;
  if (answer.assignment) {
    auto& assignment = response.assignment.emplace();
    for (const auto& [topic, partitions] : *answer.assignment) {
      assignment.topic_partitions.push_back({topic, {partitions.begin(), partitions.end()}});
    }
  }
  return response;
}

}  // namespace tickerlake::broker
