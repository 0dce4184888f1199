// CreateTopics: each topic on its own; one that fails does not keep the others from being made.
#include <set>

#include "services/broker/api/handlers.h"
#include "services/broker/security/access.h"
#include "services/broker/throttle.h"
#include "services/broker/topics.h"

namespace tickerlake::broker {
namespace {

using kafka::CreateTopicsRequest;
using kafka::CreateTopicsResponse;
using kafka::KafkaError;

// DescribeConfigs' sources, which this response borrows.
constexpr std::int8_t dynamic_topic_config = 1, default_config = 5;

constexpr std::int16_t first_version_of_strict_quotas = 6;

struct Refusal {
  KafkaError error;
  std::string message;
};

/// The number of partitions asked for: a count, a list of assignments, or the broker's default.
Result<std::int32_t, Refusal> partition_count(const Broker& broker, const CreateTopicsRequest::Topic& topic) {
  const std::int32_t node_id = broker.options().node_id;
  if (!topic.assignments.empty()) {
    if (topic.num_partitions != -1 || topic.replication_factor != -1) {
      return std::unexpected(
          Refusal{KafkaError::invalid_request, "both assignments and a number of partitions or replicas were given"});
    }
    std::set<std::int32_t> indexes;
    for (const auto& assignment : topic.assignments) {
      indexes.insert(assignment.partition_index);
      if (assignment.broker_ids != std::vector{node_id}) {
        return std::unexpected(Refusal{KafkaError::invalid_replica_assignment,
                                       "partitions can only be assigned to broker " + std::to_string(node_id)});
      }
    }
    const auto count = static_cast<std::int32_t>(topic.assignments.size());
    if (std::ssize(indexes) != count || *indexes.begin() != 0 || *indexes.rbegin() != count - 1) {
      return std::unexpected(Refusal{KafkaError::invalid_replica_assignment,
                                     "assignments must number the partitions from 0 on, once each"});
    }
    return count;
  }
  if (topic.replication_factor != -1 && topic.replication_factor != 1) {
    return std::unexpected(Refusal{KafkaError::invalid_replication_factor,
                                   "a replication factor of " + std::to_string(topic.replication_factor) +
                                       " cannot be reached: this cluster has 1 broker"});
  }
  if (topic.num_partitions == -1) return broker.options().default_partitions;
  if (topic.num_partitions < 1 || topic.num_partitions > max_partitions_per_topic) {
    return std::unexpected(Refusal{KafkaError::invalid_partitions, "the number of partitions must be from 1 to " +
                                                                       std::to_string(max_partitions_per_topic)});
  }
  return topic.num_partitions;
}

Result<std::shared_ptr<const Topic>, Refusal> create(Broker& broker, const Caller& caller,
                                                     const CreateTopicsRequest::Topic& wanted, bool validate_only,
                                                     std::int32_t& count, ConfigMap& config,
                                                     std::int32_t& throttle_time_ms) {
  if (const auto good = check_topic_name(wanted.name); !good) {
    return std::unexpected(Refusal{KafkaError::invalid_topic, good.error().message});
  }
  TRY(count, partition_count(broker, wanted));
  for (const auto& entry : wanted.configs) {
    if (entry.value) config[entry.name] = *entry.value;
  }
  if (const auto good = TopicConfig::parse(config, broker.topics().inherited()); !good) {
    return std::unexpected(Refusal{KafkaError::invalid_config, good.error().message});
  }
  const auto refused = [](const Error& error) {
    // Name, count and settings have been looked at, so this is a topic that exists, or the disk.
    const auto code = error.code == ErrorCode::invalid_argument ? KafkaError::invalid_topic : kafka::to_kafka(error);
    return std::unexpected(Refusal{code, error.message});
  };
  if (!broker.topics().has_room_for(count)) {
    return std::unexpected(Refusal{KafkaError::policy_violation, "this broker has as many partitions as it may"});
  }
  if (!may_mutate(broker, caller, count, first_version_of_strict_quotas, throttle_time_ms))
    return std::unexpected(Refusal{KafkaError::throttling_quota_exceeded, quota_exceeded_message});
  if (validate_only) {
    const auto good = broker.topics().check_create(wanted.name, count, config);
    if (!good) return refused(good.error());
    return nullptr;
  }
  auto created = broker.topics().create(wanted.name, count, config);
  if (!created) return refused(created.error());
  return *created;
}

}  // namespace

CreateTopicsResponse handle(Broker& broker, const Caller& caller, const CreateTopicsRequest& request) {
  std::multiset<std::string_view> names;
  for (const auto& topic : request.topics) names.insert(topic.name);
  CreateTopicsResponse response;
  for (const auto& wanted : request.topics) {
    auto& result = response.topics.emplace_back();
    result.name = wanted.name;
    if (names.count(wanted.name) > 1) {
      result.error_code = KafkaError::invalid_request;
      result.error_message = "the request names this topic more than once";
      continue;
    }
    if (!may_cluster(caller, Operation::create) && !may_topic(caller, Operation::create, wanted.name)) {
      result.error_code = KafkaError::topic_authorization_failed;
      result.error_message = "Authorization failed.";
      continue;
    }
    ConfigMap config;
    std::int32_t count = -1;
    const auto created =
        create(broker, caller, wanted, request.validate_only, count, config, response.throttle_time_ms);
    if (!created) {
      result.error_code = created.error().error;
      result.error_message = created.error().message;
      continue;
    }
    if (*created) result.topic_id = (*created)->id;
    if (!may_topic(caller, Operation::describe_configs, wanted.name)) {
      result.topic_config_error_code = KafkaError::topic_authorization_failed;
      continue;
    }
    result.num_partitions = count;
    result.replication_factor = 1;
    auto& configs = result.configs.emplace();
    for (const ConfigEntry& entry : describe(config, broker.topics().inherited())) {
      configs.push_back({.name = entry.name,
                         .value = entry.value,
                         .read_only = false,
                         .config_source = entry.is_default ? default_config : dynamic_topic_config,
                         .is_sensitive = false});
    }
  }
  return response;
}

}  // namespace tickerlake::broker
