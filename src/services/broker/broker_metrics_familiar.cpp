#include "services/broker/broker_metrics_familiar.h"

#include <algorithm>

#include "services/broker/broker.h"
#include "services/broker/broker_metrics.h"
#include "services/broker/dispatch.h"
#include "services/broker/groups/groups.h"
#include "services/broker/topics.h"

namespace tickerlake::broker {
namespace {

double number(auto value) { return static_cast<double>(value); }

void collect_broker(Broker& broker, std::size_t partitions, Exposition& into) {
  const BrokerMetrics& metrics = broker.metrics();
  into.counter("kafka_server_brokertopicmetrics_bytesin_total", "BytesInPerSec.", {}, number(metrics.bytes_in.value()));
  into.counter("kafka_server_brokertopicmetrics_bytesout_total", "BytesOutPerSec.", {},
               number(metrics.bytes_out.value()));
  into.counter("kafka_server_brokertopicmetrics_messagesin_total", "MessagesInPerSec.", {},
               number(metrics.messages_in.value()));
  for (const Route& route : routes()) {
    const Histogram* latency = metrics.latency(route.api.key);
    std::uint64_t requests = 0;
    for (std::size_t bucket = 0; bucket <= Histogram::bounds.size(); ++bucket) requests += latency->bucket(bucket);
    into.counter("kafka_network_requestmetrics_requests_total", "RequestsPerSec by API.",
                 {{"request", std::string(route.api.name)}}, number(requests));
  }
  into.gauge("kafka_server_replicamanager_partitioncount", "Partitions of all topics.", {}, number(partitions));
  into.gauge("kafka_server_replicamanager_leadercount", "Partitions that this broker leads: all.", {},
             number(partitions));
  // One node holds the one replica of everything: these can't be anything else while it answers.
  into.gauge("kafka_server_replicamanager_underreplicatedpartitions", "Partitions that lack replicas.", {}, 0);
  into.gauge("kafka_server_replicamanager_underminisrpartitioncount",
             "Partitions with fewer replicas in sync than min.insync.replicas.", {}, 0);
  into.gauge("kafka_controller_kafkacontroller_offlinepartitionscount", "Partitions without a leader.", {}, 0);
  into.gauge("kafka_controller_kafkacontroller_activecontrollercount", "Controllers: this one.", {}, 1);
  into.gauge("kafka_brokers", "Brokers of the cluster.", {}, 1);
}

std::size_t collect_topics(const Topics& topics, Exposition& into) {
  std::size_t partitions = 0;
  for (const auto& topic : topics.all()) {
    partitions += topic->partitions.size();
    into.gauge("kafka_topic_partitions", "Partitions of a topic.", {{"topic", topic->name}},
               number(topic->partitions.size()));
    for (std::int32_t index = 0; index < topic->partition_count(); ++index) {
      const MetricLabels labels{{"topic", topic->name}, {"partition", std::to_string(index)}};
      const auto partition = topic->partition(index);
      const Offsets offsets = partition->offsets();
      into.gauge("kafka_log_log_size", "Bytes of the partition's segments.", labels, number(partition->size_bytes()));
      into.gauge("kafka_topic_partition_oldest_offset", "First offset that can be read.", labels,
                 number(offsets.log_start.value()));
      into.gauge("kafka_topic_partition_current_offset", "Offset behind the last record that can be read.", labels,
                 number(offsets.high_watermark.value()));
    }
  }
  return partitions;
}

void collect_groups(Groups& groups, const Topics& topics, Exposition& into) {
  for (const auto& group : groups.list()) {
    const CommittedOffsets offsets = groups.committed(group.id).committed;
    for (const auto& [at, committed] : offsets) {
      const MetricLabels labels{
          {"consumergroup", group.id}, {"topic", at.topic}, {"partition", std::to_string(at.partition)}};
      into.gauge("kafka_consumergroup_current_offset", "What a group has committed.", labels, number(committed.offset));
      const auto topic = topics.find(at.topic);
      const auto partition = topic ? topic->partition(at.partition) : nullptr;
      if (!partition) continue;
      const std::int64_t lag = partition->offsets().high_watermark.value() - committed.offset;
      into.gauge("kafka_consumergroup_lag", "Records between the committed offset and the last that can be read.",
                 labels, number(std::max<std::int64_t>(lag, 0)));
    }
  }
}

}  // namespace

void collect_familiar(Broker& broker, Exposition& into) {
  collect_broker(broker, collect_topics(broker.topics(), into), into);
  collect_groups(broker.groups(), broker.topics(), into);
}

}  // namespace tickerlake::broker
