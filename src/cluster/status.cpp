// Cluster's questions to its nodes.
#include <fmt/core.h>

#include <algorithm>
#include <optional>
#include <thread>
#include <vector>

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

/// What one node has said in time.
struct Answers {
  std::optional<std::string> zookeeper_mode;
  std::optional<Membership> membership;
  std::optional<int> quorum_leader;
};

Answers ask(const Node& node, const NodeDescription& description) {
  Answers said;
  if (node.role == Role::zookeeper) {
    if (auto mode = ask_zookeeper_mode(node.endpoint, probe_patience)) said.zookeeper_mode = *std::move(mode);
    return said;
  }
  if (auto found = ask_membership({host, description.internal}, probe_patience)) said.membership = *std::move(found);
  if (description.controller != 0) {
    const auto leader = ask_quorum_leader({host, description.controller}, probe_patience);
    if (leader && *leader >= 0) said.quorum_leader = *leader;
  }
  return said;
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

  // Side by side: each that runs and does not answer takes all the patience there is.
  std::vector<Answers> answers(nodes_.size());
  {
    std::vector<std::jthread> asking;
    for (std::size_t i = 0; i < nodes_.size(); ++i) {
      if (status.nodes[i].state != ProcessState::running) continue;
      asking.emplace_back([&, i] { answers[i] = ask(nodes_[i], description_.nodes[i]); });
    }
  }

  Membership members;
  for (std::size_t i = 0; i < nodes_.size(); ++i) {
    NodeStatus& node = status.nodes[i];
    Answers& said = answers[i];
    node.serves = said.zookeeper_mode || said.membership;
    if (said.zookeeper_mode && *said.zookeeper_mode != "follower") status.leader = node.node.name;
    if (said.membership && members.cluster_id.empty()) members = *std::move(said.membership);
    if (said.quorum_leader && !status.controller) status.controller = said.quorum_leader;
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
