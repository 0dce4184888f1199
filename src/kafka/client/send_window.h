#pragma once
// What an idempotent producer may send next, and what an answer means. No I/O, no clock, no threads.
//
// For each partition there is a queue of batches, in the order of their sequence numbers. A batch leaves it when it is
// known to be stored; until then it is sent again, unchanged, however often it takes. Two things see to it that it is
// stored once.
//
// The broker's memory: it takes each batch once and only in its turn, which holds for resent ones as long as
//   - no batch is sent that is more than four behind the first that is not done (it remembers a producer's last five),
//   - all of them are on one connection, and a batch is never sent while a later one is under way,
//   - until a first batch is acknowledged, and again after each failure, only one is under way: a broker that has
//     never heard of a producer takes any sequence number, so a second batch could pass a refused first one.
//
// Our own eyes, since brokers forget (docs/delivery.md): once the fate of a batch is not known, nothing is sent to its
// partition until the log behind the last acknowledged batch has been read. What is found there is stored.
#include <cstdint>
#include <deque>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include "base/result.h"
#include "kafka/client/cluster.h"
#include "kafka/client/log_tail.h"
#include "kafka/errors.h"

namespace tickerlake::kafka {

/// The caller's name for a batch.
using BatchId = std::uint64_t;

/// Not thread-safe.
class SendWindow {
 public:
  static constexpr std::size_t most_under_way = 5;  // of a partition: what brokers remember of a producer

  explicit SendWindow(std::size_t partitions) : partitions_(partitions) {}

  /// Behind the partition's other batches. sequence: of its first record.
  void add(std::int32_t partition, BatchId batch, std::int32_t sequence);

  /// What must be known before something can be sent: who leads the partition, and with `from`, what its log holds from
  /// there on (from its end, if `from` is negative); a log that ends before `least` is not that of the leader, or lost
  /// what was acknowledged. Not asked while answers are still to come.
  struct Question {
    std::int32_t partition;
    std::optional<std::int64_t> from;
    std::int64_t least = -1;
  };
  std::vector<Question> questions() const;
  void set_leader(std::int32_t partition, Leader leader);
  /// The log as its leader showed it; returns the batches that are done for good with it, in order. An error is the
  /// broker's: it lost what it had acknowledged, or stored batches out of order.
  Result<std::vector<BatchId>> looked(std::int32_t partition, Leader leader, const LogTail& tail);

  /// Brokers to which something could be sent now.
  std::vector<std::int32_t> nodes_to_serve() const;
  /// Brokers that owe answers about partitions which another leads now.
  std::vector<std::int32_t> former_leaders() const;

  struct Part {
    std::int32_t partition;
    BatchId batch;
  };
  /// The next request to a broker: at most one batch of each partition; they are under way from now on.
  std::vector<Part> take(std::int32_t node);

  /// What a broker said about one batch under way; end: the offset behind it, -1 if it was not told. Returns the
  /// batches that are done for good with it, in order. After an error nothing must be sent any more: a later batch
  /// could pass the failed one.
  Result<std::vector<BatchId>> answered(std::int32_t partition, BatchId batch, KafkaError code, std::int64_t end);
  /// The connection is gone: what was under way there may have been stored or not. Returns those partitions.
  std::vector<std::int32_t> lost(std::int32_t node);

  std::size_t size() const;  // batches not done yet

 private:
  enum class State { waiting, under_way, done };
  struct Entry {
    BatchId batch;
    std::int32_t sequence;
    State state = State::waiting;
    std::int64_t end = -1;
  };
  struct Partition {
    std::deque<Entry> queue;
    Leader leader;
    std::int32_t sent_to = no_node;  // where those under way are
    int under_way = 0;
    bool careful = true;    // one at a time
    bool uncertain = true;  // nothing is sent until the log was looked at
    bool untried = true;    // no batch was acknowledged since the log was looked at
    Leader looked_at;
    std::int64_t end = -1;  // batches of the queue are stored from here on, if at all
  };
  static Entry* sendable(Partition& partition);
  static void try_again(Partition& partition, Entry& entry);
  static void pop_front(Partition& partition, std::vector<BatchId>& done);

  std::vector<Partition> partitions_;
};

}  // namespace tickerlake::kafka
