#include "cluster/ports.h"

#include <fmt/core.h>

#include <fstream>
#include <random>

#include "io/socket.h"

namespace tickerlake::cluster {
namespace {

constexpr int lowest_free = 10'000;
constexpr int spread = 100;  // between the ports of one kind and the next
constexpr int highest = 65'535;

/// Each port that the node needs, with the place of its kind.
template <class Assign>
Result<void> for_each_port(Description& cluster, Assign&& assign) {
  for (NodeDescription& node : cluster.nodes) {
    if (node.role == Role::broker) {
      CHECK(assign(node, node.port, 0));
      if (cluster.sasl_ssl) {
        CHECK(assign(node, node.internal, 1));
      } else {
        node.internal = node.port;
      }
      if (cluster.flavour == Flavour::kraft) CHECK(assign(node, node.controller, 2));
    } else {
      CHECK(assign(node, node.port, 3));
      CHECK(assign(node, node.quorum, 4));
      CHECK(assign(node, node.election, 5));
    }
  }
  return {};
}

Result<void> check_free(int port) {
  CHECK(io::Listener::bind({"127.0.0.1", static_cast<std::uint16_t>(port)}));
  return {};
}

/// The first port of those for outgoing connections.
int first_ephemeral() {
  std::ifstream file("/proc/sys/net/ipv4/ip_local_port_range");
  int first = 0;
  constexpr int usual = 32'768;
  return file >> first && first > lowest_free + spread ? first : usual;
}

}  // namespace

Result<void> assign_ports(Description& cluster, int first) {
  return for_each_port(cluster, [&](const NodeDescription& node, std::uint16_t& port, int kind) -> Result<void> {
    const int wanted = first + kind * spread + node.id - 1;
    if (first < 1 || wanted > highest)
      return fail(ErrorCode::invalid_argument,
                  fmt::format("there is no room for the cluster's ports from {} on", first));
    CHECK(check_free(wanted));
    port = static_cast<std::uint16_t>(wanted);
    return {};
  });
}

Result<void> assign_free_ports(Description& cluster) {
  std::mt19937 random(std::random_device{}());
  std::uniform_int_distribution<int> any(lowest_free, first_ephemeral() - 1);
  std::vector<int> taken;
  return for_each_port(cluster, [&](const NodeDescription&, std::uint16_t& port, int) -> Result<void> {
    constexpr int attempts = 1000;
    for (int attempt = 0; attempt < attempts; ++attempt) {
      const int candidate = any(random);
      if (std::ranges::find(taken, candidate) != taken.end() || !check_free(candidate)) continue;
      taken.push_back(candidate);
      port = static_cast<std::uint16_t>(candidate);
      return {};
    }
    return fail(ErrorCode::exhausted, "no free ports on 127.0.0.1");
  });
}

}  // namespace tickerlake::cluster
