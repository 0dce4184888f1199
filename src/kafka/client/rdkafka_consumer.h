#pragma once
// The consumer by librdkafka: for what only its properties can ask for.
#include "kafka/client/client.h"
#include "kafka/client/consumer.h"

struct rd_kafka_queue_s;

namespace tickerlake::kafka {

class RdkafkaConsumer final : public Consumer, private Client {
 public:
  static Result<std::unique_ptr<Consumer>> create(const ClientSettings& settings, const std::string& group,
                                                  const Log& log);
  ~RdkafkaConsumer() override;

  Result<std::optional<int>> partitions(const std::string& topic, std::chrono::milliseconds timeout) override {
    return Client::partitions(topic, timeout);
  }
  Result<void> wait_for_leaders(const std::string& topic, std::chrono::milliseconds timeout) override {
    return Client::wait_for_leaders(topic, timeout);
  }
  Result<Watermarks> watermarks(const std::string& topic, std::int32_t partition,
                                std::chrono::milliseconds timeout) override {
    return Client::watermarks(topic, partition, timeout);
  }
  Result<void> wait_until_committed(const std::string&, int, std::chrono::milliseconds) override { return {}; }
  Result<std::string> cluster_id(std::chrono::milliseconds timeout) override { return Client::cluster_id(timeout); }
  Result<void> assign(const std::string& topic, std::span<const PartitionOffset> from) override;
  Result<void> pause(const std::string& topic, std::int32_t partition) override;
  Result<void> resume(const std::string& topic, std::int32_t partition) override;
  Result<void> poll(RecordBatch& batch, std::size_t max, std::chrono::milliseconds timeout) override;
  void commit(const std::string& topic, PartitionOffset next) override;

 private:
  RdkafkaConsumer(Client client, rd_kafka_queue_s* queue) : Client(std::move(client)), queue_(queue) {}
  rd_kafka_queue_s* queue_;
};

}  // namespace tickerlake::kafka
