// LeaveGroup: one member, or since version 3 several, static ones also by their instance id alone.
#include "services/broker/api/handlers.h"
#include "services/broker/groups/groups.h"
#include "services/broker/security/access.h"

namespace tickerlake::broker {

kafka::LeaveGroupResponse handle(Broker& broker, const Caller& caller, const kafka::LeaveGroupRequest& request) {
  kafka::LeaveGroupResponse response;
  if (!may_group(caller, Operation::read, request.group_id)) {
    response.error_code = kafka::KafkaError::group_authorization_failed;
    return response;
  }
  if (caller.version < 3) {
    response.error_code = broker.groups().leave(request.group_id, {request.member_id, std::nullopt});
    return response;
  }
  for (const auto& member : request.members) {
    const auto error = broker.groups().leave(request.group_id, {member.member_id, member.group_instance_id});
    response.members.push_back({member.member_id, member.group_instance_id, error});
  }
  return response;
}

}  // namespace tickerlake::broker
