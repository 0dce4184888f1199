#pragma once
// The configuration files of a cluster's processes.
#include <string>

#include "cluster/description.h"

namespace tickerlake::cluster {

/// Where things lie in a cluster's folder.
struct Layout {
  io::Path data;
  io::Path description() const { return data / "cluster.json"; }
  io::Path secrets() const { return data / "secrets"; }
  io::Path certificate() const { return secrets() / "ca.pem"; }  // the clients' trust
  io::Path key() const { return secrets() / "broker.pem"; }      // the brokers' key and certificate
  /// For any client, ours too; with a password in it among the secrets.
  io::Path client(const Description& of) const { return (of.sasl_ssl ? secrets() : data) / "client.properties"; }
  io::Path logging() const { return data / "logging.properties"; }
  io::Path node(const NodeDescription& node) const { return data / node.name(); }
  io::Path config(const NodeDescription& node) const;
  io::Path storage(const NodeDescription& of) const { return node(of) / "data"; }
  io::Path log(const NodeDescription& of) const { return node(of) / "node.log"; }
  io::Path pid(const NodeDescription& of) const { return node(of) / "pid"; }
};

constexpr const char* sasl_user = "tickerlake";  // of a secured cluster

/// server.properties of a broker; password: of a secured cluster's user.
std::string broker_properties(const Description& cluster, const NodeDescription& node, const Layout& layout,
                              const std::string& password);
/// zoo.cfg of a ZooKeeper server.
std::string zookeeper_properties(const Description& cluster, const NodeDescription& node, const Layout& layout);
/// Of log4j2 or reload4j, whichever the distribution brings: everything from INFO on to stdout.
std::string logging_properties(const Distribution& distribution);
/// The JVM's flag that names the file of logging_properties.
std::string logging_flag(const Distribution& distribution, const io::Path& file);

/// "127.0.0.1:19092,127.0.0.1:19093"
std::string bootstrap_of(const Description& cluster);

}  // namespace tickerlake::cluster
