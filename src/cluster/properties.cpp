#include "cluster/properties.h"

#include <fmt/core.h>

#include <algorithm>
#include <limits>

namespace tickerlake::cluster {
namespace {

constexpr const char* host = "127.0.0.1";

/// Java's properties: '\' escapes.
std::string escaped(std::string_view value) {
  std::string text;
  for (const char c : value) {
    if (c == '\\') text += '\\';
    text += c;
  }
  return text;
}

/// "TEXT,TEXT" of the nodes with a role.
template <class Text>
std::string joined(const Description& cluster, Role role, Text&& text) {
  std::string list;
  for (const NodeDescription& node : cluster.nodes) {
    if (node.role == role) list += (list.empty() ? "" : ",") + text(node);
  }
  return list;
}

class Properties {
 public:
  template <class Value>
  void set(std::string_view name, const Value& value) {
    text_ += fmt::format("{}={}\n", name, escaped(fmt::format("{}", value)));
  }
  std::string take() { return std::move(text_); }

 private:
  std::string text_;
};

void set_listeners(Properties& properties, const Description& cluster, const NodeDescription& node,
                   const Layout& layout, const std::string& password) {
  std::string listeners = fmt::format("{}://{}:{}", cluster.sasl_ssl ? "SASL_SSL" : "PLAINTEXT", host, node.port);
  if (cluster.sasl_ssl) listeners += fmt::format(",INTERNAL://{}:{}", host, node.internal);
  if (node.controller != 0) listeners += fmt::format(",CONTROLLER://{}:{}", host, node.controller);
  properties.set("listeners", listeners);
  properties.set("listener.security.protocol.map",
                 "PLAINTEXT:PLAINTEXT,SASL_SSL:SASL_SSL,INTERNAL:PLAINTEXT,CONTROLLER:PLAINTEXT");
  properties.set("inter.broker.listener.name", cluster.sasl_ssl ? "INTERNAL" : "PLAINTEXT");
  if (!cluster.sasl_ssl) return;
  properties.set("sasl.enabled.mechanisms", "PLAIN,SCRAM-SHA-512");
  properties.set("listener.name.sasl_ssl.plain.sasl.jaas.config",
                 fmt::format("org.apache.kafka.common.security.plain.PlainLoginModule required user_{}=\"{}\";",
                             sasl_user, password));
  properties.set("listener.name.sasl_ssl.scram-sha-512.sasl.jaas.config",
                 "org.apache.kafka.common.security.scram.ScramLoginModule required;");
  properties.set("ssl.keystore.type", "PEM");
  properties.set("ssl.keystore.location", layout.key().string());
}

/// As much replication as there are brokers for, up to the usual three; writes go on without one of them.
void set_replication(Properties& properties, const Description& cluster) {
  const auto brokers = std::ranges::count(cluster.nodes, Role::broker, &NodeDescription::role);
  const auto replicas = std::min<std::ptrdiff_t>(brokers, 3);
  const auto in_sync = std::max<std::ptrdiff_t>(replicas - 1, 1);
  properties.set("default.replication.factor", replicas);
  properties.set("min.insync.replicas", in_sync);
  properties.set("offsets.topic.replication.factor", replicas);
  properties.set("offsets.topic.num.partitions", 3);
  properties.set("transaction.state.log.replication.factor", replicas);
  properties.set("transaction.state.log.min.isr", in_sync);
  properties.set("transaction.state.log.num.partitions", 3);
  constexpr int first_with_share_groups = 4;
  if (cluster.distribution.major() >= first_with_share_groups) {
    properties.set("share.coordinator.state.topic.replication.factor", replicas);
    properties.set("share.coordinator.state.topic.min.isr", in_sync);
    properties.set("share.coordinator.state.topic.num.partitions", 3);
  }
}

bool has_log4j2(const Distribution& distribution) {
  std::error_code error;
  for (std::filesystem::directory_iterator it(distribution.libs, error), end; !error && it != end; it.increment(error))
    if (it->path().filename().string().starts_with("log4j-core-")) return true;
  return false;
}

}  // namespace

io::Path Layout::config(const NodeDescription& of) const {
  return node(of) / (of.role == Role::broker ? "server.properties" : "zoo.cfg");
}

std::string broker_properties(const Description& cluster, const NodeDescription& node, const Layout& layout,
                              const std::string& password) {
  Properties properties;
  if (cluster.flavour == Flavour::kraft) {
    properties.set("process.roles", "broker,controller");
    properties.set("node.id", node.id);
    properties.set("controller.quorum.voters", joined(cluster, Role::broker, [](const NodeDescription& one) {
                     return fmt::format("{}@{}:{}", one.id, host, one.controller);
                   }));
    properties.set("controller.listener.names", "CONTROLLER");
  } else {
    properties.set("broker.id", node.id);
    properties.set("zookeeper.connect", joined(cluster, Role::zookeeper, [](const NodeDescription& one) {
                                          return fmt::format("{}:{}", host, one.port);
                                        }) + "/kafka");
    properties.set("zookeeper.connection.timeout.ms", 120'000);  // brokers start together with the ensemble
  }
  set_listeners(properties, cluster, node, layout, password);
  properties.set("log.dirs", layout.storage(node).string());
  set_replication(properties, cluster);
  // Retention and the rolling of segments go by records' timestamps, and market data is older than any default.
  properties.set("log.retention.ms", -1);
  properties.set("log.roll.ms", std::numeric_limits<std::int64_t>::max());
  properties.set("auto.create.topics.enable", "false");
  properties.set("group.initial.rebalance.delay.ms", 0);
  for (const auto& [name, value] : cluster.properties) properties.set(name, value);
  return properties.take();
}

std::string zookeeper_properties(const Description& cluster, const NodeDescription& node, const Layout& layout) {
  Properties properties;
  properties.set("dataDir", layout.storage(node).string());
  properties.set("clientPort", node.port);
  properties.set("clientPortAddress", host);
  properties.set("tickTime", 2000);
  properties.set("initLimit", 10);
  properties.set("syncLimit", 5);
  properties.set("maxClientCnxns", 0);
  properties.set("admin.enableServer", "false");
  properties.set("4lw.commands.whitelist", "srvr,ruok,stat");
  for (const NodeDescription& one : cluster.nodes) {
    if (one.role != Role::zookeeper) continue;
    properties.set(fmt::format("server.{}", one.id), fmt::format("{}:{}:{}", host, one.quorum, one.election));
  }
  return properties.take();
}

std::string logging_properties(const Distribution& distribution) {
  if (has_log4j2(distribution)) {
    return "status=error\n"
           "appender.stdout.type=Console\n"
           "appender.stdout.name=STDOUT\n"
           "appender.stdout.layout.type=PatternLayout\n"
           "appender.stdout.layout.pattern=[%d] %p %m (%c)%n\n"
           "rootLogger.level=info\n"
           "rootLogger.appenderRef.stdout.ref=STDOUT\n";
  }
  return "log4j.rootLogger=INFO, stdout\n"
         "log4j.appender.stdout=org.apache.log4j.ConsoleAppender\n"
         "log4j.appender.stdout.layout=org.apache.log4j.PatternLayout\n"
         "log4j.appender.stdout.layout.ConversionPattern=[%d] %p %m (%c)%n\n";
}

std::string logging_flag(const Distribution& distribution, const io::Path& file) {
  if (has_log4j2(distribution)) return "-Dlog4j2.configurationFile=" + file.string();
  return "-Dlog4j.configuration=file:" + file.string();
}

std::string bootstrap_of(const Description& cluster) {
  return joined(cluster, Role::broker,
                [](const NodeDescription& node) { return fmt::format("{}:{}", host, node.port); });
}

}  // namespace tickerlake::cluster
