// DeleteGroups: groups without members, with the offsets they have committed.
#include "services/broker/api/handlers.h"
#include "services/broker/groups/groups.h"
#include "services/broker/security/access.h"

namespace tickerlake::broker {

kafka::DeleteGroupsResponse handle(Broker& broker, const Caller& caller, const kafka::DeleteGroupsRequest& request) {
  kafka::DeleteGroupsResponse response;
  for (const std::string& id : request.groups) {
    const bool permitted = may_group(caller, Operation::remove, id);
    response.results.push_back(
        {id, permitted ? broker.groups().remove(id) : kafka::KafkaError::group_authorization_failed});
  }
  return response;
}

}  // namespace tickerlake::broker
