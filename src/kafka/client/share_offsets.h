#pragma once
// Where share groups are in their partitions, as their coordinator tells it (KIP-932).
#include <chrono>
#include <optional>
#include <string>
#include <vector>

#include "kafka/client/cluster.h"

namespace tickerlake::kafka {

struct ShareOffset {
  std::string topic;
  std::int32_t partition = 0;
  std::optional<std::int64_t> start;  // nothing before the first fetch
  std::optional<std::int64_t> lag;    // records that are not complete; nothing where it is not told
};

/// In the order of topics and partitions. ErrorCode::not_found for what is no share group; as Cluster's else.
Result<std::vector<ShareOffset>> share_offsets(const ClientSettings& settings, const std::string& group,
                                               std::chrono::milliseconds timeout, const Log& log);

}  // namespace tickerlake::kafka
