// DescribeConfigs: the settings of topics, and what can be told about the broker's.
#include <algorithm>

#include "services/broker/api/config_resources.h"
#include "services/broker/api/handlers.h"
#include "services/broker/broker_configs.h"
#include "services/broker/broker_properties.h"
#include "services/broker/groups/group_configs.h"
#include "services/broker/security/access.h"
#include "services/broker/topics.h"

namespace tickerlake::broker {
namespace {

using kafka::DescribeConfigsRequest;
using kafka::DescribeConfigsResponse;
using kafka::KafkaError;

bool is_asked_for(const DescribeConfigsRequest::Resource& resource, std::string_view name) {
  return !resource.configuration_keys ||
         std::ranges::find(*resource.configuration_keys, name) != resource.configuration_keys->end();
}

void describe_into(DescribeConfigsResponse::Resource& result, const DescribeConfigsRequest& request,
                   const DescribeConfigsRequest::Resource& resource, const std::vector<ConfigEntry>& entries,
                   bool read_only) {
  for (const ConfigEntry& entry : entries) {
    if (!is_asked_for(resource, entry.name)) continue;
    auto& config = result.configs.emplace_back();
    config.name = entry.name;
    config.value = entry.value;
    config.read_only = read_only;
    config.config_source = static_cast<std::int8_t>(entry.is_default ? ConfigSource::built_in : entry.source);
    config.config_type = static_cast<std::int8_t>(entry.type);
    if (request.include_documentation) config.documentation = std::string(entry.documentation);
    if (!request.include_synonyms) continue;
    if (entry.synonyms.empty()) config.synonyms.push_back({entry.name, entry.value, config.config_source});
    for (const InheritedConfig& synonym : entry.synonyms) {
      config.synonyms.push_back({synonym.name, synonym.value, static_cast<std::int8_t>(synonym.source)});
    }
  }
}

/// Only what was set for all brokers.
std::vector<ConfigEntry> cluster_settings(const BrokerConfigs& configs) {
  std::vector<ConfigEntry> entries;
  const ConfigMap set = configs.set_in(BrokerConfigs::Scope::cluster);
  for (ConfigEntry& entry : configs.describe()) {
    const auto found = set.find(entry.name);
    if (found == set.end()) continue;
    entry.value = found->second;
    entry.source = ConfigSource::dynamic_default_broker;
    std::erase_if(entry.synonyms, [](const auto& synonym) { return synonym.source == ConfigSource::dynamic_broker; });
    entries.push_back(std::move(entry));
  }
  return entries;
}

DescribeConfigsResponse::Resource describe_resource(Broker& broker, const Caller& caller,
                                                    const DescribeConfigsRequest& request,
                                                    const DescribeConfigsRequest::Resource& resource) {
  DescribeConfigsResponse::Resource result;
  result.resource_type = resource.resource_type;
  result.resource_name = resource.resource_name;
  const auto refuse = [&](KafkaError error, std::string message) {
    result.error_code = error;
    result.error_message = std::move(message);
    return result;
  };
  const auto error =
      check_config_access(caller, Operation::describe_configs, resource.resource_type, resource.resource_name);
  if (error != KafkaError::none) return refuse(error, "Authorization failed.");
  switch (static_cast<ConfigResource>(resource.resource_type)) {
    case ConfigResource::topic: {
      const auto topic = broker.topics().find(resource.resource_name);
      if (!topic) return refuse(KafkaError::unknown_topic_or_partition, "this topic does not exist");
      describe_into(result, request, resource, describe(topic->config, broker.topics().inherited()), false);
      return result;
    }
    case ConfigResource::broker:
      if (resource.resource_name.empty()) {  // the cluster's dynamic defaults
        describe_into(result, request, resource, cluster_settings(broker.configs()), false);
        return result;
      }
      if (resource.resource_name != std::to_string(broker.options().node_id)) {
        return refuse(KafkaError::invalid_request, "Unexpected broker id, expected " +
                                                       std::to_string(broker.options().node_id) +
                                                       " or empty string, but received " + resource.resource_name);
      }
      describe_into(result, request, resource, describe(broker.options()), true);
      describe_into(result, request, resource, broker.configs().describe(), false);
      std::ranges::sort(result.configs, {}, &DescribeConfigsResponse::Resource::Config::name);
      return result;
    case ConfigResource::broker_logger:
      return result;
    case ConfigResource::client_metrics:
      return refuse(KafkaError::invalid_request, "client metrics are not supported");
    case ConfigResource::group:
      describe_into(result, request, resource, broker.group_configs().describe(resource.resource_name), false);
      return result;
  }
  return refuse(KafkaError::invalid_request,
                "configs of resource type " + std::to_string(resource.resource_type) + " are not supported");
}

}  // namespace

DescribeConfigsResponse handle(Broker& broker, const Caller& caller, const DescribeConfigsRequest& request) {
  DescribeConfigsResponse response;
  for (const auto& resource : request.resources) {
    response.results.push_back(describe_resource(broker, caller, request, resource));
  }
  return response;
}

}  // namespace tickerlake::broker
