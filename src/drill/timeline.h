#pragma once
// What happened in a drill and when: plain data, and questions about it. No clock, no threads: tests write histories.
#include <cstdint>
#include <optional>
#include <string>
#include <vector>

namespace tickerlake::drill {

using Ms = std::int64_t;  // milliseconds since the drill began

inline constexpr std::int32_t nobody = -1;  // in the place of a broker's id

template <class Value>
struct Change {
  Ms at = 0;
  Value value{};
};

/// A partition as some broker described it at a moment.
struct PartitionView {
  std::int32_t id = 0;
  std::int32_t leader = nobody;
  std::int32_t leader_epoch = -1;
  std::vector<std::int32_t> replicas = {}, in_sync = {};
};

struct PartitionHistory {
  std::int32_t id = 0;
  std::vector<std::int32_t> replicas = {};  // the preferred leader first
  std::int32_t leader_epoch = -1;
  std::vector<Change<std::int32_t>> leaders = {};
  std::vector<Change<std::vector<std::int32_t>>> in_sync = {};  // sorted

  std::int32_t leader() const { return leaders.empty() ? nobody : leaders.back().value; }
  bool is_in_sync(std::int32_t broker) const;
};

/// A broker or a ZooKeeper server as the operating system sees it.
struct ProcessHistory {
  std::string name = {};
  std::int32_t broker = nobody;  // nobody: a ZooKeeper server
  std::vector<Change<bool>> running = {};
};

/// Sums since the beginning.
struct Sample {
  Ms at = 0;
  std::int64_t replayed = 0;  // rows that Kafka acknowledged
  std::int64_t read = 0;      // rows that the sink read
  std::int64_t in_lake = 0;   // rows in files of the lake
};

enum class EventKind { note, loss, election, in_sync, back };
const char* name(EventKind kind);

struct Event {
  Ms at = 0;
  EventKind kind = EventKind::note;
  std::string text = {};
};

struct Timeline {
  std::string title = {}, subtitle = {};
  int min_in_sync = 0;  // min.insync.replicas of the topic
  std::vector<ProcessHistory> processes = {};
  std::vector<PartitionHistory> partitions = {};  // by id
  std::vector<Change<std::int32_t>> controllers = {};
  std::vector<Sample> samples = {};
  std::vector<Event> events = {};  // in the order of their times
  Ms paced_until = 0;              // then the replay sends what is left as fast as it goes; 0: it does not
  Ms end = 0;

  std::int32_t controller() const { return controllers.empty() ? nobody : controllers.back().value; }
};

/// Takes in what a broker said; views may be repeated. One of an earlier leader epoch is passed over: a broker that
/// has just come back, or hears from the controller late, describes the past.
void observe(Timeline& timeline, Ms at, const std::vector<PartitionView>& views);
void observe_controller(Timeline& timeline, Ms at, std::int32_t controller);
void observe_process(Timeline& timeline, Ms at, const std::string& name, bool running);
/// Puts it in its place.
void add_event(Timeline& timeline, Event event);

// Since when something holds of all partitions; nothing while it doesn't hold of some.
std::optional<Ms> led_without(const Timeline& timeline, std::int32_t broker);
std::optional<Ms> in_sync_without(const Timeline& timeline, std::int32_t broker);
std::optional<Ms> all_in_sync(const Timeline& timeline);
std::optional<Ms> led_by_preferred(const Timeline& timeline);

/// The size of the smallest ISR whenever it changed.
std::vector<Change<int>> least_in_sync(const Timeline& timeline);

/// Rows a second between samples that are at least `step` apart, each at the end of its interval.
struct Rate {
  Ms from = 0, to = 0;
  double replayed = 0, read = 0, in_lake = 0;
};
std::vector<Rate> rates(const Timeline& timeline, Ms step);

/// The longest time between two samples' growth of `replayed`, of the rows of [from, to].
Ms longest_pause(const Timeline& timeline, Ms from, Ms to);

/// The smallest value that at least this share of the values don't exceed (nearest rank); nothing of none.
std::optional<Ms> percentile(std::vector<Ms> values, double share);

}  // namespace tickerlake::drill
