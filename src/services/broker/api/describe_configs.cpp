// DescribeConfigs: the settings of topics, and what can be told about the broker's.
#include <algorithm>

#include "services/broker/api/config_resources.h"
#include "services/broker/api/handlers.h"
#include "services/broker/broker_properties.h"
#include "services/broker/topics.h"

namespace tickerlake::broker {
namespace {

using kafka::DescribeConfigsRequest;
using kafka::DescribeConfigsResponse;
using kafka::KafkaError;

// ConfigSource
constexpr std::int8_t dynamic_topic_config = 1, static_broker_config = 4, default_config = 5;

bool is_asked_for(const DescribeConfigsRequest::Resource& resource, std::string_view name) {
  return !resource.configuration_keys ||
         std::ranges::find(*resource.configuration_keys, name) != resource.configuration_keys->end();
}

void describe_into(DescribeConfigsResponse::Resource& result, const DescribeConfigsRequest& request,
                   const DescribeConfigsRequest::Resource& resource, const std::vector<ConfigEntry>& entries,
                   bool read_only, std::int8_t source_when_set) {
  for (const ConfigEntry& entry : entries) {
    if (!is_asked_for(resource, entry.name)) continue;
    auto& config = result.configs.emplace_back();
    config.name = entry.name;
    config.value = entry.value;
    config.read_only = read_only;
    config.config_source = entry.is_default ? default_config : source_when_set;
    config.config_type = static_cast<std::int8_t>(entry.type);
    if (request.include_documentation) config.documentation = std::string(entry.documentation);
    if (request.include_synonyms) config.synonyms.push_back({entry.name, entry.value, config.config_source});
  }
}

DescribeConfigsResponse::Resource describe_resource(Broker& broker, const DescribeConfigsRequest& request,
                                                    const DescribeConfigsRequest::Resource& resource) {
  DescribeConfigsResponse::Resource result;
  result.resource_type = resource.resource_type;
  result.resource_name = resource.resource_name;
  const auto refuse = [&](KafkaError error, std::string message) {
    result.error_code = error;
    result.error_message = std::move(message);
    return result;
  };
  switch (static_cast<ConfigResource>(resource.resource_type)) {
    case ConfigResource::topic: {
      const auto topic = broker.topics().find(resource.resource_name);
      if (!topic) return refuse(KafkaError::unknown_topic_or_partition, "this topic does not exist");
      describe_into(result, request, resource, describe(topic->config), false, dynamic_topic_config);
      return result;
    }
    case ConfigResource::broker:
      // An empty name asks for the cluster's dynamic defaults: there are none.
      if (resource.resource_name.empty()) return result;
      if (resource.resource_name != std::to_string(broker.options().node_id)) {
        return refuse(KafkaError::invalid_request, "this is broker " + std::to_string(broker.options().node_id));
      }
      describe_into(result, request, resource, describe(broker.options()), true, static_broker_config);
      return result;
    case ConfigResource::broker_logger:
      return result;
  }
  return refuse(KafkaError::invalid_request,
                "configs of resource type " + std::to_string(resource.resource_type) + " are not supported");
}

}  // namespace

DescribeConfigsResponse handle(Broker& broker, const Caller&, const DescribeConfigsRequest& request) {
  DescribeConfigsResponse response;
  for (const auto& resource : request.resources) {
    response.results.push_back(describe_resource(broker, request, resource));
  }
  return response;
}

}  // namespace tickerlake::broker
