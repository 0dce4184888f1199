#pragma once
// Groups of all protocols as their coordinator tells them, with members and what they were assigned.
#include <chrono>
#include <string>
#include <vector>

#include "kafka/client/cluster.h"

namespace tickerlake::kafka {

struct GroupMember {
  std::string id, instance_id, client_id, host;  // instance_id: empty for dynamic members
  std::int32_t epoch = -1;                       // -1: of the classic protocol, whose generations are the group's
  std::vector<std::pair<std::string, std::int32_t>> partitions;
};

struct GroupDescription {
  std::string id, type, state, assignor;  // type: "classic", "consumer", "share"
  std::int32_t coordinator = no_node;
  std::vector<GroupMember> members;
};

/// ErrorCode::not_found for an unknown group; unsupported with settings that only librdkafka has; as Cluster's else.
Result<GroupDescription> describe_group(const ClientSettings& settings, const std::string& group,
                                        std::chrono::milliseconds timeout, const Log& log);

}  // namespace tickerlake::kafka
