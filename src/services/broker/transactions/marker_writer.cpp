#include "services/broker/transactions/marker_writer.h"

#include <future>

#include "services/broker/groups/groups.h"
#include "services/broker/topics.h"

namespace tickerlake::broker {

using kafka::KafkaError;

namespace {

KafkaError to_kafka(Refusal why, const Topics& topics) {
  switch (why) {
    case Refusal::invalid_producer_epoch:
      return KafkaError::invalid_producer_epoch;
    case Refusal::closed:
      return topics.stopping() ? KafkaError::not_leader_or_follower : KafkaError::unknown_topic_or_partition;
    default:
      return KafkaError::kafka_storage_error;
  }
}

}  // namespace

KafkaError MarkerWriter::write(const TopicPartition& to, const Producer& producer, kafka::Marker marker) {
  const auto topic = topics_.find(to.topic);
  const auto partition = topic ? topic->partition(to.partition) : nullptr;
  if (!partition) return KafkaError::unknown_topic_or_partition;
  const auto appended =
      to.topic == offsets_topic
          ? groups_.decide(producer.id, producer.epoch, marker)
          : partition->append(kafka::make_marker(marker, producer.id.value(), producer.epoch, clock_.now_ms()),
                              Origin::broker);
  if (!appended) return to_kafka(appended.error().why, topics_);
  written_.emplace_back(partition, appended->next);
  return KafkaError::none;
}

void MarkerWriter::wait_durable() {
  for (const auto& [partition, next] : std::exchange(written_, {})) {
    // Shared: the thread that completes may still be inside set_value() when this one goes on.
    const auto promise = std::make_shared<std::promise<void>>();
    auto durable = promise->get_future();
    partition->when_durable(next, [promise] { promise->set_value(); });
    durable.wait();
  }
}

}  // namespace tickerlake::broker
