// Heartbeat: a member is alive, and learns of rebalances.
#include "services/broker/api/handlers.h"
#include "services/broker/groups/groups.h"
#include "services/broker/security/access.h"

namespace tickerlake::broker {

kafka::HeartbeatResponse handle(Broker& broker, const Caller& caller, const kafka::HeartbeatRequest& request) {
  kafka::HeartbeatResponse response;
  if (!may_group(caller, Operation::read, request.group_id)) {
    response.error_code = kafka::KafkaError::group_authorization_failed;
    return response;
  }
  response.error_code = broker.groups().heartbeat(request.group_id, {request.member_id, request.group_instance_id},
                                                  request.generation_id);
  return response;
}

}  // namespace tickerlake::broker
