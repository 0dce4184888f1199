#pragma once
// Which partitions a consumer asks which broker for next, and from where. No I/O, no clock, no threads.
#include <cstdint>
#include <map>
#include <optional>
#include <set>
#include <span>
#include <vector>

#include "kafka/client/cluster.h"
#include "kafka/client/consumer.h"

namespace tickerlake::kafka {

/// Not thread-safe.
class FetchPositions {
 public:
  /// Replaces everything; leaders are not known any more.
  void assign(std::span<const PartitionOffset> from);
  /// Not asked for from now on; what is under way is of no more use. Goes on from the offset once resumed.
  void pause(std::int32_t partition, std::int64_t offset);
  void resume(std::int32_t partition);

  void set_leader(std::int32_t partition, Leader leader);
  /// Partitions to be read whose leader is not known.
  std::vector<std::int32_t> without_leader() const;
  /// Brokers that lead something to be read and have no request yet.
  std::vector<std::int32_t> nodes_to_ask() const;

  struct Part {
    std::int32_t partition;
    std::int64_t offset;
    std::int32_t epoch;    // of the leader that is asked
    std::uint64_t ticket;  // of this position: another one after assign() and pause()
  };
  /// The next request to a broker; it is under way from now on.
  std::vector<Part> take(std::int32_t node);
  /// The request's answer has come.
  void answered(std::int32_t node) { asked_.erase(node); }
  /// What the answer says about this part is still wanted.
  bool is_wanted(const Part& part) const;
  void advance(std::int32_t partition, std::int64_t next);
  /// The broker is not the right one (now).
  void refused(std::int32_t partition) { set_leader(partition, {}); }
  void lost(std::int32_t node);
  bool leads(std::int32_t partition, std::int32_t node) const;
  /// The partition ends at its position: true the first time there.
  bool reached_end(std::int32_t partition);

 private:
  struct Partition {
    std::int64_t offset = 0;
    Leader leader;
    bool paused = false;
    std::uint64_t ticket = 0;
    std::optional<std::int64_t> end_told;
  };
  std::map<std::int32_t, Partition> partitions_;
  std::set<std::int32_t> asked_;  // brokers with a request under way
  std::uint64_t next_ticket_ = 1;
  std::size_t turn_ = 0;
};

}  // namespace tickerlake::kafka
