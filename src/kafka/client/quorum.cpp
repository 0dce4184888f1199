#include "kafka/client/quorum.h"

#include "kafka/client/cluster.h"
#include "kafka/wire/quorum.h"

namespace tickerlake::kafka {

Result<std::optional<int>> active_controller(const ClientSettings& settings, std::chrono::milliseconds timeout,
                                             const Log& log) {
  if (!settings.batch_clients_suffice())
    return fail(ErrorCode::unsupported, "the quorum's leader can be asked for in plain text only");
  TRY(const auto cluster, Cluster::create(settings, log));
  const DescribeQuorumRequest request{{{"__cluster_metadata", {{0}}}}};
  const auto answer = cluster->ask_any(request, cluster->for_at_most(timeout));
  if (!answer && answer.error().code == ErrorCode::unsupported) return std::nullopt;
  if (!answer) return std::unexpected(answer.error());
  if (answer->error_code != KafkaError::none) return std::unexpected(to_error(answer->error_code, "DescribeQuorum"));
  for (const auto& topic : answer->topics)
    for (const auto& partition : topic.partitions)
      if (partition.error_code == KafkaError::none) return partition.leader_id;
  return no_node;
}

}  // namespace tickerlake::kafka
