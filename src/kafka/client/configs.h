#pragma once
// The settings of topics, brokers and groups, as an administrator reads and changes them.
#include <chrono>
#include <map>
#include <optional>
#include <string>
#include <vector>

#include "kafka/client/cluster.h"
#include "kafka/wire/configs.h"

namespace tickerlake::kafka {

/// Whose settings: the numbers are the protocol's (ConfigResource.Type).
enum class ConfigOwner : std::int8_t { topic = 2, broker = 4, client_metrics = 16, group = 32 };

struct ConfigOf {
  ConfigOwner owner = ConfigOwner::topic;
  std::string name;  // of a broker: its id, or nothing for what all brokers have
};

using DescribedConfig = DescribeConfigsResponse::Resource::Config;

/// All settings with the values in effect, in the order of their names. ErrorCode::not_found for an unknown topic.
Result<std::vector<DescribedConfig>> describe_configs(Cluster& cluster, const ConfigOf& of, const Patience& patience);

/// Sets some settings and takes others back to what they fall back to, all or none. ErrorCode::invalid_argument says
/// what the broker does not accept.
Result<void> alter_configs(Cluster& cluster, const ConfigOf& of, const std::map<std::string, std::string>& set,
                           const std::vector<std::string>& remove, const Patience& patience);

}  // namespace tickerlake::kafka
