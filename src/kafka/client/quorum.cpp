#include "kafka/client/quorum.h"

#include "kafka/wire/quorum.h"

namespace tickerlake::kafka {

Result<std::optional<int>> active_controller(Cluster& cluster, const Patience& patience) {
  const DescribeQuorumRequest request{{{"__cluster_metadata", {{0}}}}};
  const auto answer = cluster.ask_any(request, patience);
  if (!answer && answer.error().code == ErrorCode::unsupported) return std::nullopt;
  if (!answer) return std::unexpected(answer.error());
  if (answer->error_code != KafkaError::none) return std::unexpected(to_error(answer->error_code, "DescribeQuorum"));
  for (const auto& topic : answer->topics)
    for (const auto& partition : topic.partitions)
      if (partition.error_code == KafkaError::none) return partition.leader_id;
  return no_node;
}

Result<std::optional<int>> active_controller(const ClientSettings& settings, std::chrono::milliseconds timeout,
                                             const Log& log) {
  TRY(const auto cluster, Cluster::create(settings, log));
  return active_controller(*cluster, cluster->for_at_most(timeout));
}

}  // namespace tickerlake::kafka
