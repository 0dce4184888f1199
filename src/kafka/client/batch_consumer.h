#pragma once
// The consumer that fetches ahead and reads records where they lie.
#include <map>

#include "base/mutex.h"
#include "kafka/client/batch_fetcher.h"
#include "kafka/client/consumer.h"
#include "kafka/client/offset_commits.h"
#include "kafka/records/record_cursor.h"

namespace tickerlake::kafka {

class BatchConsumer final : public Consumer {
 public:
  static Result<std::unique_ptr<Consumer>> create(const ClientSettings& settings, const std::string& group,
                                                  const Log& log);

  Result<std::optional<int>> partitions(const std::string& topic, std::chrono::milliseconds timeout) override;
  Result<void> wait_for_leaders(const std::string& topic, std::chrono::milliseconds timeout) override;
  Result<Watermarks> watermarks(const std::string& topic, std::int32_t partition,
                                std::chrono::milliseconds timeout) override;
  Result<void> wait_until_committed(const std::string& topic, int partitions,
                                    std::chrono::milliseconds timeout) override;
  Result<std::string> cluster_id(std::chrono::milliseconds timeout) override;
  Result<void> assign(const std::string& topic, std::span<const PartitionOffset> from) override;
  Result<void> pause(const std::string& topic, std::int32_t partition) override;
  Result<void> resume(const std::string& topic, std::int32_t partition) override;
  Result<void> poll(RecordBatch& batch, std::size_t max, std::chrono::milliseconds timeout) override;
  void commit(const std::string& topic, PartitionOffset next) override;

 private:
  BatchConsumer(const ClientSettings& settings, std::string group, std::unique_ptr<Cluster> asking,
                std::unique_ptr<Cluster> fetching, std::unique_ptr<Cluster> scouting, const Log& log);
  /// The next item, at hand from now on; false when the time came first. The first failure instead.
  Result<bool> next_item(SteadyTime until);
  Result<void> read_records(RecordBatch& batch, std::size_t max);

  // constant after construction
  const ClientSettings settings_;
  const std::string group_;
  const Log log_;

  // of the application's thread
  std::optional<FetchedItem> item_;  // at hand
  RecordCursor cursor_;
  std::map<std::int32_t, std::int64_t> positions_;  // the offset to deliver next, by partition

  Mutex asking_mutex_;
  const std::unique_ptr<Cluster> asking_;  // under asking_mutex_
  Mutex commits_mutex_;
  std::unique_ptr<OffsetCommits> commits_ TL_GUARDED_BY(commits_mutex_);  // from the first commit on
  FetchExchange exchange_;
  BatchFetcher fetcher_;  // last: its thread uses the exchange
};

}  // namespace tickerlake::kafka
