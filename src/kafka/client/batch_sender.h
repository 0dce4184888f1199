#pragma once
// The thread of a BatchProducer that talks to the brokers.
#include <deque>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <thread>
#include <vector>

#include "base/mutex.h"
#include "kafka/client/cluster.h"
#include "kafka/client/send_window.h"
#include "kafka/client/topic_scout.h"
#include "kafka/records/batch_writer.h"

namespace tickerlake::kafka {

struct FullBatch {
  std::int32_t partition = 0;
  std::unique_ptr<BatchWriter> writer;
};

/// What producer and sender share. Batches go round: free, filled by the producer, ready, under way, free.
struct BatchExchange {
  Mutex mutex;
  Condition changed;
  std::deque<FullBatch> ready TL_GUARDED_BY(mutex);
  std::vector<std::unique_ptr<BatchWriter>> free TL_GUARDED_BY(mutex);
  std::int64_t unacknowledged TL_GUARDED_BY(mutex) = 0;  // records in batches that are ready or under way
  std::optional<Error> failure TL_GUARDED_BY(mutex);     // the first; nothing is sent behind it
};

/// Sends until it is destroyed. One thread for all brokers; it never waits for one of them while it holds the lock.
class BatchSender {
 public:
  /// Two clusters, one for the sender's thread and one for its scout's. view: of the topic as it was found at the
  /// start.
  BatchSender(std::unique_ptr<Cluster> cluster, std::unique_ptr<Cluster> scouting, std::string topic,
              const TopicView& view, Codec codec, BatchExchange& exchange, const Log& log);
  ~BatchSender();
  BatchSender(const BatchSender&) = delete;
  BatchSender& operator=(const BatchSender&) = delete;

  /// There is something in exchange.ready. Thread-safe.
  void wake() { cluster_->waiter().wake(); }

 private:
  struct Kept {
    std::int32_t partition;
    std::unique_ptr<BatchWriter> writer;
    ByteView bytes;  // header included
  };
  using Request = std::vector<SendWindow::Part>;

  void run();
  Result<void> step();
  Result<void> get_producer_id();
  Result<void> take_what_is_ready();
  Result<void> scout();
  Result<void> heed(TopicScout::Report report);
  Result<void> send();
  Result<void> send_to(std::int32_t node);
  void wait();
  Result<void> receive();
  Result<void> receive_from(std::int32_t node, Connection& connection);
  void lose(std::int32_t node, const Error& why);
  bool is_silent(std::int32_t node, std::chrono::milliseconds since);
  void acknowledge(const std::vector<BatchId>& done);

  // constant after construction
  const std::unique_ptr<Cluster> cluster_;
  const std::string topic_;
  const Uuid topic_id_;
  const Codec codec_;
  BatchExchange& exchange_;
  const Log log_;

  // of the thread
  SendWindow window_;
  std::map<std::int32_t, SteadyTime> not_before_;  // when a partition's log may be looked at
  SteadyTime next_doubt_{};                        // when the scout is asked again about silent brokers
  ProducerName producer_;
  std::vector<std::int32_t> next_sequence_;  // by partition
  BatchId next_batch_ = 0;
  std::map<BatchId, Kept> kept_;
  std::map<std::int32_t, std::deque<Request>> under_way_;  // by node, in the order of their answers
  std::optional<Error> failure_;                           // of a batch: nothing may be sent behind it
  TopicScout scout_;
  std::thread thread_;
};

}  // namespace tickerlake::kafka
