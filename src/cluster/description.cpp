#include "cluster/description.h"

#include <fmt/core.h>

#include <boost/json.hpp>
#include <boost/system/system_error.hpp>

namespace tickerlake::cluster {
namespace {

namespace json = boost::json;

constexpr int format_version = 1;

struct PortName {
  const char* name;
  std::uint16_t NodeDescription::* port;
};
constexpr PortName port_names[] = {{"port", &NodeDescription::port},
                                   {"internal", &NodeDescription::internal},
                                   {"controller", &NodeDescription::controller},
                                   {"quorum", &NodeDescription::quorum},
                                   {"election", &NodeDescription::election}};

const char* role_name(Role role) { return role == Role::broker ? "broker" : "zookeeper"; }

/// Throws boost::system::system_error, or what the standard library throws, where the form is not as it should be.
Description read(const json::object& object) {
  Description all;
  all.flavour = object.at("flavour").as_string() == name(Flavour::kraft) ? Flavour::kraft : Flavour::zookeeper;
  all.distribution = {std::string(object.at("java").as_string()), std::string(object.at("libs").as_string()),
                      std::string(object.at("kafka_version").as_string())};
  all.cluster_id = object.at("cluster_id").as_string();
  all.sasl_ssl = object.at("sasl_ssl").as_bool();
  all.heap_mb = object.at("heap_mb").to_number<int>();
  for (const auto& [key, value] : object.at("properties").as_object())
    all.properties.emplace_back(key, value.as_string());
  for (const auto& element : object.at("nodes").as_array()) {
    const auto& member = element.as_object();
    NodeDescription node;
    node.role = member.at("role").as_string() == role_name(Role::broker) ? Role::broker : Role::zookeeper;
    node.id = member.at("id").to_number<int>();
    for (const auto& [key, port] : port_names)
      if (const auto* value = member.if_contains(key)) node.*port = value->to_number<std::uint16_t>();
    all.nodes.push_back(node);
  }
  return all;
}

}  // namespace

std::string NodeDescription::name() const { return fmt::format("{}-{}", role_name(role), id); }

std::string Description::to_json() const {
  json::object options;
  for (const auto& [key, value] : properties) options[key] = value;
  json::array members;
  for (const NodeDescription& node : nodes) {
    json::object member{{"role", role_name(node.role)}, {"id", node.id}};
    for (const auto& [key, port] : port_names)
      if (node.*port != 0) member[key] = node.*port;
    members.push_back(std::move(member));
  }
  return json::serialize(json::object{{"version", format_version},
                                      {"flavour", cluster::name(flavour)},
                                      {"kafka_version", distribution.version},
                                      {"java", distribution.java.string()},
                                      {"libs", distribution.libs.string()},
                                      {"cluster_id", cluster_id},
                                      {"sasl_ssl", sasl_ssl},
                                      {"heap_mb", heap_mb},
                                      {"properties", std::move(options)},
                                      {"nodes", std::move(members)}}) +
         "\n";
}

Result<Description> Description::from_json(std::string_view text) {
  try {
    const json::value value = json::parse(text);
    const auto version = value.as_object().at("version").to_number<int>();
    if (version != format_version)
      return fail(ErrorCode::unsupported, fmt::format("version {} of the format is not known", version));
    return read(value.as_object());
  } catch (const std::exception& error) {
    return fail(ErrorCode::corrupt, error.what());
  }
}

}  // namespace tickerlake::cluster
