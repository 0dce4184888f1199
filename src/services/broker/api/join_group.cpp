// JoinGroup: blocks until the group's members have gathered.
#include "services/broker/api/handlers.h"
#include "services/broker/groups/groups.h"
#include "services/broker/security/access.h"

namespace tickerlake::broker {

kafka::JoinGroupResponse handle(Broker& broker, const Caller& caller, const kafka::JoinGroupRequest& request) {
  kafka::JoinGroupResponse response;
  if (!may_group(caller, Operation::read, request.group_id)) {
    response.error_code = kafka::KafkaError::group_authorization_failed;
    return response;
  }
  JoinAsk ask;
  ask.member = {request.member_id, request.group_instance_id};
  ask.client_id = caller.client_id;
  ask.client_host = "/" + caller.client_host;  // as Java prints an address
  ask.session_timeout_ms = request.session_timeout_ms;
  // Version 0 has one time-out for both.
  ask.rebalance_timeout_ms =
      request.rebalance_timeout_ms < 0 ? request.session_timeout_ms : request.rebalance_timeout_ms;
  ask.protocol_type = request.protocol_type;
  for (const auto& protocol : request.protocols) ask.protocols.push_back({protocol.name, protocol.metadata});
  ask.requires_member_id = caller.version >= 4;
  ask.can_skip_assignment = caller.version >= 9;
  JoinAnswer answer = broker.groups().join(request.group_id, ask, [&] { return caller.has_left(); });

  response.error_code = answer.error;
  response.generation_id = answer.generation;
  if (!answer.protocol.empty()) {
    response.protocol_type = std::move(answer.protocol_type);
    response.protocol_name = std::move(answer.protocol);
  }
  response.leader = std::move(answer.leader);
  response.skip_assignment = answer.skip_assignment;
  response.member_id = std::move(answer.member_id);
  for (auto& member : answer.members) {
    response.members.push_back({std::move(member.id), std::move(member.instance_id), std::move(member.metadata)});
  }
  return response;
}

}  // namespace tickerlake::broker
