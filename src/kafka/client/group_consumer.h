#pragma once
// A member of a consumer group: the coordinator deals the topic's partitions out among the members.
#include <chrono>
#include <memory>
#include <string>
#include <vector>

#include "kafka/client/client.h"
#include "kafka/client/consumer.h"

namespace tickerlake::kafka {

/// Not thread-safe. Its destructor commits what was marked as done, and leaves the group.
class GroupConsumer : private Client {
 public:
  /// from_beginning: where to start in a partition for which the group has no offset; else at its end.
  static Result<std::unique_ptr<GroupConsumer>> create(const ClientSettings& settings, const std::string& group,
                                                       const std::string& topic, bool from_beginning, const Log& log);
  ~GroupConsumer();

  /// Up to max records; fewer, also none, after the timeout. A coordinator that is away is waited for.
  Result<void> poll(RecordBatch& batch, std::size_t max, std::chrono::milliseconds timeout);
  /// The partitions that are this member's now, ascending. Changes within poll() only.
  Result<std::vector<std::int32_t>> assignment() const;
  /// The record is done: the group goes on behind it. Committed every few seconds and when a partition is given away.
  Result<void> done(const FetchedRecord& record);

 private:
  GroupConsumer(Client&& client, std::string topic) : Client(std::move(client)), topic_(std::move(topic)) {}
  const std::string topic_;
};

}  // namespace tickerlake::kafka
