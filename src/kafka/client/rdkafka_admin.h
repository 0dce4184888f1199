#pragma once
// Private to this folder: administration through librdkafka, for what only its properties can ask for.
#include "kafka/client/admin.h"
#include "kafka/client/client.h"

namespace tickerlake::kafka {

class RdkafkaAdmin final : public Admin, private Client {
 public:
  static Result<std::unique_ptr<RdkafkaAdmin>> create(const ClientSettings& settings, const Log& log);

  Result<ClusterLayout> layout(std::chrono::milliseconds timeout) override;
  Result<std::string> cluster_id(std::chrono::milliseconds timeout) override { return Client::cluster_id(timeout); }
  Result<void> create_topic(const NewTopic& topic, std::chrono::milliseconds timeout) override;
  Result<void> delete_topic(const std::string& topic, std::chrono::milliseconds timeout) override;
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
  Result<std::int64_t> offset_at(const std::string& topic, std::int32_t partition, TimestampMs time,
                                 std::chrono::milliseconds timeout) override {
    return Client::offset_at(topic, partition, time, timeout);
  }
  Result<std::vector<GroupListing>> groups(std::chrono::milliseconds timeout) override;
  Result<std::vector<GroupOffset>> group_offsets(const std::string& group, std::chrono::milliseconds timeout) override;
  Result<void> delete_group(const std::string& group, std::chrono::milliseconds timeout) override;
  Result<void> set_group_offsets(const std::string& group, const std::vector<GroupOffset>& offsets,
                                 std::chrono::milliseconds timeout) override;

 private:
  explicit RdkafkaAdmin(Client&& client) : Client(std::move(client)) {}
};

}  // namespace tickerlake::kafka
