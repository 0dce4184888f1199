#pragma once
// Ends transactions in partitions: appends markers, in the groups' journal too, and waits until they are on disk.
#include <memory>
#include <vector>

#include "base/time.h"
#include "kafka/errors.h"
#include "kafka/records/marker.h"
#include "services/broker/partition.h"
#include "services/broker/transactions/transaction.h"

namespace tickerlake::broker {

class Groups;
class Topics;

/// Used by one thread.
class MarkerWriter {
 public:
  MarkerWriter(Topics& topics, Groups& groups, const Clock& clock) : topics_(topics), groups_(groups), clock_(clock) {}

  /// Appends to the page cache. UNKNOWN_TOPIC_OR_PARTITION where there is none (any more), INVALID_PRODUCER_EPOCH when
  /// the partition knows a larger one, KAFKA_STORAGE_ERROR and NOT_LEADER_OR_FOLLOWER (the broker stops) for what may
  /// go well later.
  kafka::KafkaError write(const TopicPartition& partition, const Producer& producer, kafka::Marker marker);
  /// Returns once all that was written is on disk.
  void wait_durable();

 private:
  Topics& topics_;
  Groups& groups_;
  const Clock& clock_;
  std::vector<std::pair<std::shared_ptr<Partition>, Offset>> written_;  // and the offset behind it
};

}  // namespace tickerlake::broker
