#include "cluster/cluster.h"

#include <fmt/core.h>
#include <signal.h>

#include <algorithm>
#include <random>

#include "base/digest.h"
#include "base/panic.h"
#include "cluster/ports.h"
#include "cluster/secrets.h"
#include "kafka/client/settings_file.h"

namespace tickerlake::cluster {
namespace {

using std::chrono::milliseconds;
using std::chrono::steady_clock;

constexpr const char* host = "127.0.0.1";
constexpr std::chrono::minutes format_patience{3};
constexpr milliseconds kill_patience{10'000};
constexpr int zookeeper_heap_mb = 128;
constexpr int lines_shown = 12;

/// As Kafka writes a Uuid: 16 bytes in base64url without padding. A '-' in front would look like a flag.
std::string random_cluster_id() {
  std::random_device random;
  while (true) {
    Buffer bytes(16);
    for (auto& byte : bytes) byte = static_cast<std::byte>(random());
    std::string id = base64(bytes);
    while (id.ends_with('=')) id.pop_back();
    std::ranges::replace(id, '+', '-');
    std::ranges::replace(id, '/', '_');
    if (id.front() != '-') return id;
  }
}

/// The flags of Kafka's own start scripts.
std::vector<std::string> java(const Distribution& distribution, const io::Path& logging, int heap_mb) {
  return {distribution.java.string(),
          fmt::format("-Xmx{}m", heap_mb),
          "-server",
          "-XX:+UseG1GC",
          "-XX:MaxGCPauseMillis=20",
          "-XX:InitiatingHeapOccupancyPercent=35",
          "-XX:+ExitOnOutOfMemoryError",
          "-Djava.awt.headless=true",
          logging_flag(distribution, logging),
          "-cp",
          (distribution.libs / "*").string()};
}

Result<void> check(const ClusterOptions& options) {
  if (options.brokers < 1 || options.brokers > max_brokers)
    return fail(ErrorCode::invalid_argument, fmt::format("1 to {} brokers, not {}", max_brokers, options.brokers));
  if (options.sasl_ssl && options.flavour == Flavour::zookeeper)
    return fail(ErrorCode::unsupported, "SASL and TLS are set up for clusters with KRaft only");
  for (const auto& [name, value] : options.properties) {
    if (name.empty() || name.find_first_of("=:# \n\\") != std::string::npos || value.find('\n') != std::string::npos)
      return fail(ErrorCode::invalid_argument, fmt::format("{}={} can't be a property of a broker", name, value));
  }
  return {};
}

/// For its owner alone.
Result<void> make_private(const io::Path& folder) {
  CHECK(io::make_directories(folder));
  std::error_code error;
  std::filesystem::permissions(folder, std::filesystem::perms::owner_all, error);
  if (error) return fail_errno(folder.string(), error.value());
  return {};
}

Result<void> write_node(const Description& cluster, const NodeDescription& node, const Layout& layout,
                        const std::string& password) {
  CHECK(make_private(layout.node(node)));  // its configuration may hold the password
  CHECK(io::make_directories(layout.storage(node)));
  const bool broker = node.role == Role::broker;
  return io::write_file_atomically(layout.config(node), broker ? broker_properties(cluster, node, layout, password)
                                                               : zookeeper_properties(cluster, node, layout));
}

/// What clients need to know, and with TLS the secrets, in a folder that only the owner may enter.
Result<void> write_client(const Description& cluster, const Layout& layout, const std::string& password) {
  std::string properties = "bootstrap.servers=" + bootstrap_of(cluster) + "\n";
  if (cluster.sasl_ssl) {
    CHECK(make_private(layout.secrets()));
    TRY(const Certificate made, make_certificate());
    CHECK(io::write_file_atomically(layout.certificate(), made.certificate));
    CHECK(io::write_file_atomically(layout.key(), made.key + made.certificate));
    // Not SCRAM: librdkafka before 2.6.1 repeats a nonce in it, which Kafka refuses since CVE-2024-56128.
    properties += fmt::format(
        "security.protocol=SASL_SSL\nsasl.mechanism=PLAIN\nsasl.username={}\nsasl.password={}\nssl.ca.location={}\n",
        sasl_user, password, layout.certificate().string());
  }
  return io::write_file_atomically(layout.client(cluster), properties);
}

}  // namespace

Cluster::Cluster(Layout layout, Description description, kafka::Properties client, const Log& log)
    : layout_(std::move(layout)), description_(std::move(description)), log_(log) {
  for (const NodeDescription& node : description_.nodes)
    nodes_.push_back({node.name(), node.role, node.id, {host, node.port}, layout_.log(node)});
  std::erase_if(client, [](const auto& property) { return property.first == "bootstrap.servers"; });
  client_ = {bootstrap_of(description_), std::move(client)};
}

Result<Cluster> Cluster::create(const io::Path& data, const ClusterOptions& options, const Distribution& distribution,
                                const Log& log) {
  CHECK(check(options));
  std::error_code error;
  const Layout layout{std::filesystem::absolute(data, error)};
  CHECK(io::make_directories(layout.data));
  TRY(const auto lock, io::DirectoryLock::acquire(layout.data));
  if (std::filesystem::exists(layout.description(), error))
    return fail(ErrorCode::already_exists, "there is a cluster in " + layout.data.string());

  Description cluster{.flavour = options.flavour,
                      .distribution = distribution,
                      .cluster_id = random_cluster_id(),
                      .sasl_ssl = options.sasl_ssl,
                      .heap_mb = options.heap_mb,
                      .properties = options.properties,
                      .nodes = {}};
  if (options.flavour == Flavour::zookeeper)
    for (int id = 1; id <= zookeeper_servers; ++id) cluster.nodes.push_back({.role = Role::zookeeper, .id = id});
  for (int id = 1; id <= options.brokers; ++id) cluster.nodes.push_back({.role = Role::broker, .id = id});
  CHECK(options.port == 0 ? assign_free_ports(cluster) : assign_ports(cluster, options.port));

  const std::string password = options.sasl_ssl ? make_password() : "";
  for (const NodeDescription& node : cluster.nodes) CHECK(write_node(cluster, node, layout, password));
  CHECK(io::write_file_atomically(layout.logging(), logging_properties(distribution)));
  CHECK(write_client(cluster, layout, password));
  // Last: a folder with this file holds a whole cluster.
  CHECK(io::write_file_atomically(layout.description(), cluster.to_json()));
  return open(data, log);
}

Result<Cluster> Cluster::open(const io::Path& data, const Log& log) {
  std::error_code error;
  const Layout layout{std::filesystem::absolute(data, error)};
  const auto text = io::read_file(layout.description());
  if (!text && text.error().code == ErrorCode::not_found)
    return fail(ErrorCode::not_found,
                fmt::format("there is no cluster in {} (tickerlake cluster up makes one)", data.string()));
  CHECK(text);
  auto description = Description::from_json(*text);
  if (!description) return std::unexpected(std::move(description.error()).within(layout.description().string()));
  TRY(auto properties, kafka::read_settings_file(layout.client(*description)));
  return Cluster(layout, *std::move(description), std::move(properties), log);
}

Result<Node> Cluster::node(const std::string& name) const {
  const auto found = std::ranges::find(nodes_, name, &Node::name);
  if (found != nodes_.end()) return *found;
  std::string names;
  for (const Node& node : nodes_) names += (names.empty() ? "" : ", ") + node.name;
  return fail(ErrorCode::not_found, fmt::format("there is no node {}; there are {}", name, names));
}

Result<Node> Cluster::broker(int id) const { return node(NodeDescription{.role = Role::broker, .id = id}.name()); }

const NodeDescription& Cluster::description_of(const Node& node) const {
  const auto found = std::ranges::find(description_.nodes, node.name, &NodeDescription::name);
  ensure(found != description_.nodes.end(), "a node of this cluster");
  return *found;
}

std::optional<ProcessId> Cluster::process_of(const NodeDescription& node) const {
  const auto text = io::read_file(layout_.pid(node));
  return text ? ProcessId::parse(*text) : std::nullopt;
}

ProcessState Cluster::state_of(const NodeDescription& node) const {
  const auto process = process_of(node);
  return process ? cluster::state(*process) : ProcessState::stopped;
}

ProcessState Cluster::state(const Node& node) const { return state_of(description_of(node)); }

Result<void> Cluster::start() const {
  TRY(const auto lock, io::DirectoryLock::acquire(layout_.data));
  std::vector<NodeDescription> wanted;
  for (const NodeDescription& node : description_.nodes)
    if (state_of(node) == ProcessState::stopped) wanted.push_back(node);
  CHECK(format(wanted));
  for (const NodeDescription& node : wanted) CHECK(launch(node));  // ZooKeeper stands first
  return {};
}

Result<void> Cluster::start(const Node& node) const {
  TRY(const auto lock, io::DirectoryLock::acquire(layout_.data));
  const NodeDescription& wanted = description_of(node);
  if (state_of(wanted) != ProcessState::stopped)
    return fail(ErrorCode::already_exists, fmt::format("{} runs already", node.name));
  CHECK(format({wanted}));
  return launch(wanted);
}

/// Writes what a node's storage needs before its first start; for all nodes at once, as each takes a JVM.
Result<void> Cluster::format(const std::vector<NodeDescription>& nodes) const {
  std::vector<std::pair<const NodeDescription*, ProcessId>> running;
  for (const NodeDescription& node : nodes) {
    if (node.role == Role::zookeeper) {
      CHECK(io::write_file_atomically(layout_.storage(node) / "myid", fmt::format("{}\n", node.id)));
      continue;
    }
    std::error_code error;
    if (description_.flavour != Flavour::kraft ||
        std::filesystem::exists(layout_.storage(node) / "meta.properties", error))
      continue;
    std::vector<std::string> arguments{description_.distribution.java.string(),
                                       "-Xmx128m",
                                       "-XX:+UseSerialGC",
                                       "-XX:TieredStopAtLevel=1",
                                       logging_flag(description_.distribution, layout_.logging()),
                                       "-cp",
                                       (description_.distribution.libs / "*").string(),
                                       "kafka.tools.StorageTool",
                                       "format",
                                       "-t",
                                       description_.cluster_id,
                                       "-c",
                                       layout_.config(node).string()};
    if (const auto* password = client_.property("sasl.password")) {
      arguments.insert(arguments.end(),
                       {"--add-scram", fmt::format("SCRAM-SHA-512=[name={},password={}]", sasl_user, *password)});
    }
    TRY(auto process, spawn({std::move(arguments), layout_.node(node), layout_.log(node)}));
    running.emplace_back(&node, std::move(process));
  }
  Result<void> outcome;
  for (const auto& [node, process] : running) {  // all of them, so that none is left behind
    const auto code = wait_for_child(process, format_patience);
    if (!outcome || (code && *code == 0)) continue;
    outcome = fail(ErrorCode::unavailable, fmt::format("the storage of {} could not be formatted: {}\n{}", node->name(),
                                                       code ? fmt::format("exit code {}", *code) : code.error().message,
                                                       last_lines(layout_.log(*node), lines_shown)));
  }
  return outcome;
}

Result<void> Cluster::launch(const NodeDescription& node) const {
  const bool broker = node.role == Role::broker;
  auto arguments =
      java(description_.distribution, layout_.logging(), broker ? description_.heap_mb : zookeeper_heap_mb);
  arguments.emplace_back(broker ? "kafka.Kafka" : "org.apache.zookeeper.server.quorum.QuorumPeerMain");
  arguments.push_back(layout_.config(node).string());
  TRY(const ProcessId process, spawn({std::move(arguments), layout_.node(node), layout_.log(node)}));
  log_.info("{} started as process {}", node.name(), process.pid);
  return io::write_file_atomically(layout_.pid(node), process.text());
}

Result<void> Cluster::signal(const Node& node, int signal_number) const {
  const auto process = process_of(description_of(node));
  auto sent = process ? send_signal(*process, signal_number) : fail(ErrorCode::not_found, "it was never started");
  if (!sent) return std::unexpected(std::move(sent.error()).within(node.name));
  return {};
}

Result<void> Cluster::wait_until_stopped(const Node& node, milliseconds timeout) const {
  const auto process = process_of(description_of(node));
  if (!process) return {};
  auto ended = wait_until_ended(*process, timeout);
  if (!ended) return std::unexpected(std::move(ended.error()).within(node.name));
  return {};
}

Result<void> Cluster::stop(milliseconds timeout) const {
  TRY(const auto lock, io::DirectoryLock::acquire(layout_.data));
  const auto deadline = steady_clock::now() + timeout;
  for (const Role role : {Role::broker, Role::zookeeper}) {  // brokers take their leave of ZooKeeper
    const auto left = std::chrono::duration_cast<milliseconds>(deadline - steady_clock::now());
    CHECK(stop_all(role, std::max(left, milliseconds(0))));
  }
  return {};
}

Result<void> Cluster::stop_all(Role role, milliseconds timeout) const {
  const auto deadline = steady_clock::now() + timeout;
  std::vector<std::pair<std::string, ProcessId>> running;
  for (const NodeDescription& node : description_.nodes) {
    auto process = process_of(node);
    if (node.role != role || !process || cluster::state(*process) == ProcessState::stopped) continue;
    (void)send_signal(*process, SIGTERM);
    (void)send_signal(*process, SIGCONT);  // a paused one sees the other signal only then
    running.emplace_back(node.name(), *std::move(process));
  }
  for (const auto& [name, process] : running) {
    const auto left = std::chrono::duration_cast<milliseconds>(deadline - steady_clock::now());
    if (wait_until_ended(process, std::max(left, milliseconds(0)))) continue;
    log_.warning("{} has not ended in time: killed", name);
    (void)send_signal(process, SIGKILL);
    CHECK(wait_until_ended(process, kill_patience));
  }
  return {};
}

}  // namespace tickerlake::cluster
