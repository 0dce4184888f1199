// AlterReplicaLogDirs (key 34): everything is in the one folder.
#include "services/broker/api/handlers.h"
#include "services/broker/api/partition_lookup.h"
#include "services/broker/security/access.h"
#include "services/broker/topics.h"

namespace tickerlake::broker {

kafka::AlterReplicaLogDirsResponse handle(Broker& broker, const Caller& caller,
                                          const kafka::AlterReplicaLogDirsRequest& request) {
  using kafka::KafkaError;
  kafka::AlterReplicaLogDirsResponse response;
  const bool permitted = may_cluster(caller, Operation::alter);
  for (const auto& directory : request.dirs) {
    const bool ours = directory.path == broker.options().directory.string();
    for (const auto& topic : directory.topics) {
      auto& told = response.results.emplace_back();
      told.topic_name = topic.name;
      for (const std::int32_t index : topic.partitions) {
        const auto found = find_partition(broker.topics(), false, {}, topic.name, index);
        if (!permitted) {
          told.partitions.push_back({index, KafkaError::cluster_authorization_failed});
          continue;
        }
        told.partitions.push_back({index, !ours   ? KafkaError::log_dir_not_found
                                          : found ? KafkaError::none
                                                  : found.error()});
      }
    }
  }
  return response;
}

}  // namespace tickerlake::broker
