// OffsetForLeaderEpoch: where an epoch ended. There is one epoch for ever, so it ends where the log does.
#include "services/broker/api/handlers.h"
#include "services/broker/security/access.h"
#include "services/broker/topics.h"

namespace tickerlake::broker {

kafka::OffsetForLeaderEpochResponse handle(Broker& broker, const Caller& caller,
                                           const kafka::OffsetForLeaderEpochRequest& request) {
  using kafka::KafkaError;
  kafka::OffsetForLeaderEpochResponse response;
  for (const auto& wanted : request.topics) {
    auto& result = response.topics.emplace_back();
    result.topic = wanted.topic;
    const auto topic = broker.topics().find(wanted.topic);
    for (const auto& asked : wanted.partitions) {
      auto& answer = result.partitions.emplace_back();
      answer.partition = asked.partition;
      const auto partition = topic ? topic->partition(asked.partition) : nullptr;
      if (!may_topic(caller, Operation::describe, wanted.topic) && !may_cluster(caller, Operation::cluster_action)) {
        answer.error_code = KafkaError::topic_authorization_failed;
      } else if (!partition) {
        answer.error_code = KafkaError::unknown_topic_or_partition;
      } else if (asked.current_leader_epoch > leader_epoch) {
        answer.error_code = KafkaError::unknown_leader_epoch;
      } else if (asked.current_leader_epoch >= 0 && asked.current_leader_epoch < leader_epoch) {
        answer.error_code = KafkaError::fenced_leader_epoch;
      } else if (asked.leader_epoch == leader_epoch) {
        answer.leader_epoch = leader_epoch;
        answer.end_offset = partition->offsets().log_end.value();
      }  // any other epoch never was: −1, −1
    }
  }
  return response;
}

}  // namespace tickerlake::broker
