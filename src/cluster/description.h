#pragma once
// What a cluster is made of: cluster.json in its folder (docs/cluster.md), written once when it is laid out.
#include <cstdint>
#include <string>
#include <utility>
#include <vector>

#include "base/result.h"
#include "cluster/distribution.h"
#include "io/file.h"

namespace tickerlake::cluster {

enum class Role { broker, zookeeper };

/// Ports are 0 where the node has none of that kind.
struct NodeDescription {
  Role role = Role::broker;
  int id = 0;
  std::uint16_t port = 0;        // for clients
  std::uint16_t internal = 0;    // a broker's, in plain text, between brokers; the same as port unless clients use TLS
  std::uint16_t controller = 0;  // a KRaft controller's
  std::uint16_t quorum = 0;      // of ZooKeeper's members among themselves
  std::uint16_t election = 0;

  std::string name() const;  // "broker-2"
};

struct Description {
  Flavour flavour = Flavour::kraft;
  Distribution distribution;
  std::string cluster_id;  // KRaft's; 16 bytes in base64url
  bool sasl_ssl = false;
  int heap_mb = 0;
  std::vector<std::pair<std::string, std::string>> properties;  // given by the user, for every broker
  std::vector<NodeDescription> nodes;

  std::string to_json() const;
  /// ErrorCode::corrupt.
  static Result<Description> from_json(std::string_view text);
};

}  // namespace tickerlake::cluster
