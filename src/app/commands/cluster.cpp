#include "cluster/cluster.h"

#include <fmt/core.h>
#include <signal.h>

#include <boost/json.hpp>

#include "app/commands/commands.h"

namespace tickerlake::app {
namespace {

using cluster::Cluster;
using std::chrono::seconds;

const char* text(cluster::ProcessState state) {
  switch (state) {
    case cluster::ProcessState::running:
      return "running";
    case cluster::ProcessState::paused:
      return "paused";
    case cluster::ProcessState::stopped:
      return "stopped";
  }
  return "";
}

std::vector<const char*> roles(const Cluster& of, const cluster::Node& node) {
  if (node.role == cluster::Role::zookeeper) return {"zookeeper"};
  return of.flavour() == cluster::Flavour::kraft ? std::vector{"broker", "controller"} : std::vector{"broker"};
}

/// "controller" for the broker that is it, "leader" for the member that leads the ensemble.
std::string duty(const cluster::ClusterStatus& status, const cluster::Node& node) {
  const bool broker = node.role == cluster::Role::broker;
  if (broker && status.controller == node.id) return "controller";
  return !broker && status.leader == node.name ? "leader" : "";
}

void print_json(const Cluster& of, const cluster::ClusterStatus& status) {
  namespace json = boost::json;
  const auto or_null = [](const std::string& name) { return name.empty() ? json::value(nullptr) : json::value(name); };
  json::array nodes;
  for (const auto& one : status.nodes) {
    json::array its_roles;
    for (const char* role : roles(of, one.node)) its_roles.emplace_back(role);
    nodes.push_back(json::object{{"node", one.node.name},
                                 {"roles", std::move(its_roles)},
                                 {"id", one.node.id},
                                 {"state", text(one.state)},
                                 {"serves", one.serves},
                                 {"pid", one.pid == 0 ? json::value(nullptr) : json::value(one.pid)},
                                 {"endpoint", one.node.endpoint.text()},
                                 {"log", one.node.log.string()}});
  }
  const auto controller = status.controller ? of.broker(*status.controller) : Result<cluster::Node>();
  const json::object all{{"data", of.data().string()},
                         {"flavour", cluster::name(of.flavour())},
                         {"kafka_version", of.version()},
                         {"bootstrap", of.bootstrap()},
                         {"client_properties", of.client_file().string()},
                         {"cluster_id", or_null(status.cluster_id)},
                         {"controller", or_null(controller ? controller->name : "")},
                         {"leader", or_null(status.leader)},
                         {"complete", status.complete()},
                         {"nodes", std::move(nodes)}};
  fmt::print("{}\n", json::serialize(all));
}

void print_status(const Cluster& of, const cluster::ClusterStatus& status, OutputFormat format) {
  if (format == OutputFormat::json) return print_json(of, status);
  Table table{
      {{"node"}, {"roles"}, {"id", true}, {"state"}, {"serves"}, {"duty"}, {"pid", true}, {"endpoint"}, {"log"}}, {}};
  for (const auto& one : status.nodes) {
    std::string its_roles;
    for (const char* role : roles(of, one.node)) its_roles += (its_roles.empty() ? "" : "+") + std::string(role);
    table.rows.push_back({one.node.name, its_roles, std::to_string(one.node.id), text(one.state),
                          one.serves ? "yes" : "no", duty(status, one.node),
                          one.pid == 0 ? Table::Cell() : std::to_string(one.pid), one.node.endpoint.text(),
                          one.node.log.string()});
  }
  print(table, format);
  if (format == OutputFormat::table)
    fmt::print(stderr, "Apache Kafka {} ({}), {}\n", of.version(), cluster::name(of.flavour()),
               status.complete() ? "complete" : "not complete");
}

Result<std::vector<std::pair<std::string, std::string>>> properties(const std::vector<std::string>& texts) {
  std::vector<std::pair<std::string, std::string>> all;
  for (const std::string& property : texts) {
    const std::size_t equals = property.find('=');
    if (equals == std::string::npos || equals == 0)
      return fail(ErrorCode::invalid_argument, "--set " + property + ": expected KEY=VALUE");
    all.emplace_back(property.substr(0, equals), property.substr(equals + 1));
  }
  return all;
}

Result<Cluster> create(const ClusterUpOptions& up, const Log& log) {
  cluster::ClusterOptions options;
  options.flavour = up.zookeeper ? cluster::Flavour::zookeeper : cluster::Flavour::kraft;
  options.brokers = up.brokers.value_or(options.brokers);
  options.port = up.port.value_or(options.port);
  options.heap_mb = up.heap_mb.value_or(options.heap_mb);
  options.sasl_ssl = up.sasl_ssl;
  TRY(options.properties, properties(up.set));
  TRY(const auto distribution, up.kafka_home.empty() ? cluster::fetch_distribution(up.cache, options.flavour, log)
                                                     : cluster::distribution_of(up.kafka_home, options.flavour));
  return Cluster::create(up.data, options, distribution, log);
}

/// The cluster that is there, or a new one. What a cluster is made of stays as it was laid out.
Result<Cluster> open_or_create(const ClusterUpOptions& up, const Log& log) {
  auto there = Cluster::open(up.data, log);
  if (!there && there.error().code == ErrorCode::not_found) return create(up, log);
  if (there && (up.zookeeper || up.sasl_ssl || up.brokers || up.port || up.heap_mb || !up.set.empty())) {
    fmt::print(stderr, "the cluster in {} is as it was made: its layout, ports and properties are for new ones only\n",
               up.data.string());
  }
  return there;
}

Result<void> up(const ClusterUpOptions& options, const Context& context) {
  const auto started = std::chrono::steady_clock::now();
  TRY(const Cluster cluster, open_or_create(options, context.log));
  CHECK(cluster.start());
  CHECK(cluster.wait_until_complete(seconds(options.timeout_s), context.interrupt.token()));
  const auto status = cluster.status();
  std::string controller = "not known yet: one is being elected";
  if (status.controller) {
    TRY(const auto node, cluster.broker(*status.controller));
    controller = node.name;
  }
  const bool zookeeper = cluster.flavour() == cluster::Flavour::zookeeper;
  const double took = std::chrono::duration<double>(std::chrono::steady_clock::now() - started).count();
  fmt::print("Apache Kafka {} with {} is up after {:.1f} s\n\n", cluster.version(), zookeeper ? "ZooKeeper" : "KRaft",
             took);
  fmt::print("  Brokers     {}\n  Controller  {}\n", cluster.bootstrap(), controller);
  if (zookeeper) fmt::print("  Ensemble    led by {}\n", status.leader);
  fmt::print("  Data, logs  {}   (NODE/node.log; it lasts: remove the folder to start anew)\n\n",
             cluster.data().string());
  const std::string flag = options.data == default_cluster_dir() ? "" : " --data " + options.data.string();
  fmt::print(
      "Next:\n"
      "  export TICKERLAKE_BOOTSTRAP={}\n"
      "  tickerlake topics create stock_prices --partitions 4 --replication-factor {}\n"
      "  tickerlake cluster status{}\n"
      "  tickerlake cluster down{}\n",
      cluster.bootstrap(), std::min<std::size_t>(cluster.nodes().size(), 3), flag, flag);
  return {};
}

Result<bool> status(const ClusterOptions& options, const Context& context) {
  TRY(const Cluster cluster, Cluster::open(options.data, context.log));
  const auto status = cluster.status();
  print_status(cluster, status, options.output);
  return status.complete();
}

Result<void> act_on(const Cluster& cluster, const cluster::Node& node, const std::string& action, seconds timeout) {
  if (action == "start") return cluster.start(node);
  if (action == "pause") return cluster.signal(node, SIGSTOP);
  if (action == "resume") return cluster.signal(node, SIGCONT);
  CHECK(cluster.signal(node, action == "kill" ? SIGKILL : SIGTERM));
  return cluster.wait_until_stopped(node, timeout);
}

Result<void> act(const ClusterOptions& options, const Context& context) {
  TRY(const Cluster cluster, Cluster::open(options.data, context.log));
  if (options.action == "down") return cluster.stop(seconds(options.timeout_s));
  for (const std::string& name : options.nodes) {
    TRY(const auto node, cluster.node(name));
    CHECK(act_on(cluster, node, options.action, seconds(options.timeout_s)));
  }
  return {};
}

}  // namespace

io::Path default_cluster_dir() { return default_data_dir().string() + "-cluster"; }

int run_cluster_up(const ClusterUpOptions& options, Context& context) {
  const auto outcome = up(options, context);
  return outcome ? ExitCode::done : report("cluster up", outcome.error());
}

int run_cluster_status(const ClusterOptions& options, Context& context) {
  const auto complete = status(options, context);
  if (!complete) return report("cluster status", complete.error());
  return *complete ? ExitCode::done : ExitCode::failed;
}

int run_cluster(const ClusterOptions& options, Context& context) {
  const auto outcome = act(options, context);
  return outcome ? ExitCode::done : report("cluster " + options.action, outcome.error());
}

}  // namespace tickerlake::app
