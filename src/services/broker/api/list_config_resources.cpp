// ListConfigResources (key 74, KIP-1142): what DescribeConfigs can be asked about. Version 0 asked for client metrics,
// of which there are none.
#include <algorithm>

#include "services/broker/api/config_resources.h"
#include "services/broker/api/handlers.h"
#include "services/broker/groups/group_configs.h"
#include "services/broker/security/access.h"
#include "services/broker/topics.h"

namespace tickerlake::broker {

kafka::ListConfigResourcesResponse handle(Broker& broker, const Caller& caller,
                                          const kafka::ListConfigResourcesRequest& request) {
  kafka::ListConfigResourcesResponse response;
  if (!may_cluster(caller, Operation::describe_configs)) {
    response.error_code = kafka::KafkaError::cluster_authorization_failed;
    return response;
  }
  if (caller.version == 0) return response;
  for (const std::int8_t type : request.resource_types) {
    using enum ConfigResource;
    const auto known = {topic, broker_logger, ConfigResource::broker, client_metrics, group};
    if (std::ranges::find(known, static_cast<ConfigResource>(type)) == known.end()) {
      response.error_code = kafka::KafkaError::unsupported_version;
      return response;
    }
  }
  const auto wants = [&](ConfigResource type) {
    return request.resource_types.empty() ||
           std::ranges::find(request.resource_types, static_cast<std::int8_t>(type)) != request.resource_types.end();
  };
  const auto add = [&](ConfigResource type, std::string name) {
    response.config_resources.push_back({std::move(name), static_cast<std::int8_t>(type)});
  };
  if (wants(ConfigResource::topic)) {
    for (const auto& topic : broker.topics().all()) add(ConfigResource::topic, topic->name);
  }
  for (const auto type : {ConfigResource::broker, ConfigResource::broker_logger}) {
    if (wants(type)) add(type, std::to_string(broker.options().node_id));
  }
  if (wants(ConfigResource::group)) {
    for (std::string& group : broker.group_configs().groups()) add(ConfigResource::group, std::move(group));
  }
  return response;
}

}  // namespace tickerlake::broker
