// AlterConfigs (replaces all settings of a topic, or all that were changed of a broker) and IncrementalAlterConfigs
// (changes some).
#include <algorithm>
#include <expected>
#include <functional>
#include <set>
#include <vector>

#include "services/broker/api/config_resources.h"
#include "services/broker/api/handlers.h"
#include "services/broker/broker_configs.h"
#include "services/broker/groups/group_configs.h"
#include "services/broker/security/access.h"
#include "services/broker/topics.h"

namespace tickerlake::broker {
namespace {

using kafka::KafkaError;

struct Outcome {
  KafkaError error = KafkaError::none;
  std::optional<std::string> message;
};

enum class ConfigOperation : std::int8_t { set = 0, remove = 1, append = 2, subtract = 3 };

std::vector<std::string> split(std::string_view list) {
  std::vector<std::string> parts;
  while (!list.empty()) {
    const std::size_t comma = list.find(',');
    if (const auto part = list.substr(0, comma); !part.empty()) parts.emplace_back(part);
    list = comma == std::string_view::npos ? std::string_view{} : list.substr(comma + 1);
  }
  return parts;
}

std::string join(const std::vector<std::string>& parts) {
  std::string list;
  for (const std::string& part : parts) list += (list.empty() ? "" : ",") + part;
  return list;
}

/// What of a resource can be altered: its settings as they are, and how new ones are stored.
struct Target {
  ConfigMap config;
  std::vector<ConfigEntry> entries;  // with the values in effect
  std::function<Result<void>(const ConfigMap&, bool validate_only)> store;

