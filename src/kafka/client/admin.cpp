#include "kafka/client/admin.h"

#include "kafka/client/cluster_admin.h"
#include "kafka/client/rdkafka_admin.h"

namespace tickerlake::kafka {

Result<std::unique_ptr<Admin>> Admin::create(const ClientSettings& settings, const Log& log) {
  if (!settings.batch_clients_suffice()) return RdkafkaAdmin::create(settings, log);
  return ClusterAdmin::create(settings, log);
}

Result<int> find_or_make_topic(Consumer& consumer, const ClientSettings& settings, const std::string& topic,
                               int partitions, std::chrono::milliseconds timeout, const Log& log) {
  TRY(auto found, consumer.partitions(topic, timeout));
  if (found) return *found;
  TRY(const auto admin, Admin::create(settings, log));
  // Apache Kafka also begins a new segment whenever timestamps are a week apart: with old history, for nearly every
  // batch.
  const NewTopic wanted{.name = topic,
                        .partitions = partitions,
                        .configs = {{"retention.ms", "-1"}, {"segment.ms", "9223372036854775807"}}};
  auto made = admin->create_topic(wanted, timeout);
  if (!made && made.error().code != ErrorCode::already_exists) return std::unexpected(std::move(made).error());
  CHECK(consumer.wait_for_leaders(topic, timeout));
  TRY(found, consumer.partitions(topic, timeout));
  if (!found) return fail(ErrorCode::not_found, "topic " + topic + " was made and is gone again");
  return *found;
}

}  // namespace tickerlake::kafka
