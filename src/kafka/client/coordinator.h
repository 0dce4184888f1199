#pragma once
// Which broker has a group.
#include <string>

#include "kafka/client/cluster.h"

namespace tickerlake::kafka {

/// FindCoordinator; the cluster knows the broker from then on. Asks again while there is none.
Result<std::int32_t> find_coordinator(Cluster& cluster, const std::string& group, const Patience& patience);

}  // namespace tickerlake::kafka
