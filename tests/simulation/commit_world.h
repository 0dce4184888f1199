#pragma once
// Group commit: appenders, partitions, the thread that syncs rounds of them, and another that syncs one for a
// checkpoint. Real are CommitRounds (which partitions a round syncs), Durability (who may be acknowledged), Unsynced
// (which files that needs). A crash is possible after every step: in each state all that was told must be on disk.
#include <optional>

#include "services/broker/commit_rounds.h"
#include "services/broker/durability.h"
#include "services/broker/log/unsynced.h"
#include "world.h"

namespace tickerlake::simulation {

class CommitWorld {
 public:
  /// A protection of the broker's shell that a test takes away.
  enum class Without {
    nothing,
    sync_before_acknowledgement,
    sync_of_names,
    clean_mark_before_sync,  // begin_sync() when the sync is over
    one_sync_at_a_time,
  };
  struct Options {
    int partitions = 2;
    int appenders = 2;
    int appends = 4;       // at most, all together
    bool bulk = false;     // a round is large enough to delay the next one
    bool at_once = false;  // there are appends too that may be seen before they are on disk
    Without without = Without::nothing;
  };
  explicit CommitWorld(Options options);

  void offer(Steps& steps) const;
  std::string tell(const Step& step) const;
  void take(const Step& step);
  void settle();
  const std::string& wrong() const { return wrong_; }
  std::string key() const;

 private:
  enum Action : std::uint8_t {
    append,
    append_at_once,
    append_to_new_file,
    wait,
    work,
    sync_for_checkpoint,
    time_passes
  };
  struct File {
    int begin = 0;       // its first append's number
    int synced = 0;      // up to this append, exclusive
    bool named = false;  // on disk
  };
  struct Partition {
    int end = 0;                // appends so far
    std::vector<bool> at_once;  // of each append: it may be seen before it is on disk
    std::vector<File> files;
    broker::Unsynced<int> unsynced;
    broker::Durability<int> durability{broker::LogPosition{}};  // who waits: the appender
    bool dirty = false;                                         // as durability has it
    bool is_syncing = false;
  };
  struct Appender {
    int partition = -1;  // of the append that is not acknowledged yet
    int next = 0;        // behind it
    bool waits = false;
  };
  /// Partition::sync() on one thread, step by step.
  struct Sync {
    int partition = 0;
    bool begun = false;
    bool told = false;
    broker::LogPosition end;
    std::vector<int> files;
    bool names = false;
  };
  static constexpr std::size_t group_commit = 0, checkpointer = 1;

  broker::LogPosition end_of(const Partition& partition) const {
    return {broker::Offset(partition.end), broker::Offset(0), partition.end};
  }
  bool can_work(std::size_t thread) const;
  void work_on(std::size_t thread);
  bool go_on(Sync& sync);
  void acknowledge(Sync& sync);
  int on_disk(const Partition& partition) const;
  void check();
  void fail(std::string what) {
    if (wrong_.empty()) wrong_ = std::move(what);
  }

  Options options_;
  std::vector<Partition> partitions_;
  std::vector<Appender> appenders_;
  int appends_ = 0;
  broker::CommitRounds<int> rounds_;
  std::vector<int> marked_;  // as rounds_ has it
  std::vector<int> round_;   // partitions that are still to be synced in this round
  bool in_round_ = false;
  broker::CommitRounds<int>::Time now_;
  std::optional<Sync> syncs_[2];  // of each thread
  std::string wrong_;
};

}  // namespace tickerlake::simulation
