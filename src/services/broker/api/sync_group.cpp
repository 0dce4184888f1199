// SyncGroup: the leader gives the assignments, everybody gets the own one; blocks until the leader has.
#include "services/broker/api/handlers.h"
#include "services/broker/groups/groups.h"
#include "services/broker/security/access.h"

namespace tickerlake::broker {

kafka::SyncGroupResponse handle(Broker& broker, const Caller& caller, const kafka::SyncGroupRequest& request) {
  kafka::SyncGroupResponse response;
  if (!may_group(caller, Operation::read, request.group_id)) {
    response.error_code = kafka::KafkaError::group_authorization_failed;
    return response;
  }
  SyncAsk ask;
  ask.member = {request.member_id, request.group_instance_id};
  ask.generation = request.generation_id;
  ask.protocol_type = request.protocol_type;
  ask.protocol = request.protocol_name;
  for (const auto& assignment : request.assignments)
    ask.assignments.emplace_back(assignment.member_id, assignment.assignment);
  SyncAnswer answer = broker.groups().sync(request.group_id, ask, [&] { return caller.has_left(); });

  response.error_code = answer.error;
  if (!answer.protocol.empty()) {
    response.protocol_type = std::move(answer.protocol_type);
    response.protocol_name = std::move(answer.protocol);
  }
  response.assignment = std::move(answer.assignment);
  return response;
}

}  // namespace tickerlake::broker
