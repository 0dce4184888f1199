// DescribeGroups: state, members and assignments of groups of the classic protocol. Until version 5 an unknown group is
// "Dead", not an error.
#include "services/broker/api/handlers.h"
#include "services/broker/groups/groups.h"
#include "services/broker/security/access.h"

namespace tickerlake::broker {
namespace {

kafka::DescribeGroupsResponse::Group describe(Broker& broker, const std::string& id, std::int16_t version) {
  kafka::DescribeGroupsResponse::Group result;
  result.group_id = id;
  auto group = broker.groups().describe(id);
  if (!group) {
    result.group_state = "Dead";
    if (version >= 6) {
      result.error_code = kafka::KafkaError::group_id_not_found;
      result.error_message =
          broker.groups().exists(id) ? "Group " + id + " is not a classic group." : "Group " + id + " not found.";
    }
    return result;
  }
  const bool is_stable = group->state == Group::State::stable;
  result.group_state = name(group->state);
  result.protocol_type = std::move(group->snapshot.protocol_type);
  // Only a stable group has a chosen protocol; in between the members' data belong to none.
  if (is_stable) result.protocol_data = std::move(group->snapshot.protocol);
  for (auto& member : group->snapshot.members) {
    result.members.push_back({.member_id = std::move(member.id),
                              .group_instance_id = std::move(member.instance_id),
                              .client_id = std::move(member.client_id),
                              .client_host = std::move(member.client_host),
                              .member_metadata = is_stable ? std::move(member.metadata) : Buffer{},
                              .member_assignment = is_stable ? std::move(member.assignment) : Buffer{}});
  }
  return result;
}

}  // namespace

kafka::DescribeGroupsResponse handle(Broker& broker, const Caller& caller,
                                     const kafka::DescribeGroupsRequest& request) {
  kafka::DescribeGroupsResponse response;
  for (const std::string& id : request.groups) {
    if (!may_group(caller, Operation::describe, id)) {
      auto& hidden = response.groups.emplace_back();
      hidden.group_id = id;
      hidden.error_code = kafka::KafkaError::group_authorization_failed;
      continue;
    }
    auto& group = response.groups.emplace_back(describe(broker, id, caller.version));
    if (request.include_authorized_operations) {
      group.authorized_operations = authorized_operations(caller, ResourceType::group, id);
    }
  }
  return response;
}

}  // namespace tickerlake::broker
