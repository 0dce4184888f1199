#include "services/broker/broker_metrics.h"

#include "services/broker/broker.h"
#include "services/broker/broker_metrics_familiar.h"
#include "services/broker/dispatch.h"
#include "services/broker/groups/groups.h"
#include "services/broker/topics.h"

namespace tickerlake::broker {
namespace {

constexpr std::int16_t fetch_key = 1, join_group_key = 11, sync_group_key = 14;

bool waits_by_nature(std::int16_t api_key) {
  return api_key == fetch_key || api_key == join_group_key || api_key == sync_group_key;
}

double number(std::int64_t value) { return static_cast<double>(value); }

void collect_topics(const Topics& topics, Exposition& into) {
  const auto all = topics.all();
  std::size_t partitions = 0;
  for (const auto& topic : all) {
    partitions += topic->partitions.size();
    for (std::int32_t i = 0; i < topic->partition_count(); ++i) {
      const MetricLabels labels{{"topic", topic->name}, {"partition", std::to_string(i)}};
      const auto partition = topic->partition(i);
      const Offsets offsets = partition->offsets();
      into.gauge("tickerlake_kafka_log_start_offset", "First offset that can be read.", labels,
                 number(offsets.log_start.value()));
      into.gauge("tickerlake_kafka_log_end_offset", "Offset behind the last record.", labels,
                 number(offsets.log_end.value()));
      into.gauge("tickerlake_kafka_high_watermark", "Offset behind the last record that consumers may see.", labels,
                 number(offsets.high_watermark.value()));
      into.gauge("tickerlake_kafka_log_size_bytes", "Bytes of the partition's segments.", labels,
                 number(partition->size_bytes()));
    }
  }
  into.gauge("tickerlake_kafka_topics", "Topics, internal ones included.", {}, static_cast<double>(all.size()));
  into.gauge("tickerlake_kafka_partitions", "Partitions of all topics.", {}, static_cast<double>(partitions));
}

void collect_groups(Groups& groups, const Topics& topics, Exposition& into) {
  const auto all = groups.list();
  into.gauge("tickerlake_kafka_groups", "Consumer groups.", {}, static_cast<double>(all.size()));
  for (const ListedGroup& group : all) {
    into.gauge("tickerlake_kafka_group_members", "Members of a consumer group.", {{"group", group.id}},
               static_cast<double>(group.members));
    const CommittedOffsets offsets = groups.committed(group.id).committed;
    for (const auto& [at, committed] : offsets) {
      const MetricLabels labels{{"group", group.id}, {"topic", at.topic}, {"partition", std::to_string(at.partition)}};
      into.gauge("tickerlake_kafka_group_committed_offset", "What a group has committed.", labels,
                 number(committed.offset));
      const auto topic = topics.find(at.topic);
      const auto partition = topic ? topic->partition(at.partition) : nullptr;
      if (!partition) continue;
      const std::int64_t lag = partition->offsets().high_watermark.value() - committed.offset;
      into.gauge("tickerlake_kafka_group_lag", "Records between a group's committed offset and the high watermark.",
                 labels, number(std::max<std::int64_t>(lag, 0)));
    }
  }
}

}  // namespace

BrokerMetrics::BrokerMetrics(const Metrics& metrics, std::chrono::milliseconds slow_request)
    : bytes_in(metrics.counter("tickerlake_kafka_bytes_in_total", "Bytes of record batches that producers appended.")),
      bytes_out(metrics.counter("tickerlake_kafka_bytes_out_total", "Bytes of record batches given to consumers.")),
      messages_in(metrics.counter("tickerlake_kafka_messages_in_total", "Records that producers appended.")),
      connections(metrics.counter("tickerlake_kafka_connections_total", "Connections accepted.")),
      bad_requests(metrics.counter("tickerlake_kafka_bad_requests_total",
                                   "Connections closed because of what the client sent.")),
      failed_authentications(metrics.counter("tickerlake_kafka_failed_authentications_total",
                                             "Connections closed because the client did not prove who it is.")),
      metrics_(metrics),
      slow_request_(slow_request) {
  for (const Route& route : routes()) {
    latency_[static_cast<std::size_t>(route.api.key)] = &metrics.histogram(
        "tickerlake_kafka_request_seconds",
        "Time from a request's arrival to its answer, waiting included (Fetch, JoinGroup, SyncGroup wait).",
        {{"api", std::string(route.api.name)}});
  }
}

Histogram* BrokerMetrics::latency(std::int16_t api_key) const {
  const auto key = static_cast<std::size_t>(api_key);
  return api_key >= 0 && key < latency_.size() ? latency_[key] : nullptr;
}

void RequestTimer::answered(const Log& log) const {
  const auto took = std::chrono::steady_clock::now() - arrived_;
  if (Histogram* latency = metrics_.latency(api_key_)) latency->observe(took);
  if (took < metrics_.slow_request() || waits_by_nature(api_key_)) return;
  const Route* route = find_route(api_key_);
  const Log line = log.with("api", route == nullptr ? "unknown" : route->api.name)
                       .with("us", std::chrono::duration_cast<std::chrono::microseconds>(took).count())
                       .with("bytes", bytes_);
  if (requester_ == nullptr) return line.info("slow request");
  line.with("client", requester_->client_id).with("principal", requester_->principal).info("slow request");
}

void collect(Broker& broker, Exposition& into) {
  into.gauge("tickerlake_kafka_connections", "Connections open now.", {}, broker.connections());
  collect_topics(broker.topics(), into);
  collect_groups(broker.groups(), broker.topics(), into);
  broker.quotas().collect(into, std::chrono::steady_clock::now());
  collect_familiar(broker, into);
}

}  // namespace tickerlake::broker
