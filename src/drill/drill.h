#pragma once
// A drill: replay and sink work on a cluster while its processes are killed one after the other; then the proof that
// every row arrived once. Once or many times, for the distribution of fail-over times.
#include <map>

#include "drill/proof.h"
#include "drill/story.h"
#include "pipeline/replay/pace.h"

namespace tickerlake::drill {

struct DrillOptions {
  std::vector<std::filesystem::path> dataset = {};
  pipeline::Pace pace = {};  // of the replay, until the last act is over
  std::string topic = {};    // a new one
  std::string prefix = {};   // in the lake, of its own
  int partitions = 4;
  std::vector<Act> acts = {};
  std::chrono::milliseconds hold{3'000};
  std::chrono::milliseconds patience{120'000};
  std::chrono::milliseconds flush_interval{2'000};  // of the sink
};

inline constexpr int replicas = 3, min_in_sync = 2;

struct DrillReport {
  std::string topic = {}, prefix = {};
  std::string version = {};                          // of Apache Kafka
  std::string flavour = {};                          // "kraft", "zookeeper"
  std::map<std::string, std::string> settings = {};  // of a broker, that decide how fast all this goes
  std::vector<ActReport> acts = {};
  Timeline timeline = {};
  Proof proof = {};                   // of a drill that was played to its end
  std::optional<Error> failure = {};  // what ended it before

  bool holds() const { return !failure && proof.holds(); }
};

/// The acts that a cluster can play, in their order.
std::vector<Act> acts_of(cluster::Flavour flavour);

/// Errors: unavailable (the cluster is not complete), unsupported (fewer than three brokers, SASL or TLS). What goes
/// wrong once the drill plays is its report's failure: timeout (something that Kafka promises did not come), cancelled,
/// those of replay, sink and proof.
Result<DrillReport> run_drill(const DrillOptions& options, cluster::Cluster& cluster, pipeline::LakeStore& lake,
                              const Narrator& tell, const pipeline::Stop& stop, const Log& log);

}  // namespace tickerlake::drill
