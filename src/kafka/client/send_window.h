#pragma once
// What an idempotent producer may send next, and what an answer means. No I/O, no clock, no threads.
//
// For each partition there is a queue of batches, in the order of their sequence numbers. A batch leaves it when it is
// acknowledged; until then it is sent again, unchanged, however often it takes. The broker takes each batch once and
// only in its turn, which holds for resent ones as long as
//   - no batch is sent that is more than four behind the first that is not done (it remembers a producer's last five),
//   - all of them are on one connection, and a batch is never sent while a later one is under way,
//   - until a first batch is acknowledged, and again after each failure, only one is under way: a broker that has
//     never heard of a producer takes any sequence number, so a second batch could pass a refused first one.
#include <cstdint>
#include <deque>
#include <optional>
#include <string>
#include <vector>

#include "base/result.h"
#include "kafka/client/cluster.h"
#include "kafka/errors.h"

namespace tickerlake::kafka {

/// The caller's name for a batch.
using BatchId = std::uint64_t;

/// Not thread-safe.
class SendWindow {
 public:
  static constexpr std::size_t most_under_way = 5;  // of a partition: what brokers remember of a producer

  explicit SendWindow(std::size_t partitions) : partitions_(partitions) {}

  /// Behind the partition's other batches.
  void add(std::int32_t partition, BatchId batch);
  void set_leader(std::int32_t partition, std::int32_t node);
  /// A partition with something to send has no leader that is known.
  bool needs_leaders() const;
  /// Brokers to which something could be sent now.
  std::vector<std::int32_t> nodes_to_serve() const;

  struct Part {
    std::int32_t partition;
    BatchId batch;
  };
  /// The next request to a broker: at most one batch of each partition; they are under way from now on.
  std::vector<Part> take(std::int32_t node);

  /// What a broker said about one batch under way; returns the batches that are done for good with it, in order.
  /// After an error nothing must be sent any more: a later batch could pass the failed one.
  Result<std::vector<BatchId>> answered(std::int32_t partition, BatchId batch, KafkaError code);
  /// The connection is gone: what was under way there may have been stored or not.
  void lost(std::int32_t node);

  std::size_t size() const;  // batches not done yet

 private:
  enum class State { waiting, under_way, done };
  struct Entry {
    BatchId batch;
    State state = State::waiting;
  };
  struct Partition {
    std::deque<Entry> queue;
    std::int32_t leader = no_node;
    std::int32_t sent_to = no_node;  // where those under way are
    int under_way = 0;
    bool careful = true;  // one at a time
  };
  static Entry* sendable(Partition& partition);
  static void try_again(Partition& partition, Entry& entry);

  std::vector<Partition> partitions_;
};

}  // namespace tickerlake::kafka
