// Metadata: where brokers, topics and partitions are; unknown topics are made where broker and client allow it.
#include "services/broker/api/handlers.h"
#include "services/broker/security/access.h"
#include "services/broker/security/session.h"
#include "services/broker/throttle.h"
#include "services/broker/topics.h"

namespace tickerlake::broker {
namespace {

using kafka::KafkaError;
using kafka::MetadataRequest;
using kafka::MetadataResponse;

MetadataResponse::Topic describe(const Caller& caller, const Topic& topic, std::int32_t node_id, bool with_operations) {
  MetadataResponse::Topic described;
  described.name = topic.name;
  described.topic_id = topic.id;
  described.is_internal = topic.internal;
  described.topic_authorized_operations =
      with_operations ? authorized_operations(caller, ResourceType::topic, topic.name) : operations_not_asked_for;
  for (std::int32_t index = 0; index < topic.partition_count(); ++index) {
    described.partitions.push_back({.partition_index = index,
                                    .leader_id = node_id,
                                    .leader_epoch = leader_epoch,
                                    .replica_nodes = {node_id},
                                    .isr_nodes = {node_id},
                                    .offline_replicas = {}});
  }
  return described;
}

MetadataResponse::Topic unknown(const MetadataRequest::Topic& wanted, KafkaError error) {
  MetadataResponse::Topic topic;
  topic.error_code = error;
  topic.name = wanted.name;
  topic.topic_id = wanted.topic_id;
  return topic;
}

constexpr std::int16_t strict_always = 0;

std::shared_ptr<const Topic> create(Broker& broker, const Caller& caller, const std::string& name, KafkaError& error) {
  if (!broker.topics().has_room_for(broker.options().default_partitions)) {
    error = KafkaError::policy_violation;
    return nullptr;
  }
  // As in Kafka the client just does not get it yet: it asks again until its quota lets one be made.
  std::int32_t untold_pause = 0;
  if (!may_mutate(broker, caller, broker.options().default_partitions, strict_always, untold_pause)) return nullptr;
  auto created = broker.topics().create(name, broker.options().default_partitions, {});
  if (created) return *created;
  // Another connection was faster, or the disk refuses.
  auto topic = broker.topics().find(name);
  if (!topic) error = kafka::to_kafka(created.error());
  return topic;
}

MetadataResponse::Topic look_up(Broker& broker, const Caller& caller, const MetadataRequest& request,
                                const MetadataRequest::Topic& wanted) {
  std::shared_ptr<const Topic> topic;
  KafkaError error = KafkaError::unknown_topic_or_partition;
  if (!wanted.topic_id.is_zero()) {
    topic = broker.topics().find(wanted.topic_id);
    error = KafkaError::unknown_topic_id;
    if (topic && !may_topic(caller, Operation::describe, topic->name))
      return unknown(wanted, KafkaError::topic_authorization_failed);
  } else if (!wanted.name || !check_topic_name(*wanted.name)) {
    error = KafkaError::invalid_topic;
  } else if (!may_topic(caller, Operation::describe, *wanted.name)) {
    error = KafkaError::topic_authorization_failed;
  } else {
    topic = broker.topics().find(*wanted.name);
    const bool may_make = may_cluster(caller, Operation::create) || may_topic(caller, Operation::create, *wanted.name);
    if (!topic && !may_make && request.allow_auto_topic_creation && broker.options().auto_create_topics) {
      error = KafkaError::topic_authorization_failed;
    } else if (!topic && request.allow_auto_topic_creation && broker.options().auto_create_topics) {
      topic = create(broker, caller, *wanted.name, error);
    }
  }
  if (!topic) return unknown(wanted, error);
  return describe(caller, *topic, broker.options().node_id, request.include_topic_authorized_operations);
}

}  // namespace

MetadataResponse handle(Broker& broker, const Caller& caller, const MetadataRequest& request) {
  const BrokerOptions& options = broker.options();
  const io::Endpoint& at = caller.session->listener.advertised;
  MetadataResponse response;
  response.brokers.push_back({options.node_id, at.host, at.port, std::nullopt});
  response.cluster_id = options.cluster_id;
  response.controller_id = options.node_id;
  if (request.include_cluster_authorized_operations) {
    response.cluster_authorized_operations = cluster_operations(caller);
  }
  // All topics: null, or in version 0, which had no null, an empty list.
  if (!request.topics || (caller.version == 0 && request.topics->empty())) {
    for (const auto& topic : broker.topics().all()) {
      if (!may_topic(caller, Operation::describe, topic->name)) continue;
      response.topics.push_back(describe(caller, *topic, options.node_id, request.include_topic_authorized_operations));
    }
  } else {
    for (const auto& wanted : *request.topics) response.topics.push_back(look_up(broker, caller, request, wanted));
  }
  return response;
}

}  // namespace tickerlake::broker
