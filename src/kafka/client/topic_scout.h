#pragma once
// The thread that asks who leads a topic's partitions and what their logs hold, for a sender or a fetcher: so that
// these never wait for a broker that is silent while others have answers for them.
#include <atomic>
#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <thread>
#include <vector>

#include "base/mutex.h"
#include "kafka/client/leader_lookup.h"
#include "kafka/client/log_tail.h"

namespace tickerlake::kafka {

/// Thread-safe. One errand at a time; pauses between errands grow until something succeeds.
class TopicScout {
 public:
  struct Question {
    std::int32_t partition;
    std::optional<std::int64_t> from;  // as read_log_tail()'s; without it only whether the leader answers
    std::int64_t least = -1;           // where the log must end at least, unless it lost something
  };
  struct Errand {
    std::string topic;
    Uuid topic_id;  // as it was found before, or zero
    std::vector<Question> questions;
    ProducerName producer;
  };
  struct Report {
    std::string topic;
    std::optional<TopicView> view;  // nothing: it can't be told now
    std::map<std::int32_t, io::Endpoint> nodes;
    /// Partitions asked about whose leader answered, and what it said.
    std::map<std::int32_t, std::optional<LogTail>> answers;
    std::optional<Error> failure;  // that does not pass: as LeaderLookup::look's
  };

  /// wake: called by the scout's thread when there is a report.
  TopicScout(std::unique_ptr<Cluster> cluster, std::function<void()> wake, const Log& log);
  ~TopicScout();
  TopicScout(const TopicScout&) = delete;
  TopicScout& operator=(const TopicScout&) = delete;

  /// False when it is still busy with the last errand, or its report was not taken yet.
  bool send(Errand errand);
  std::optional<Report> take();
  /// A leader did what it was asked to: pauses are short again.
  void succeeded() { succeeded_.store(true, std::memory_order_relaxed); }

 private:
  void run();
  Report go(const Errand& errand);
  void ask(const Errand& errand, const Question& question, Report& report, std::vector<std::int32_t>& silent);
  bool is_believable(const Question& question, const LogTail& tail);

  const std::unique_ptr<Cluster> cluster_;
  const std::function<void()> wake_;
  const Log log_;
  std::atomic<bool> succeeded_ = false;

  // of the thread
  LeaderLookup lookup_;
  std::string topic_;
  std::map<std::int32_t, SteadyTime> too_short_since_;  // by partition

  Mutex mutex_;
  Condition changed_;
  bool busy_ TL_GUARDED_BY(mutex_) = false;
  bool closing_ TL_GUARDED_BY(mutex_) = false;
  std::optional<Errand> errand_ TL_GUARDED_BY(mutex_);
  std::optional<Report> report_ TL_GUARDED_BY(mutex_);
  std::thread thread_;
};

}  // namespace tickerlake::kafka
