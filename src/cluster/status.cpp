// Cluster's questions to its nodes.
#include <fmt/core.h>

#include <algorithm>
#include <thread>

#include "cluster/cluster.h"
#include "cluster/probe.h"

namespace tickerlake::cluster {
namespace {

using std::chrono::milliseconds;
using std::chrono::steady_clock;

constexpr milliseconds probe_patience{1'000};
constexpr milliseconds poll_interval{100};
constexpr const char* host = "127.0.0.1";
constexpr int lines_shown = 12;

std::string missing(const ClusterStatus& status) {
  std::string names;
  for (const NodeStatus& one : status.nodes)
    if (!one.serves) names += (names.empty() ? "" : ", ") + one.node.name;
  if (names.empty()) names = status.leader.empty() ? "a leader of the quorum" : "a controller";
  return names;
}

}  // namespace

bool ClusterStatus::complete() const {
  return controller && !leader.empty() && std::ranges::all_of(nodes, &NodeStatus::serves);
}

ClusterStatus Cluster::status() const {
  ClusterStatus status;
  for (std::size_t i = 0; i < nodes_.size(); ++i) {
    const auto process = process_of(description_.nodes[i]);
    const auto state = process ? cluster::state(*process) : ProcessState::stopped;
    status.nodes.push_back({nodes_[i], state, state == ProcessState::stopped ? 0 : process->pid, false});
  }

  Membership members;
  for (std::size_t i = 0; i < nodes_.size(); ++i) {
    NodeStatus& node = status.nodes[i];
    const NodeDescription& description = description_.nodes[i];
    if (node.state != ProcessState::running) continue;
    if (node.node.role == Role::zookeeper) {
      const auto mode = ask_zookeeper_mode(node.node.endpoint, probe_patience);
      node.serves = mode.has_value();
      if (mode && *mode != "follower") status.leader = node.node.name;
      continue;
    }
    if (auto found = ask_membership({host, description.internal}, probe_patience)) {
      node.serves = true;
      if (members.cluster_id.empty()) members = *std::move(found);
    }
    if (description.controller != 0 && !status.controller) {
      const auto leader = ask_quorum_leader({host, description.controller}, probe_patience);
      if (leader && *leader >= 0) status.controller = *leader;
    }
  }

  status.cluster_id = members.cluster_id;
  // Its own answer alone would not do, as it may not be a member yet; nor the others': they take one that was just
  // started anew for the one that they have not missed yet.
  for (NodeStatus& node : status.nodes)
    if (node.node.role == Role::broker) node.serves = node.serves && members.brokers.contains(node.node.id);
  if (flavour() == Flavour::zookeeper) {
    if (members.controller >= 0) status.controller = members.controller;
  }
  // The others notice only after a while that it is gone.
  const auto gone = [&](const NodeStatus& one) {
    return one.node.role == Role::broker && one.node.id == status.controller && one.state != ProcessState::running;
  };
  if (std::ranges::any_of(status.nodes, gone)) status.controller.reset();
  if (flavour() == Flavour::kraft && status.controller) {
    status.leader = NodeDescription{.role = Role::broker, .id = *status.controller}.name();
  }
  return status;
}

Result<void> Cluster::wait_until_complete(milliseconds timeout, const std::stop_token& stop) const {
  const auto deadline = steady_clock::now() + timeout;
  while (true) {
    const ClusterStatus now = status();
    if (now.complete()) return {};
    for (const NodeStatus& one : now.nodes) {
      if (one.state == ProcessState::stopped)
        return fail(ErrorCode::unavailable, fmt::format("{} has ended; the end of {}:\n{}", one.node.name,
                                                        one.node.log.string(), last_lines(one.node.log, lines_shown)));
    }
    if (stop.stop_requested()) return fail(ErrorCode::cancelled, "interrupted");
    if (steady_clock::now() >= deadline)
      return fail(ErrorCode::timeout,
                  fmt::format("not complete after {} s: {} is missing", timeout.count() / 1000, missing(now)));
    std::this_thread::sleep_for(poll_interval);
  }
}

}  // namespace tickerlake::cluster
