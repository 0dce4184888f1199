#pragma once
// Questions to single processes of a cluster, each over a connection of its own.
#include <chrono>
#include <cstdint>
#include <set>
#include <string>

#include "base/result.h"
#include "io/socket.h"

namespace tickerlake::cluster {

struct Membership {
  std::string cluster_id;
  int controller = -1;  // with ZooKeeper the controller; with KRaft a broker that passes requests on to it
  std::set<int> brokers;
};
/// What a broker knows of the cluster. Errors as kafka::Connection's.
Result<Membership> ask_membership(const io::Endpoint& broker, std::chrono::milliseconds patience);

/// The id of KRaft's active controller as a controller knows it, -1 while there is none. Source: KIP-919.
Result<int> ask_quorum_leader(const io::Endpoint& controller, std::chrono::milliseconds patience);

/// What a ZooKeeper server says it is: "leader", "follower", "standalone". ErrorCode::unavailable while it serves
/// nobody, as it does without a majority. Source: ZooKeeper's administrator's guide, command "srvr".
Result<std::string> ask_zookeeper_mode(const io::Endpoint& server, std::chrono::milliseconds patience);

}  // namespace tickerlake::cluster
