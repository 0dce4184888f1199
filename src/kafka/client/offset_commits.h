#pragma once
// Offsets of a group that nobody joined, stored in the background: they tell how far somebody is, and nothing waits for
// them.
#include <map>
#include <memory>
#include <string>
#include <thread>
#include <utility>

#include "base/mutex.h"
#include "kafka/client/cluster.h"
#include "kafka/client/consumer.h"

namespace tickerlake::kafka {

/// Thread-safe. On destruction it tries for a few seconds to store what is not stored yet.
class OffsetCommits {
 public:
  OffsetCommits(std::unique_ptr<Cluster> cluster, std::string group, const Log& log);
  ~OffsetCommits();
  OffsetCommits(const OffsetCommits&) = delete;
  OffsetCommits& operator=(const OffsetCommits&) = delete;

  /// The last offset given for a partition wins.
  void add(const std::string& topic, PartitionOffset next);

 private:
  using Offsets = std::map<std::pair<std::string, std::int32_t>, std::int64_t>;
  void run();
  Result<void> store(const Offsets& offsets);

  const std::unique_ptr<Cluster> cluster_;
  const std::string group_;
  const Log log_;
  std::int32_t coordinator_ = no_node;  // of the thread

  Mutex mutex_;
  Condition changed_;
  Offsets pending_ TL_GUARDED_BY(mutex_);
  bool busy_ TL_GUARDED_BY(mutex_) = false;
  bool closing_ TL_GUARDED_BY(mutex_) = false;
  std::thread thread_;
};

}  // namespace tickerlake::kafka
