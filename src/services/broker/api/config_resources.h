#pragma once
// ConfigResource.Type of the config APIs, and who may read or change the settings of which.
#include <cstdint>
#include <string>

#include "kafka/errors.h"
#include "services/broker/security/access.h"

namespace tickerlake::broker {

enum class ConfigResource : std::int8_t { topic = 2, broker = 4, broker_logger = 8, client_metrics = 16, group = 32 };

/// operation: describe_configs or alter_configs. Topics and groups have rights of their own, all else is the cluster's.
inline kafka::KafkaError check_config_access(const Caller& caller, Operation operation, std::int8_t type,
                                             const std::string& name) {
  using enum kafka::KafkaError;
  switch (static_cast<ConfigResource>(type)) {
    case ConfigResource::topic:
      return may_topic(caller, operation, name) ? none : topic_authorization_failed;
    case ConfigResource::group:
      return may_group(caller, operation, name) ? none : group_authorization_failed;
    default:
      return may_cluster(caller, operation) ? none : cluster_authorization_failed;
  }
}

}  // namespace tickerlake::broker
