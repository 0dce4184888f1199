#pragma once
// Clusters of Apache Kafka itself on this machine: its own processes, on 127.0.0.1, in one data folder each. They are
// for trying things on: elections, replication, the pipeline on the engine it moves to when one machine is outgrown.
// docs/cluster.md says how such a folder looks.
#include <sys/types.h>

#include <chrono>
#include <optional>
#include <stop_token>
#include <string>
#include <utility>
#include <vector>

#include "base/log.h"
#include "base/result.h"
#include "cluster/description.h"
#include "cluster/process.h"
#include "cluster/properties.h"
#include "io/file.h"
#include "io/socket.h"
#include "kafka/client/settings.h"
#include "kafka/client/settings_file.h"

namespace tickerlake::cluster {

inline constexpr int max_brokers = 9;
inline constexpr int zookeeper_servers = 3;
/// Brokers listen there and on the ports behind it; docs/cluster.md has the others.
inline constexpr int default_port = 19092;

/// What a new cluster is to be.
struct ClusterOptions {
  Flavour flavour = Flavour::kraft;
  int brokers = 3;          // 1 to max_brokers
  int port = default_port;  // the first broker's, the others follow; 0: free ones, which it then keeps
  bool sasl_ssl = false;    // what clients see: SASL/SCRAM over TLS instead of plain text
  int heap_mb = 512;        // of each broker's JVM
  /// For every broker's properties; they win over ours.
  std::vector<std::pair<std::string, std::string>> properties;
};

/// A process of the cluster. With KRaft every broker is a controller too.
struct Node {
  std::string name;  // "broker-2", "zookeeper-1"
  Role role = Role::broker;
  int id = 0;             // broker.id or node.id; ZooKeeper's myid
  io::Endpoint endpoint;  // for clients
  io::Path log;           // what it prints, one file over all its starts
};

struct NodeStatus {
  Node node;
  ProcessState state = ProcessState::stopped;
  pid_t pid = 0;        // 0 when stopped
  bool serves = false;  // a broker: the cluster counts it among its members; a ZooKeeper server: it answers
};

struct ClusterStatus {
  std::vector<NodeStatus> nodes;
  std::string cluster_id;         // empty while no broker answers
  std::optional<int> controller;  // the active controller's broker id, while there is one
  std::string leader;             // the name of the node that leads KRaft's quorum or ZooKeeper's ensemble, or ""
  bool complete() const;          // every node serves, and there are a controller and a leader
};

/// Who leads a partition and who follows is asked through kafka::Admin with client().
///
/// Everything that changes is on disk or is the processes themselves, so any number of these may be open on one folder,
/// in any number of processes; thread-safe. What starts nodes holds the folder's lock meanwhile (ErrorCode::conflict).
class Cluster {
 public:
  /// Lays out a new cluster in a folder, starts nothing. ErrorCode::already_exists when one is there.
  static Result<Cluster> create(const io::Path& data, const ClusterOptions& options, const Distribution& distribution,
                                const Log& log);
  /// ErrorCode::not_found when there is no cluster in the folder, corrupt when its description can't be read.
  static Result<Cluster> open(const io::Path& data, const Log& log);

  const io::Path& data() const { return layout_.data; }
  Flavour flavour() const { return description_.flavour; }
  /// Apache Kafka's.
  const std::string& version() const { return description_.distribution.version; }
  const std::vector<Node>& nodes() const { return nodes_; }
  /// ErrorCode::not_found; the message lists the names that there are.
  Result<Node> node(const std::string& name) const;
  /// The broker with this id, as the metadata of Kafka names leaders and replicas.
  Result<Node> broker(int id) const;

  /// "127.0.0.1:19092,127.0.0.1:19093,…"
  const std::string& bootstrap() const { return client_.bootstrap; }
  /// How clients reach it, with what SASL and TLS need.
  const kafka::ClientSettings& client() const { return client_; }
  /// The same as a file of librdkafka's properties.
  io::Path client_file() const { return layout_.client(description_); }

  /// Starts every node that doesn't run (no more; see wait_until_complete).
  Result<void> start() const;
  /// Starts one node; already_exists when it runs. Returns as soon as there is a process.
  Result<void> start(const Node& node) const;
  /// Sends a signal to a node's process: SIGKILL, SIGTERM, SIGSTOP, SIGCONT. ErrorCode::not_found when it doesn't run.
  /// A process that only has the same id as ours had is never touched.
  Result<void> signal(const Node& node, int signal_number) const;
  /// Waits until the node's process has ended; ErrorCode::timeout.
  Result<void> wait_until_stopped(const Node& node, std::chrono::milliseconds timeout) const;
  /// Stops what runs: brokers by SIGTERM, all at once, then ZooKeeper; by SIGKILL after the timeout.
  Result<void> stop(std::chrono::milliseconds timeout) const;

  ProcessState state(const Node& node) const;
  /// Asks every node; takes at most some seconds, as paused nodes don't answer.
  ClusterStatus status() const;
  /// Until status().complete(). ErrorCode::timeout says who is missing; unavailable when a node's process has ended
  /// meanwhile, with the end of its log; cancelled.
  Result<void> wait_until_complete(std::chrono::milliseconds timeout, const std::stop_token& stop) const;

 private:
  Cluster(Layout layout, Description description, kafka::Properties client, const Log& log);
  const NodeDescription& description_of(const Node& node) const;
  std::optional<ProcessId> process_of(const NodeDescription& node) const;
  ProcessState state_of(const NodeDescription& node) const;
  Result<void> format(const std::vector<NodeDescription>& nodes) const;
  Result<void> launch(const NodeDescription& node) const;
  Result<void> stop_all(Role role, std::chrono::milliseconds timeout) const;

  Layout layout_;
  Description description_;
  Log log_;
  std::vector<Node> nodes_;
  kafka::ClientSettings client_;
};

}  // namespace tickerlake::cluster
