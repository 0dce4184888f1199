// ShareGroupDescribe: share groups with what each member has.
#include "services/broker/api/handlers.h"
#include "services/broker/groups/groups.h"
#include "services/broker/security/access.h"
#include "services/broker/topics.h"

namespace tickerlake::broker {
namespace {

using kafka::KafkaError;
using kafka::ShareGroupDescribeResponse;

ShareGroupDescribeResponse::Group refuse(const std::string& id, KafkaError error,
                                         std::optional<std::string> message = std::nullopt) {
  ShareGroupDescribeResponse::Group group;
  group.group_id = id;
  group.error_code = error;
  group.error_message = std::move(message);
  return group;
}

ShareGroupDescribeResponse::Group describe(Broker& broker, const Caller& caller, const std::string& id) {
  if (!may_group(caller, Operation::describe, id)) return refuse(id, KafkaError::group_authorization_failed);
  if (id.empty()) return refuse(id, KafkaError::invalid_group_id);
  const auto group = broker.groups().describe_share_group(id);
  if (!group) {
    return refuse(
        id, KafkaError::group_id_not_found,
        broker.groups().exists(id) ? "Group " + id + " is not a share group." : "Group " + id + " not found.");
  }
  ShareGroupDescribeResponse::Group result;
  result.group_id = id;
  result.group_state = group->state;
  result.group_epoch = group->epoch;
  result.assignment_epoch = group->assignment_epoch;
  result.assignor_name = share_assignor;
  for (const auto& member : group->members) {
    const Subscription& said = member.subscription;
    auto& told = result.members.emplace_back();
    told.member_id = member.id;
    told.rack_id = said.rack_id;
    told.member_epoch = member.epoch;
    told.client_id = said.client_id;
    told.client_host = said.client_host;
    told.subscribed_topic_names = {said.topics.begin(), said.topics.end()};
    for (const auto& [topic_id, partitions] : member.assigned) {
      const auto topic = broker.topics().find(topic_id);
      if (!topic) continue;  // deleted since
      if (!may_topic(caller, Operation::describe, topic->name)) {
        return refuse(id, KafkaError::topic_authorization_failed,
                      "The group has described topic(s) that the client is not authorized to describe.");
      }
      told.assignment.topic_partitions.push_back({topic_id, topic->name, {partitions.begin(), partitions.end()}});
    }
  }
  return result;
}

}  // namespace

ShareGroupDescribeResponse handle(Broker& broker, const Caller& caller,
                                  const kafka::ShareGroupDescribeRequest& request) {
  ShareGroupDescribeResponse response;
  for (const std::string& id : request.group_ids) {
    auto& group = response.groups.emplace_back(describe(broker, caller, id));
    if (request.include_authorized_operations && group.error_code == KafkaError::none) {
      group.authorized_operations = authorized_operations(caller, ResourceType::group, id);
    }
  }
  return response;
}

}  // namespace tickerlake::broker
