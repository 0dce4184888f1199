// CreatePartitions: more partitions for topics that exist.
#include "services/broker/api/handlers.h"
#include "services/broker/security/access.h"
#include "services/broker/throttle.h"
#include "services/broker/topics.h"

namespace tickerlake::broker {
namespace {

using kafka::CreatePartitionsRequest;
using kafka::CreatePartitionsResponse;
using kafka::KafkaError;

constexpr std::int16_t first_version_of_strict_quotas = 3;

CreatePartitionsResponse::Topic grow(Broker& broker, const Caller& caller, const CreatePartitionsRequest::Topic& wanted,
                                     bool validate_only, std::int32_t& throttle_time_ms) {
  CreatePartitionsResponse::Topic result;
  result.name = wanted.name;
  const auto refuse = [&](KafkaError error, std::string message) {
    result.error_code = error;
    result.error_message = std::move(message);
    return result;
  };
  if (!may_topic(caller, Operation::alter, wanted.name))
    return refuse(KafkaError::topic_authorization_failed, "Authorization failed.");
  const auto topic = broker.topics().find(wanted.name);
  if (!topic) return refuse(KafkaError::unknown_topic_or_partition, "this topic does not exist");
  if (topic->internal) return refuse(KafkaError::invalid_topic, topic->name + " belongs to the broker");
  if (wanted.count <= topic->partition_count()) {
    return refuse(KafkaError::invalid_partitions, "the topic has " + std::to_string(topic->partition_count()) +
                                                      " partitions already: their number can only grow");
  }
  if (wanted.count > max_partitions_per_topic) {
    return refuse(KafkaError::invalid_partitions,
                  "a topic can have at most " + std::to_string(max_partitions_per_topic) + " partitions");
  }
  if (!broker.topics().has_room_for(wanted.count - topic->partition_count())) {
    return refuse(KafkaError::policy_violation, "this broker has as many partitions as it may");
  }
  if (wanted.assignments) {
    if (std::ssize(*wanted.assignments) != wanted.count - topic->partition_count()) {
      return refuse(KafkaError::invalid_replica_assignment, "one assignment is needed for each new partition");
    }
    const std::vector only_replica = {broker.options().node_id};
    for (const auto& assignment : *wanted.assignments) {
      if (assignment.broker_ids != only_replica) {
        return refuse(KafkaError::invalid_replica_assignment,
                      "partitions can only be assigned to broker " + std::to_string(only_replica[0]));
      }
    }
  }
  if (!may_mutate(broker, caller, wanted.count - topic->partition_count(), first_version_of_strict_quotas,
                  throttle_time_ms))
    return refuse(KafkaError::throttling_quota_exceeded, quota_exceeded_message);
  if (validate_only) return result;
  if (const auto grown = broker.topics().grow(wanted.name, wanted.count); !grown) {
    const bool raced = grown.error().code == ErrorCode::invalid_argument;
    return refuse(raced ? KafkaError::invalid_partitions : kafka::to_kafka(grown.error()), grown.error().message);
  }
  return result;
}

}  // namespace

CreatePartitionsResponse handle(Broker& broker, const Caller& caller, const CreatePartitionsRequest& request) {
  CreatePartitionsResponse response;
  for (const auto& topic : request.topics)
    response.results.push_back(grow(broker, caller, topic, request.validate_only, response.throttle_time_ms));
  return response;
}

}  // namespace tickerlake::broker
