#pragma once
// The thread of a BatchConsumer that fetches ahead of the application.
#include <deque>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <thread>
#include <vector>

#include "base/mutex.h"
#include "kafka/client/fetch_positions.h"
#include "kafka/client/fetched.h"
#include "kafka/client/topic_scout.h"

namespace tickerlake::kafka {

/// What a fetch brought for a partition: a batch, or the news that the partition ends (for now).
struct FetchedItem {
  std::int32_t partition = 0;
  std::int64_t from = 0;  // records before it were not asked for
  std::optional<FetchedBatch> batch;
  std::int64_t end = 0;  // without a batch
};

/// What consumer and fetcher share.
struct FetchExchange {
  Mutex mutex;
  Condition changed;
  FetchPositions positions TL_GUARDED_BY(mutex);
  std::string topic TL_GUARDED_BY(mutex);
  std::deque<FetchedItem> items TL_GUARDED_BY(mutex);
  std::size_t bytes TL_GUARDED_BY(mutex) = 0;         // of the items' records
  std::optional<Error> failure TL_GUARDED_BY(mutex);  // the first; nothing comes behind it
};

/// Fetches until it is destroyed. One thread for all brokers; it waits for none of them while it holds the lock.
class BatchFetcher {
 public:
  /// Of records that wait to be read; one answer may come on top.
  static constexpr std::size_t most_ahead = 32u << 20;

  /// Two clusters, one for the fetcher's thread and one for its scout's.
  BatchFetcher(std::unique_ptr<Cluster> cluster, std::unique_ptr<Cluster> scouting, FetchExchange& exchange,
               const Log& log);
  ~BatchFetcher();
  BatchFetcher(const BatchFetcher&) = delete;
  BatchFetcher& operator=(const BatchFetcher&) = delete;

  /// Positions have changed, or there is room again. Thread-safe.
  void wake() { cluster_->waiter().wake(); }

 private:
  struct Request {
    std::string topic;
    std::vector<FetchPositions::Part> parts;
  };
  void run();
  Result<void> step();
  Result<void> scout();
  Result<void> heed(TopicScout::Report report);
  Result<void> ask();
  Result<void> ask(std::int32_t node);
  void wait();
  Result<void> receive();
  Result<void> receive_from(std::int32_t node, Connection& connection);
  Result<void> take_part(const Request& request, const FetchResponse::Topic::Partition& answer,
                         const std::shared_ptr<const void>& memory);
  Result<void> out_of_range(const FetchPositions::Part& part);
  void lose(std::int32_t node, const Error& why);
  bool is_silent(std::int32_t node, std::chrono::milliseconds since);

  const std::unique_ptr<Cluster> cluster_;
  FetchExchange& exchange_;
  const Log log_;

  // of the thread
  std::string topic_;                                      // whose id this is
  Uuid topic_id_;                                          // as it was first found
  std::map<std::int32_t, Request> under_way_;              // by node
  std::map<std::int32_t, SteadyTime> out_of_range_since_;  // by partition
  SteadyTime next_doubt_{};                                // when the scout is asked again about silent brokers
  std::optional<Error> failure_;                           // of a partition
  TopicScout scout_;
  std::thread thread_;
};

}  // namespace tickerlake::kafka
