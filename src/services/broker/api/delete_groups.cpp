// DeleteGroups: groups without members, with the offsets they have committed.
#include "services/broker/api/handlers.h"
#include "services/broker/groups/groups.h"

namespace tickerlake::broker {

kafka::DeleteGroupsResponse handle(Broker& broker, const Caller&, const kafka::DeleteGroupsRequest& request) {
  kafka::DeleteGroupsResponse response;
  for (const std::string& id : request.groups) response.results.push_back({id, broker.groups().remove(id)});
  return response;
}

}  // namespace tickerlake::broker
