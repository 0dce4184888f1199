#pragma once
// What an administrator asks of a cluster: topics with their layout, consumer groups with their offsets.
#include <chrono>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "base/log.h"
#include "base/time.h"
#include "kafka/client/consumer.h"
#include "kafka/client/settings.h"
#include "kafka/client/watermarks.h"

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
  std::string type;   // "classic", "consumer"; empty where nobody says it: brokers before Kafka 4, librdkafka
  std::string state;  // "Stable", "Empty", …; empty before Kafka 2.6
};

struct GroupOffset {
  std::string topic;
  std::int32_t partition = 0;
  std::int64_t offset = 0;
};

/// Not thread-safe. Errors: unavailable (no broker answers), timeout, unauthorized, not_found, invalid_argument, io.
class Admin {
 public:
  /// What speaks to the brokers by itself, or librdkafka where its properties ask for more.
  static Result<std::unique_ptr<Admin>> create(const ClientSettings& settings, const Log& log);
  virtual ~Admin() = default;

  virtual Result<ClusterLayout> layout(std::chrono::milliseconds timeout) = 0;
  virtual Result<std::string> cluster_id(std::chrono::milliseconds timeout) = 0;

  /// ErrorCode::already_exists.
  virtual Result<void> create_topic(const NewTopic& topic, std::chrono::milliseconds timeout) = 0;
  /// ErrorCode::not_found.
  virtual Result<void> delete_topic(const std::string& topic, std::chrono::milliseconds timeout) = 0;
  /// How many partitions the topic has, nothing if there is no such topic.
  virtual Result<std::optional<int>> partitions(const std::string& topic, std::chrono::milliseconds timeout) = 0;
  /// Waits until every partition has a leader.
  virtual Result<void> wait_for_leaders(const std::string& topic, std::chrono::milliseconds timeout) = 0;
  virtual Result<Watermarks> watermarks(const std::string& topic, std::int32_t partition,
                                        std::chrono::milliseconds timeout) = 0;
  /// The first offset whose record is as young as the time or younger; the partition's end if there is none.
  virtual Result<std::int64_t> offset_at(const std::string& topic, std::int32_t partition, TimestampMs time,
                                         std::chrono::milliseconds timeout) = 0;

  virtual Result<std::vector<GroupListing>> groups(std::chrono::milliseconds timeout) = 0;
  /// Every partition for which the group has committed an offset; none for an unknown group.
  virtual Result<std::vector<GroupOffset>> group_offsets(const std::string& group,
                                                         std::chrono::milliseconds timeout) = 0;
  /// ErrorCode::not_found; conflict while it has members.
  virtual Result<void> delete_group(const std::string& group, std::chrono::milliseconds timeout) = 0;
  /// Of a group without members. ErrorCode::conflict while it has some.
  virtual Result<void> set_group_offsets(const std::string& group, const std::vector<GroupOffset>& offsets,
                                         std::chrono::milliseconds timeout) = 0;
};

/// How many partitions the topic has; it is made if it is missing, with the cluster's replication, and keeps its
/// records for ever: retention goes by their timestamps, and market data is older than any default.
Result<int> find_or_make_topic(Consumer& consumer, const ClientSettings& settings, const std::string& topic,
                               int partitions, std::chrono::milliseconds timeout, const Log& log);

}  // namespace tickerlake::kafka
