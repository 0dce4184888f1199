// DescribeLogDirs: the one folder, how full its disk is, how large each partition.
#include <map>
#include <set>

#include "services/broker/api/handlers.h"
#include "services/broker/security/access.h"
#include "services/broker/topics.h"

namespace tickerlake::broker {

kafka::DescribeLogDirsResponse handle(Broker& broker, const Caller& caller,
                                      const kafka::DescribeLogDirsRequest& request) {
  std::map<std::string_view, std::set<std::int32_t>> wanted;
  if (request.topics) {
    for (const auto& topic : *request.topics)
      wanted[topic.topic].insert(topic.partitions.begin(), topic.partitions.end());
  }
  kafka::DescribeLogDirsResponse response;
  if (!may_cluster(caller, Operation::describe)) {
    response.error_code = kafka::KafkaError::cluster_authorization_failed;
    return response;
  }
  auto& directory = response.results.emplace_back();
  directory.log_dir = broker.options().directory.string();
  std::error_code error;
  const auto space = std::filesystem::space(broker.options().directory, error);
  if (!error) {
    directory.total_bytes = static_cast<std::int64_t>(space.capacity);
    directory.usable_bytes = static_cast<std::int64_t>(space.available);
  }
  for (const auto& topic : broker.topics().all()) {
    const auto chosen = wanted.find(topic->name);
    if (request.topics && chosen == wanted.end()) continue;
    auto& described = directory.topics.emplace_back();
    described.name = topic->name;
    for (std::int32_t index = 0; index < topic->partition_count(); ++index) {
      if (request.topics && !chosen->second.contains(index)) continue;
      described.partitions.push_back({.partition_index = index,
                                      .partition_size = topic->partition(index)->size_bytes(),
                                      .offset_lag = 0,
                                      .is_future_key = false});
    }
  }
  return response;
}

}  // namespace tickerlake::broker
