// DeleteTopics: by name, or since version 6 also by id. Offsets that groups have committed for them go too.
#include "services/broker/api/handlers.h"
#include "services/broker/groups/groups.h"
#include "services/broker/security/access.h"
#include "services/broker/throttle.h"
#include "services/broker/topics.h"

namespace tickerlake::broker {
namespace {

using kafka::DeleteTopicsRequest;
using kafka::DeleteTopicsResponse;
using kafka::KafkaError;

constexpr std::int16_t first_version_of_strict_quotas = 5;

DeleteTopicsResponse::Topic remove(Broker& broker, const Caller& caller, const DeleteTopicsRequest::Topic& wanted,
                                   std::int32_t& throttle_time_ms) {
  DeleteTopicsResponse::Topic result;
  result.name = wanted.name;
  result.topic_id = wanted.topic_id;
  const auto refuse = [&](KafkaError error, std::string message) {
    result.error_code = error;
    result.error_message = std::move(message);
    return result;
  };
  const bool by_id = !wanted.topic_id.is_zero();
  if (by_id == wanted.name.has_value()) {
    return refuse(KafkaError::invalid_request, "a topic must be given by name or by id");
  }
  const auto topic = by_id ? broker.topics().find(wanted.topic_id) : broker.topics().find(*wanted.name);
  if ((topic || !by_id) && !may_topic(caller, Operation::remove, topic ? topic->name : *wanted.name)) {
    if (by_id) result.name.reset();
    return refuse(KafkaError::topic_authorization_failed, "Authorization failed.");
  }
  if (!topic) {
    return refuse(by_id ? KafkaError::unknown_topic_id : KafkaError::unknown_topic_or_partition,
                  "this topic does not exist");
  }
  result.name = topic->name;
  result.topic_id = topic->id;
  if (topic->internal) return refuse(KafkaError::invalid_topic, topic->name + " belongs to the broker");
  if (!may_mutate(broker, caller, topic->partition_count(), first_version_of_strict_quotas, throttle_time_ms))
    return refuse(KafkaError::throttling_quota_exceeded, quota_exceeded_message);
  if (const auto removed = broker.topics().remove(topic->name); !removed) {
    return refuse(kafka::to_kafka(removed.error()), removed.error().message);
  }
  broker.groups().forget_topic(topic->name, topic->id);
  return result;
}

}  // namespace

DeleteTopicsResponse handle(Broker& broker, const Caller& caller, const DeleteTopicsRequest& request) {
  DeleteTopicsResponse response;
  const auto add = [&](const DeleteTopicsRequest::Topic& topic) {
    response.responses.push_back(remove(broker, caller, topic, response.throttle_time_ms));
  };
  for (const auto& topic : request.topics) add(topic);
  for (const auto& name : request.topic_names) add({name, {}});
  return response;
}

}  // namespace tickerlake::broker
