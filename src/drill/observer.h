#pragma once
// Looks at a cluster, again and again: who leads, who is in sync, who controls.
#include <atomic>
#include <chrono>
#include <memory>
#include <string>
#include <thread>

#include "base/log.h"
#include "drill/recorder.h"
#include "kafka/client/cluster.h"

namespace tickerlake::drill {

/// Writes into the recorder until its end. Two threads: an active controller can take long to answer while one is
/// being elected, and the leaders must be seen meanwhile.
class Observer {
 public:
  static constexpr std::chrono::milliseconds interval{50};
  /// Broken off when the cluster is silent for so long; the next look goes to another broker.
  static constexpr std::chrono::milliseconds patience{3'000};

  /// The recorder must outlive it. ErrorCode::invalid_argument for settings that can't be.
  static Result<std::unique_ptr<Observer>> start(const kafka::ClientSettings& settings, const std::string& topic,
                                                 Recorder& recorder, const Log& log);
  ~Observer();
  Observer(const Observer&) = delete;
  Observer& operator=(const Observer&) = delete;

 private:
  Observer(std::unique_ptr<kafka::Cluster> leaders, std::unique_ptr<kafka::Cluster> controllers, std::string topic,
           Recorder& recorder, const Log& log);
  void watch_leaders();
  void watch_controllers();
  Result<std::int32_t> ask_controller();

  // constant after construction
  const std::string topic_;
  Recorder& recorder_;
  const Log log_;
  const std::unique_ptr<kafka::Cluster> leaders_, controllers_;  // each its thread's own, but for cancel()

  std::jthread leader_thread_, controller_thread_;
};

/// The topic's partitions as whichever broker answers describes them; none while it does not know the topic.
Result<std::vector<PartitionView>> describe(kafka::Cluster& cluster, const std::string& topic,
                                            const kafka::Patience& patience);

}  // namespace tickerlake::drill
