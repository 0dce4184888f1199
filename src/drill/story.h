#pragma once
// What is done to the cluster, in acts; each step waits for what Kafka promises to do about it.
#include <chrono>
#include <functional>
#include <optional>
#include <string>
#include <vector>

#include "cluster/cluster.h"
#include "drill/recorder.h"
#include "drill/work.h"
#include "kafka/client/cluster.h"

namespace tickerlake::drill {

enum class Act {
  leader,      // kill -9 of a partition's leader, which is not the controller if there is such a one
  controller,  // kill -9 of the active controller
  ensemble,    // kill -9 of the leader of the ZooKeeper ensemble; not with KRaft
};
const char* name(Act act);
std::optional<Act> parse_act(std::string_view text);

/// How long things took, in milliseconds from the kill unless said otherwise; nothing for what the act has not.
struct ActReport {
  Act act = Act::leader;
  std::string process = {};      // that was killed
  std::int32_t broker = nobody;  // its id, of a broker
  Ms killed_at = 0;
  std::vector<std::int32_t> led = {};          // the partitions that it led
  std::vector<std::int32_t> new_leaders = {};  // of those, in the same order
  std::optional<Ms> fail_over = {};            // until each of them had a new leader
  std::optional<Ms> isr_shrank = {};           // until no ISR had it any more
  std::optional<int> least_in_sync = {};       // the size of the smallest ISR then
  std::optional<std::int32_t> new_controller = {};
  std::optional<Ms> controller_change = {};  // until there was another controller
  std::optional<std::string> new_ensemble_leader = {};
  std::optional<Ms> ensemble_change = {};  // until the ensemble had another leader
  Ms longest_pause = 0;                    // of the replay, without a new acknowledgement, until the fail-over was done
  std::int64_t rows_without_it = 0;        // that were acknowledged between fail-over and restart
  Ms restarted_at = 0;
  std::optional<Ms> serves_again = {};       // from the restart, of a ZooKeeper server
  std::optional<Ms> isr_whole = {};          // from the restart until every replica was in sync
  std::optional<Ms> preferred_leaders = {};  // from the request until they led again
};

struct StoryOptions {
  std::string topic = {};
  std::chrono::milliseconds hold{3'000};        // work goes on so long at least without the lost process
  std::chrono::milliseconds patience{120'000};  // for each step
};

/// Told one line at a time, as it happens.
using Narrator = std::function<void(const std::string&)>;

/// Not thread-safe.
class Story {
 public:
  /// All but the options must outlive it.
  Story(StoryOptions options, cluster::Cluster& cluster, kafka::Cluster& client, Work& work, Recorder& recorder,
        const Narrator& tell, const pipeline::Stop& stop)
      : options_(std::move(options)),
        cluster_(cluster),
        client_(client),
        work_(work),
        recorder_(recorder),
        tell_(tell),
        stop_(stop) {}

  /// Waits until rows arrive at both ends, every replica is in sync and the preferred leaders lead.
  Result<void> begin();
  /// ErrorCode::timeout names the step for which nothing came; a failure of replay or sink ends it too.
  Result<ActReport> play(Act act);

 private:
  using Look = std::function<std::optional<Ms>(const Timeline&)>;

  Result<ActReport> lose_broker(Act act, std::int32_t broker);
  Result<ActReport> lose_ensemble_leader();
  Result<void> see_fail_over(ActReport& report, std::int32_t old_controller);
  Result<void> see_work_go_on(ActReport& report);
  Result<void> bring_back(ActReport& report);
  Result<void> elect_preferred(ActReport& report);

  Result<Ms> kill(const cluster::Node& node);
  Result<void> restart(const cluster::Node& node, ActReport& report);
  Result<Ms> wait_for(const std::string& what, const Look& look);
  /// As wait_for, by asking the cluster's processes, which takes longer than a look at the timeline.
  Result<Ms> wait_for_status(const std::string& what, const std::function<bool(const cluster::ClusterStatus&)>& look);
  std::int32_t choose_leader() const;
  void happened(Ms at, EventKind kind, const std::string& text);

  const StoryOptions options_;
  cluster::Cluster& cluster_;
  kafka::Cluster& client_;
  Work& work_;
  Recorder& recorder_;
  const Narrator& tell_;
  const pipeline::Stop& stop_;
};

}  // namespace tickerlake::drill
