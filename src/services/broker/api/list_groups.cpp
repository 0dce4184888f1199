// ListGroups: all groups, or those in certain states (KIP-518) or of certain types (KIP-848).
#include <strings.h>

#include <algorithm>

#include "services/broker/api/handlers.h"
#include "services/broker/groups/groups.h"
#include "services/broker/security/access.h"

namespace tickerlake::broker {
namespace {

/// An empty filter lets everything through. States and types are compared without regard to case.
bool passes(const std::vector<std::string>& filter, const char* value) {
  return filter.empty() ||
         std::ranges::any_of(filter, [&](const std::string& wanted) { return strcasecmp(wanted.c_str(), value) == 0; });
}

}  // namespace

kafka::ListGroupsResponse handle(Broker& broker, const Caller& caller, const kafka::ListGroupsRequest& request) {
  kafka::ListGroupsResponse response;
  for (ListedGroup& group : broker.groups().list()) {
    if (!may_cluster(caller, Operation::describe) && !may_group(caller, Operation::describe, group.id)) continue;
    if (!passes(request.types_filter, group.type) || !passes(request.states_filter, group.state.c_str())) continue;
    response.groups.push_back({.group_id = std::move(group.id),
                               .protocol_type = std::move(group.protocol_type),
                               .group_state = std::move(group.state),
                               .group_type = group.type});
  }
  return response;
}

}  // namespace tickerlake::broker
