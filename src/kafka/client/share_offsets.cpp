#include "kafka/client/share_offsets.h"

#include <algorithm>
#include <tuple>

#include "kafka/client/coordinator.h"
#include "kafka/wire/share_offsets.h"

namespace tickerlake::kafka {

Result<std::vector<ShareOffset>> share_offsets(const ClientSettings& settings, const std::string& group,
                                               std::chrono::milliseconds timeout, const Log& log) {
  TRY(const auto cluster, Cluster::create(settings, log));
  const Patience patience = cluster->for_at_most(timeout);
  TRY(const std::int32_t node, find_coordinator(*cluster, group, patience));
  DescribeShareGroupOffsetsRequest request;
  request.groups.push_back({group, std::nullopt});
  TRY(const auto answer, cluster->ask(node, request, patience));
  if (answer.groups.size() != 1) return fail(ErrorCode::corrupt, "an answer about other groups");
  const auto& told = answer.groups.front();
  if (told.error_code == KafkaError::group_id_not_found) {
    return fail(ErrorCode::not_found, "there is no share group " + group);
  }
  if (told.error_code != KafkaError::none) {
    return std::unexpected(to_error(told.error_code, "describing the offsets of group " + group));
  }
  std::vector<ShareOffset> offsets;
  for (const auto& topic : told.topics) {
    for (const auto& partition : topic.partitions) {
      ShareOffset& one = offsets.emplace_back(ShareOffset{topic.topic_name, partition.partition_index, {}, {}});
      if (partition.start_offset >= 0) one.start = partition.start_offset;
      if (partition.lag >= 0) one.lag = partition.lag;
    }
  }
  std::ranges::sort(offsets, {}, [](const ShareOffset& one) { return std::tie(one.topic, one.partition); });
  return offsets;
}

}  // namespace tickerlake::kafka
