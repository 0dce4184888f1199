// AlterConfigs (replaces all settings of a topic) and IncrementalAlterConfigs (changes some). A broker's own settings
// come from its command line and are refused here.
#include <algorithm>
#include <vector>

#include "services/broker/api/config_resources.h"
#include "services/broker/api/handlers.h"
#include "services/broker/topics.h"

namespace tickerlake::broker {
namespace {

using kafka::KafkaError;

struct Outcome {
  KafkaError error = KafkaError::none;
  std::optional<std::string> message;
};

enum class Operation : std::int8_t { set = 0, remove = 1, append = 2, subtract = 3 };

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

/// The value in effect: what was set, or the default.
std::string effective(const ConfigMap& config, std::string_view name) {
  for (const ConfigEntry& entry : describe(config)) {
    if (entry.name == name) return entry.value;
  }
  return "";
}

Result<void> apply(ConfigMap& config, const std::string& name, Operation operation,
                   const std::optional<std::string>& value) {
  if (operation == Operation::remove) {
    config.erase(name);
    return {};
  }
  if (!value) return fail(ErrorCode::invalid_argument, name + ": no value was given");
  if (operation == Operation::set) {
    config[name] = *value;
    return {};
  }
  TRY(const ConfigType type, config_type(name));
  if (type != ConfigType::list) return fail(ErrorCode::invalid_argument, name + " is not a list");
  auto parts = split(effective(config, name));
  for (const std::string& part : split(*value)) {
    std::erase(parts, part);
    if (operation == Operation::append) parts.push_back(part);
  }
  config[name] = join(parts);
  return {};
}

Outcome check_resource(std::int8_t type) {
  switch (static_cast<ConfigResource>(type)) {
    case ConfigResource::topic:
      return {};
    case ConfigResource::broker:
      return {KafkaError::invalid_request, "a broker's settings can't be changed while it runs"};
    case ConfigResource::broker_logger:
      return {KafkaError::invalid_request, "log levels can't be changed here"};
  }
  return {KafkaError::invalid_request, "configs of resource type " + std::to_string(type) + " are not supported"};
}

Outcome store(Broker& broker, const Topic& topic, const ConfigMap& config, bool validate_only) {
  if (const auto good = TopicConfig::parse(config, topic.internal); !good) {
    return {KafkaError::invalid_config, good.error().message};
  }
  if (validate_only) return {};
  const auto stored = broker.topics().set_config(topic.name, config);
  if (!stored) return {kafka::to_kafka(stored.error()), stored.error().message};
  return {};
}

/// change: gives the topic's new settings from its present ones.
template <class Change>
Outcome alter(Broker& broker, std::int8_t type, const std::string& name, bool validate_only, const Change& change) {
  if (Outcome outcome = check_resource(type); outcome.error != KafkaError::none) return outcome;
  const auto topic = broker.topics().find(name);
  if (!topic) return {KafkaError::unknown_topic_or_partition, "this topic does not exist"};
  ConfigMap config = topic->config;
  if (const Result<void> changed = change(config); !changed) {
    return {KafkaError::invalid_config, changed.error().message};
  }
  return store(broker, *topic, config, validate_only);
}

}  // namespace

kafka::AlterConfigsResponse handle(Broker& broker, const Caller&, const kafka::AlterConfigsRequest& request) {
  kafka::AlterConfigsResponse response;
  for (const auto& resource : request.resources) {
    const Outcome outcome = alter(broker, resource.resource_type, resource.resource_name, request.validate_only,
                                  [&](ConfigMap& config) -> Result<void> {
                                    config.clear();
                                    for (const auto& entry : resource.configs) {
                                      CHECK(apply(config, entry.name, Operation::set, entry.value));
                                    }
                                    return {};
                                  });
    response.responses.push_back({outcome.error, outcome.message, resource.resource_type, resource.resource_name});
  }
  return response;
}

kafka::AlterConfigsResponse handle(Broker& broker, const Caller&,
                                   const kafka::IncrementalAlterConfigsRequest& request) {
  kafka::AlterConfigsResponse response;
  for (const auto& resource : request.resources) {
    const Outcome outcome =
        alter(broker, resource.resource_type, resource.resource_name, request.validate_only,
              [&](ConfigMap& config) -> Result<void> {
                for (const auto& entry : resource.configs) {
                  if (entry.config_operation < 0 || entry.config_operation > 3) {
                    return fail(ErrorCode::invalid_argument,
                                "unknown operation " + std::to_string(entry.config_operation) + " on " + entry.name);
                  }
                  CHECK(apply(config, entry.name, static_cast<Operation>(entry.config_operation), entry.value));
                }
                return {};
              });
    response.responses.push_back({outcome.error, outcome.message, resource.resource_type, resource.resource_name});
  }
  return response;
}

}  // namespace tickerlake::broker
