// ConsumerGroupDescribe: groups of KIP-848's protocol with what each member has and shall have.
#include "services/broker/api/handlers.h"
#include "services/broker/groups/groups.h"
#include "services/broker/security/access.h"
#include "services/broker/topics.h"

namespace tickerlake::broker {
namespace {

using kafka::ConsumerGroupDescribeResponse;
using kafka::KafkaError;

constexpr std::int8_t consumer_member = 1;

ConsumerGroupDescribeResponse::Assignment with_names(const Topics& topics, const Assignment& assignment) {
  ConsumerGroupDescribeResponse::Assignment named;
  for (const auto& [id, partitions] : assignment) {
    const auto topic = topics.find(id);
    if (!topic) continue;  // deleted since
    named.topic_partitions.push_back({id, topic->name, {partitions.begin(), partitions.end()}});
  }
  return named;
}

ConsumerGroupDescribeResponse::Group describe(Broker& broker, const std::string& id) {
  ConsumerGroupDescribeResponse::Group result;
  result.group_id = id;
  if (id.empty()) {
    result.error_code = KafkaError::invalid_group_id;
    return result;
  }
  auto group = broker.groups().describe_consumer_group(id);
  if (!group) {
    result.error_code = KafkaError::group_id_not_found;
    result.error_message =
        broker.groups().exists(id) ? "Group " + id + " is not a consumer group." : "Group " + id + " not found.";
    return result;
  }
  result.group_state = std::move(group->state);
  result.group_epoch = group->epoch;
  result.assignment_epoch = group->assignment_epoch;
  result.assignor_name = name(group->assignor);
  for (auto& member : group->members) {
    Subscription& said = member.subscription;
    result.members.push_back(
        {.member_id = std::move(member.id),
         .instance_id = std::move(said.instance_id),
         .rack_id = std::move(said.rack_id),
         .member_epoch = member.epoch,
         .client_id = std::move(said.client_id),
         .client_host = std::move(said.client_host),
         .subscribed_topic_names = {said.topics.begin(), said.topics.end()},
         .subscribed_topic_regex = said.pattern.empty() ? std::nullopt : std::optional(std::move(said.pattern)),
         .assignment = with_names(broker.topics(), member.assigned),
         .target_assignment = with_names(broker.topics(), member.target),
         .member_type = consumer_member});
  }
  return result;
}

}  // namespace

ConsumerGroupDescribeResponse handle(Broker& broker, const Caller& caller,
                                     const kafka::ConsumerGroupDescribeRequest& request) {
  ConsumerGroupDescribeResponse response;
  for (const std::string& id : request.group_ids) {
    if (!may_group(caller, Operation::describe, id)) {
      auto& hidden = response.groups.emplace_back();
      hidden.group_id = id;
      hidden.error_code = KafkaError::group_authorization_failed;
      continue;
    }
    auto& group = response.groups.emplace_back(describe(broker, id));
    if (request.include_authorized_operations) {
      group.authorized_operations = authorized_operations(caller, ResourceType::group, id);
    }
  }
  return response;
}

}  // namespace tickerlake::broker
