#pragma once
// The broker's own settings under the names of Kafka's server.properties: what can be set, and what is told of it.
#include <string_view>
#include <vector>

#include "base/result.h"
#include "services/broker/broker.h"
#include "services/broker/topic_config.h"

namespace tickerlake::broker {

/// Puts "num.partitions" and the like where they belong. ErrorCode::invalid_argument names the setting and what is
/// wrong with it; so do names that can't be set.
Result<void> set_property(BrokerOptions& options, std::string_view name, std::string_view value);

/// What DescribeConfigs tells of this broker, in the order of the names.
std::vector<ConfigEntry> describe(const BrokerOptions& options);

}  // namespace tickerlake::broker
