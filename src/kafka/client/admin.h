#pragma once
// What an administrator asks of a cluster: topics with their layout, consumer groups with their offsets.
#include <map>

#include "kafka/client/client.h"
#include "kafka/client/consumer.h"

namespace tickerlake::kafka {

struct PartitionLayout {
  std::int32_t id = 0;
  std::int32_t leader = -1;  // a node id; -1 while there is none
  std::vector<std::int32_t> replicas, in_sync;
};

struct TopicLayout {
  std::string name;
  std::vector<PartitionLayout> partitions;
};

struct ClusterLayout {
  std::string id;
  std::int32_t controller = -1;
  std::map<std::int32_t, std::string> nodes;  // id to "host:port"
  std::vector<TopicLayout> topics;            // in the order of their names
};

struct NewTopic {
  std::string name;
  int partitions = 1;
  int replication_factor = -1;  // -1: the broker's default
  std::vector<std::pair<std::string, std::string>> configs;
};

struct GroupListing {
  std::string id;
  std::string state;  // "Stable", "Empty", …
};

struct GroupOffset {
  std::string topic;
  std::int32_t partition = 0;
  std::int64_t offset = 0;
};

/// Thread-safe. Errors as Client's.
class Admin : public Client {
 public:
  static Result<Admin> create(const ClientSettings& settings, const Log& log);

  Result<ClusterLayout> layout(std::chrono::milliseconds timeout);
  Result<void> create_topic(const NewTopic& topic, std::chrono::milliseconds timeout);
  /// ErrorCode::not_found.
  Result<void> delete_topic(const std::string& topic, std::chrono::milliseconds timeout);
  Result<std::vector<GroupListing>> groups(std::chrono::milliseconds timeout);
  /// Every partition for which the group has committed an offset; none for an unknown group.
  Result<std::vector<GroupOffset>> group_offsets(const std::string& group, std::chrono::milliseconds timeout);
  /// ErrorCode::not_found; conflict while it has members.
  Result<void> delete_group(const std::string& group, std::chrono::milliseconds timeout);
  /// Of a group without members. ErrorCode::conflict while it has some.
  Result<void> set_group_offsets(const std::string& group, const std::vector<GroupOffset>& offsets,
                                 std::chrono::milliseconds timeout);

 private:
  explicit Admin(Client&& client) : Client(std::move(client)) {}
};

/// How many partitions the topic has; it is made if it is missing, with the cluster's replication, and keeps its
/// records for ever: retention goes by their timestamps, and market data is older than any default.
Result<int> find_or_make_topic(Consumer& consumer, const ClientSettings& settings, const std::string& topic,
                               int partitions, std::chrono::milliseconds timeout, const Log& log);

}  // namespace tickerlake::kafka
