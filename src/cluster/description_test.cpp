#include "cluster/description.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "cluster/ports.h"
#include "cluster/properties.h"
#include "cluster/secrets.h"
#include "io/socket.h"

namespace tickerlake::cluster {
namespace {

using testing::HasSubstr;
using testing::Not;

Description three_brokers(Flavour flavour) {
  Description cluster{.flavour = flavour,
                      .distribution = {"/usr/bin/java", "/kafka/libs", flavour == Flavour::kraft ? "4.3.1" : "3.9.2"},
                      .cluster_id = "MkU3OEVBNTcwNTJENDM2Qg",
                      .heap_mb = 256,
                      .properties = {{"min.insync.replicas", "3"}, {"x", "C:\\y"}},
                      .nodes = {}};
  if (flavour == Flavour::zookeeper)
    for (int id = 1; id <= 3; ++id) cluster.nodes.push_back({.role = Role::zookeeper, .id = id});
  for (int id = 1; id <= 3; ++id) cluster.nodes.push_back({.role = Role::broker, .id = id});
  return cluster;
}

TEST(ClusterDescription, IsWhatItsFileSays) {
  for (const Flavour flavour : {Flavour::kraft, Flavour::zookeeper}) {
    Description cluster = three_brokers(flavour);
    ASSERT_TRUE(assign_free_ports(cluster));
    const auto again = Description::from_json(cluster.to_json());
    ASSERT_TRUE(again) << again.error().message;
    EXPECT_EQ(again->to_json(), cluster.to_json());
    EXPECT_EQ(again->nodes.back().name(), "broker-3");
    EXPECT_EQ(again->properties, cluster.properties);
  }
}

TEST(ClusterDescription, ADamagedOrNewerFileIsRefused) {
  const std::string text = three_brokers(Flavour::kraft).to_json();
  for (const std::string& wrong : {std::string(), std::string("[]"), std::string("{}"), text.substr(0, text.size() / 2),
                                   std::string(R"({"version":1,"flavour":7})")})
    EXPECT_EQ(Description::from_json(wrong).error().code, ErrorCode::corrupt) << wrong;
  EXPECT_EQ(Description::from_json(R"({"version":2})").error().code, ErrorCode::unsupported);
}

TEST(ClusterPorts, FreeOnesAreAllDifferentAndBelowThoseForOutgoingConnections) {
  Description cluster = three_brokers(Flavour::zookeeper);
  ASSERT_TRUE(assign_free_ports(cluster));
  std::set<int> ports;
  for (const NodeDescription& node : cluster.nodes) {
    if (node.role == Role::broker) {
      EXPECT_TRUE(ports.insert(node.port).second);
    } else {
      for (const int port : {node.port, node.quorum, node.election}) EXPECT_TRUE(ports.insert(port).second);
    }
  }
  EXPECT_EQ(ports.size(), 12);
  EXPECT_GE(*ports.begin(), 10'000);
  EXPECT_LT(*ports.rbegin(), 32'768);
}

TEST(ClusterPorts, ThoseThatAreAskedForLieInARowAndMustBeFree) {
  Description free = three_brokers(Flavour::kraft);
  ASSERT_TRUE(assign_free_ports(free));
  const auto taken = io::Listener::bind({"127.0.0.1", 0});
  ASSERT_TRUE(taken);
  Description cluster = three_brokers(Flavour::kraft);
  const auto assigned = assign_ports(cluster, taken->endpoint().port);
  ASSERT_FALSE(assigned);
  EXPECT_THAT(assigned.error().message, HasSubstr(std::to_string(taken->endpoint().port)));
  EXPECT_EQ(assign_ports(cluster, 65'500).error().code, ErrorCode::invalid_argument);
}

TEST(ClusterProperties, ABrokersOwnComeLastAndSoWin) {
  Description cluster = three_brokers(Flavour::kraft);
  ASSERT_TRUE(assign_free_ports(cluster));
  const std::string text = broker_properties(cluster, cluster.nodes[1], {"/data"}, "");
  EXPECT_LT(text.find("min.insync.replicas=2\n"), text.find("min.insync.replicas=3\n"));
  EXPECT_THAT(text, HasSubstr("x=C:\\\\y\n"));
  EXPECT_THAT(text, HasSubstr("node.id=2\n"));
  EXPECT_THAT(text, HasSubstr("log.dirs=/data/broker-2/data\n"));
  EXPECT_THAT(text, Not(HasSubstr("zookeeper")));
}

TEST(ClusterProperties, OneBrokerReplicatesToItselfAlone) {
  Description cluster = three_brokers(Flavour::kraft);
  cluster.nodes.resize(1);
  const std::string text = broker_properties(cluster, cluster.nodes[0], {"/data"}, "");
  EXPECT_THAT(text, HasSubstr("default.replication.factor=1\nmin.insync.replicas=1\n"));
}

TEST(ClusterProperties, WithZookeeperThereAreNoControllersToVote) {
  Description cluster = three_brokers(Flavour::zookeeper);
  ASSERT_TRUE(assign_free_ports(cluster));
  const std::string text = broker_properties(cluster, cluster.nodes[3], {"/data"}, "");
  EXPECT_THAT(text, HasSubstr("broker.id=1\n"));
  EXPECT_THAT(text, HasSubstr("/kafka\n"));
  EXPECT_THAT(text, Not(HasSubstr("controller.quorum")));
  EXPECT_THAT(zookeeper_properties(cluster, cluster.nodes[0], {"/data"}), HasSubstr("server.3=127.0.0.1:"));
}

TEST(ClusterSecrets, ACertificateAndItsKeyArePemAndAPasswordIsNeverTheSame) {
  const auto made = make_certificate();
  ASSERT_TRUE(made) << made.error().message;
  EXPECT_THAT(made->certificate, testing::StartsWith("-----BEGIN CERTIFICATE-----\n"));
  EXPECT_THAT(made->key, testing::StartsWith("-----BEGIN PRIVATE KEY-----\n"));
  EXPECT_EQ(make_password().size(), 24);
  EXPECT_NE(make_password(), make_password());
}

}  // namespace
}  // namespace tickerlake::cluster
