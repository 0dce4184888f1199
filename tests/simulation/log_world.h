#pragma once
// A partition's log, an idempotent producer that writes to it, and a disk that loses what was not synced. Real are what
// decides: Durability (acknowledgements), Unsynced, RecoveryWalk and its friends, inspect_batch(), ProducerState,
// Checkpoint. The batches are real, too; the rest of the broker is simulated.
#include <deque>
#include <optional>

#include "fake_disk.h"
#include "services/broker/durability.h"
#include "services/broker/log/producer_state.h"
#include "services/broker/log/recovery_plan.h"
#include "services/broker/log/unsynced.h"

namespace tickerlake::simulation {

class LogWorld {
 public:
  /// A protection of the broker's shell that a test takes away.
  enum class Without {
    nothing,
    sync_before_acknowledgement,
    sync_of_all_segments,       // only the last one is synced
    sync_after_recovery,        // what was recovered is served before it is on disk
    check_for_gaps,             // a segment is taken that does not begin where the log ends
    check_of_batches,           // recovery trusts what the files hold
    checkpoint_before_removal,  // of segments that have expired
    snapshot_of_producers,      // a checkpoint without it
  };
  struct Options {
    int batches = 3;
    int window = 2;      // batches that the producer sends before the first is acknowledged
    int crashes = 1;     // at most
    int reconnects = 1;  // after which the producer sends again what was not acknowledged
    bool checkpoints = true;
    bool retention = false;  // segments expire as soon as they are durable
    bool any_loss = false;   // any pattern of blocks, not only the simple ones
    Without without = Without::nothing;
  };
  explicit LogWorld(Options options);

  void offer(Steps& steps) const;
  std::string tell(const Step& step) const;
  void take(const Step& step);
  void settle();
  const std::string& wrong() const { return wrong_; }
  std::string key() const;

 private:
  enum Action : std::uint8_t {
    append,
    append_to_new_segment,
    hear,
    send_again,
    work,
    start_checkpoint,
    expire,
    kill,
    power_loss
  };
  /// What the broker does to the disk, one after the other; appends come in between once it serves.
  struct Task {
    enum Kind {
      set_aside,
      begin_sync,
      sync_file,
      sync_names,
      acknowledge,
      write_snapshot,
      write_checkpoint,
      sync_replaced,
      remove,
      serve
    };
    Kind kind;
    int file = -1;
    std::string name;
  };
  struct Segment {
    broker::Offset base;
    int file = -1;
  };
  struct Process {
    bool serves = false;
    std::deque<Task> tasks;
    std::vector<Segment> segments;
    broker::Offset log_start;
    broker::Offset next;
    broker::Unsynced<int> unsynced;
    broker::ProducerState producers;
    std::optional<broker::Durability<int>> durability;  // who waits: the batch's number
    bool dirty = false;                                 // the group commit knows
    std::vector<int> waiting;                           // as durability has it
    broker::LogPosition syncing;                        // the log's end when the sync began
    std::optional<broker::Checkpoint> preparing;
    std::string snapshot;
    std::optional<broker::Checkpoint> last_checkpoint;
  };

  void recover();
  broker::Offset check_segment(int file, const broker::LogPosition& from);
  broker::LogPosition end() const;
  void write(bool in_new_segment);
  void begin_checkpoint();
  void expire_first_segment();
  void do_task();
  void begin_sync();
  void check_content();
  std::vector<Loss> losses_of(std::uint16_t detail) const;
  void fail(std::string what) {
    if (wrong_.empty()) wrong_ = std::move(what);
  }

  Options options_;
  FakeDisk disk_;
  std::optional<Process> process_;
  int sent_ = 0;          // the producer's next batch
  int acknowledged_ = 0;  // all before this were
  int heard_ = 0;         // the producer knows of those; the rest of the answers may be lost
  int visible_ = 0;       // consumers have seen what is before this
  int crashes_ = 0;
  int reconnects_ = 0;
  std::string wrong_;
};

}  // namespace tickerlake::simulation
