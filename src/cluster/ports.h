#pragma once
// Ports of 127.0.0.1 for a new cluster.
#include "cluster/description.h"

namespace tickerlake::cluster {

/// Gives every node its ports: broker N's is first + N - 1, the others' lie a hundred apart behind it
/// (docs/cluster.md). ErrorCode::conflict when one is taken.
Result<void> assign_ports(Description& cluster, int first);

/// The same with free ports. They lie below those that the system gives to outgoing connections: else a client that
/// tries to reach a broker that is down might take the broker's port for its own end.
Result<void> assign_free_ports(Description& cluster);

}  // namespace tickerlake::cluster
