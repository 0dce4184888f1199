#pragma once
// The producer by librdkafka: for what only its properties can ask for.
#include "kafka/client/client.h"
#include "kafka/client/producer.h"

struct rd_kafka_topic_s;

namespace tickerlake::kafka {

class RdkafkaProducer final : public Producer, private Client {
 public:
  static Result<std::unique_ptr<Producer>> create(const ClientSettings& settings, const std::string& topic,
                                                  const Tuning& tuning, const Log& log);
  ~RdkafkaProducer() override;

  Result<bool> produce(std::int32_t partition, const std::optional<std::string_view>& key,
                       const std::optional<std::string_view>& value, std::int64_t timestamp_ms,
                       std::span<const Header> headers) override;
  Result<void> poll(std::chrono::milliseconds timeout) override;
  Result<bool> flush(std::chrono::milliseconds timeout) override;
  std::int64_t in_queue() const override;

 private:
  RdkafkaProducer(Client client, rd_kafka_topic_s* topic) : Client(std::move(client)), topic_(topic) {}
  rd_kafka_topic_s* topic_;
};

}  // namespace tickerlake::kafka