  const ConfigEntry* find(std::string_view name) const {
    const auto found = std::ranges::find(entries, name, &ConfigEntry::name);
    return found == entries.end() ? nullptr : &*found;
  }
};

Result<void> apply(const Target& target, ConfigMap& config, const std::string& name, ConfigOperation operation,
                   const std::optional<std::string>& value) {
  if (operation == ConfigOperation::remove) {
    config.erase(name);
    return {};
  }
  if (!value) return fail(ErrorCode::invalid_argument, "Null value not supported for : " + name);
  if (operation == ConfigOperation::set) {
    config[name] = *value;
    return {};
  }
  const ConfigEntry* entry = target.find(name);
  if (entry == nullptr || entry->type != ConfigType::list) {
    return fail(ErrorCode::invalid_argument, std::string("Can't ") +
                                                 (operation == ConfigOperation::append ? "APPEND" : "SUBTRACT") +
                                                 " to key " + name + " because its type is not LIST.");
  }
  const auto set = config.find(name);
  auto parts = split(set == config.end() ? entry->value : set->second);
  for (const std::string& part : split(*value)) {
    std::erase(parts, part);
    if (operation == ConfigOperation::append) parts.push_back(part);
  }
  config[name] = join(parts);
  return {};
}

std::expected<Target, Outcome> topic_target(Broker& broker, const std::string& name) {
  const auto topic = broker.topics().find(name);
  if (!topic) {
    return std::unexpected(Outcome{KafkaError::unknown_topic_or_partition, "The topic '" + name + "' does not exist."});
  }
  const InheritedConfigs inherited = broker.topics().inherited();
  return Target{topic->config, describe(topic->config, inherited),
                [&broker, name, inherited](const ConfigMap& config, bool validate_only) -> Result<void> {
                  CHECK(TopicConfig::parse(config, inherited));
                  return validate_only ? Result<void>() : broker.topics().set_config(name, config);
                }};
}

std::expected<Target, Outcome> broker_target(Broker& broker, const std::string& name) {
  using Scope = BrokerConfigs::Scope;
  const std::string id = std::to_string(broker.options().node_id);
  if (!name.empty() && name != id) {
    return std::unexpected(
        Outcome{KafkaError::invalid_request, "Unexpected broker id, expected " + id + ", but received " + name});
  }
  const Scope scope = name.empty() ? Scope::cluster : Scope::broker;
  BrokerConfigs& configs = broker.configs();
  return Target{configs.set_in(scope), configs.describe(),
                [&configs, scope](const ConfigMap& config, bool validate_only) {
                  return configs.replace(scope, config, validate_only);
                }};
}

Target group_target(Broker& broker, const std::string& name) {
  GroupConfigs& configs = broker.group_configs();
  return Target{configs.set_for(name), configs.describe(name),
                [&configs, name](const ConfigMap& config, bool validate_only) {
                  return configs.replace(name, config, validate_only);
                }};
}

std::expected<Target, Outcome> find_target(Broker& broker, std::int8_t type, const std::string& name) {
  switch (static_cast<ConfigResource>(type)) {
    case ConfigResource::topic:
      return topic_target(broker, name);
    case ConfigResource::broker:
      return broker_target(broker, name);
    case ConfigResource::broker_logger:
      return std::unexpected(Outcome{KafkaError::invalid_request, "log levels can't be changed here"});
    case ConfigResource::client_metrics:
      return std::unexpected(Outcome{KafkaError::invalid_request, "client metrics are not supported"});
    case ConfigResource::group:
      return group_target(broker, name);
  }
  return std::unexpected(
      Outcome{KafkaError::invalid_request, "configs of resource type " + std::to_string(type) + " are not supported"});
}

/// change: gives the resource's new settings from its present ones.
template <class Resource, class Change>
Outcome alter(Broker& broker, const Caller& caller, const Resource& resource, bool validate_only,
              const Change& change) {
  const auto error =
      check_config_access(caller, Operation::alter_configs, resource.resource_type, resource.resource_name);
  if (error != KafkaError::none) return {error, "Authorization failed."};
  const auto target = find_target(broker, resource.resource_type, resource.resource_name);
  if (!target) return target.error();
  std::set<std::string_view> names;
  for (const auto& entry : resource.configs) {
    if (!names.insert(entry.name).second) {
      return {KafkaError::invalid_request, "Error due to duplicate config keys"};
    }
  }
  ConfigMap config = target->config;
  Result<void> done = change(*target, config);
  if (done) done = target->store(config, validate_only);
  if (done) return {};
  const bool invalid = done.error().code == ErrorCode::invalid_argument;
  return {invalid ? KafkaError::invalid_config : kafka::to_kafka(done.error()), done.error().message};
}

}  // namespace

kafka::AlterConfigsResponse handle(Broker& broker, const Caller& caller, const kafka::AlterConfigsRequest& request) {
  kafka::AlterConfigsResponse response;
  for (const auto& resource : request.resources) {
    const auto replace = [&](const Target& target, ConfigMap& config) -> Result<void> {
      config.clear();
      for (const auto& entry : resource.configs)
        CHECK(apply(target, config, entry.name, ConfigOperation::set, entry.value));
      return {};
    };
    const Outcome outcome = alter(broker, caller, resource, request.validate_only, replace);
    response.responses.push_back({outcome.error, outcome.message, resource.resource_type, resource.resource_name});
  }
  return response;
}

kafka::AlterConfigsResponse handle(Broker& broker, const Caller& caller,
                                   const kafka::IncrementalAlterConfigsRequest& request) {
  kafka::AlterConfigsResponse response;
  for (const auto& resource : request.resources) {
    const auto change = [&](const Target& target, ConfigMap& config) -> Result<void> {
      for (const auto& entry : resource.configs) {
        if (entry.config_operation < 0 || entry.config_operation > 3) {
          return fail(ErrorCode::invalid_argument,
                      "unknown operation " + std::to_string(entry.config_operation) + " on " + entry.name);
        }
        CHECK(apply(target, config, entry.name, static_cast<ConfigOperation>(entry.config_operation), entry.value));
      }
      return {};
    };
    const Outcome outcome = alter(broker, caller, resource, request.validate_only, change);
    response.responses.push_back({outcome.error, outcome.message, resource.resource_type, resource.resource_name});
  }
  return response;
}

}  // namespace tickerlake::broker
