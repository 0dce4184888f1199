// ListGroups: all groups, or those in certain states (KIP-518) or of certain types (KIP-848; here all are "classic").
#include <strings.h>

#include <algorithm>

#include "services/broker/api/handlers.h"
#include "services/broker/groups/groups.h"
#include "services/broker/security/access.h"

namespace tickerlake::broker {
namespace {

constexpr const char* group_type = "classic";

/// An empty filter lets everything through. States and types are compared without regard to case.
bool passes(const std::vector<std::string>& filter, const char* value) {
  return filter.empty() ||
         std::ranges::any_of(filter, [&](const std::string& wanted) { return strcasecmp(wanted.c_str(), value) == 0; });
}

}  // namespace

kafka::ListGroupsResponse handle(Broker& broker, const Caller& caller, const kafka::ListGroupsRequest& request) {
  kafka::ListGroupsResponse response;
  if (!passes(request.types_filter, group_type)) return response;
  for (DescribedGroup& group : broker.groups().list()) {
    if (!may_cluster(caller, Operation::describe) && !may_group(caller, Operation::describe, group.id)) continue;
    const char* state = name(group.state);
    if (!passes(request.states_filter, state)) continue;
    response.groups.push_back({.group_id = std::move(group.id),
                               .protocol_type = std::move(group.snapshot.protocol_type),
                               .group_state = state,
                               .group_type = group_type});
  }
  return response;
}

}  // namespace tickerlake::broker
