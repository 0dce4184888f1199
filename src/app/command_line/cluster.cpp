// Flags of `tickerlake cluster`.
#include "cluster/cluster.h"

#include "app/command_line/line.h"

namespace tickerlake::app {
namespace {

void add_folder(CLI::App& command, io::Path& data) {
  command.add_option("--data", data, "the cluster's folder")
      ->envname("TICKERLAKE_CLUSTER_DATA")
      ->option_text("DIR")
      ->capture_default_str();
}

void add_timeout(CLI::App& command, std::int64_t& timeout_s, const char* what) {
  command.add_option("--timeout", timeout_s, what)
      ->check(CLI::Range(std::int64_t{0}, std::int64_t{3600}))
      ->capture_default_str();
}

void add_up(CLI::App& cluster, Line& line) {
  auto [command, options] =
      add_command(cluster, line, "up", "make a cluster, or start those nodes of it that don't run", run_cluster_up);
  add_folder(command, options.data);
  command.add_flag("--zookeeper", options.zookeeper,
                   "Kafka 3.9 and an ensemble of 3 ZooKeeper servers (default: Kafka 4 with KRaft)");
  command.add_option("--brokers", options.brokers, "how many (default 3)")->check(CLI::Range(1, cluster::max_brokers));
  command.add_option("--port", options.port, "of the first broker (default 19092); 0: free ones")
      ->check(CLI::Range(0, 65535));
  command.add_option("--heap-mb", options.heap_mb, "of each broker's JVM (default 512)")
      ->check(CLI::Range(64, 1 << 20));
  command.add_flag("--sasl-ssl", options.sasl_ssl,
                   "clients need SASL/SCRAM over TLS; client.properties has what they need");
  command.add_option("--set", options.set, "a property for every broker, as often as needed")
      ->option_text("KEY=VALUE")
      ->expected(1)
      ->take_all();
  command.add_option("--kafka-home", options.kafka_home, "an unpacked Apache Kafka; else it is fetched")
      ->option_text("DIR");
  command.add_option("--cache", options.cache, "where its jars are kept")->option_text("DIR")->capture_default_str();
  add_timeout(command, options.timeout_s, "seconds to wait until all nodes serve");
}

void add_status(CLI::App& cluster, Line& line) {
  auto [command, options] =
      add_command(cluster, line, "status", "its nodes, their logs, and who leads; exit code 1 unless all of them serve",
                  run_cluster_status);
  add_folder(command, options.data);
  add_output(command, options.output);
}

/// One of the actions on nodes; down is on all of them.
void add_action(CLI::App& cluster, Line& line, const std::string& action, const char* what) {
  auto [command, options] = add_command(cluster, line, action, what, run_cluster);
  options.action = action;
  add_folder(command, options.data);
  if (action != "down") command.add_option("NODE", options.nodes, "broker-1, zookeeper-1, …")->required();
  if (action == "down" || action == "stop" || action == "kill")
    add_timeout(command, options.timeout_s, "seconds to wait for its end");
}

}  // namespace

void add_cluster_commands(CLI::App& app, Line& line) {
  CLI::App& cluster = *app.add_subcommand("cluster", "real Apache Kafka on this machine: needs a JVM");
  cluster.require_subcommand(1);
  add_up(cluster, line);
  add_status(cluster, line);
  add_action(cluster, line, "down", "stop all nodes");
  add_action(cluster, line, "start", "start nodes");
  add_action(cluster, line, "stop", "end nodes cleanly (SIGTERM)");
  add_action(cluster, line, "kill", "end nodes at once (SIGKILL)");
  add_action(cluster, line, "pause", "stop the clocks of nodes (SIGSTOP)");
  add_action(cluster, line, "resume", "let paused nodes go on (SIGCONT)");
}

}  // namespace tickerlake::app
