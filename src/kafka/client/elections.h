#pragma once
// Elections that an administrator asks for.
#include <string>
#include <vector>

#include "kafka/client/cluster.h"

namespace tickerlake::kafka {

/// Has the first replica of each partition's list (the preferred one) lead it again, as
/// auto.leader.rebalance.enable would in its own time. Returns when all of them lead; asks again until then.
/// ErrorCode::unavailable when they can't (a preferred replica that is not in sync, no controller), timeout.
Result<void> elect_preferred_leaders(Cluster& cluster, const std::string& topic,
                                     const std::vector<std::int32_t>& partitions, const Patience& patience);

}  // namespace tickerlake::kafka
