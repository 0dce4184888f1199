#pragma once
// One partition as one share group has it (KIP-932), as a state machine: no I/O, no clock, no threads, no locks.
//
//   log:   … complete …│ acknowledged │ available, 2 │ acquired by m, 1 │ archived │ … not delivered yet …
//                      ^ start                                                     ^ end
//
// Every record from start to end is in one run of records in the same state; runs lie side by side without gaps.
// Before start everything is complete, behind end nothing was ever delivered. A run of complete records that begins at
// start is forgotten: start moves behind it. Neighbours that are complete are one run, in the state of the first. Times
// are milliseconds of any clock that only goes forward.
#include <expected>
#include <map>
#include <optional>
#include <span>
#include <string>
#include <utility>
#include <vector>

#include "kafka/errors.h"
#include "services/broker/share/share_types.h"

namespace tickerlake::broker {

class SharePartition {
 public:
  explicit SharePartition(Offset start) : start_(start), end_(start) {}

  /// The first record that is not complete.
  Offset start() const { return start_; }
  Offset end() const { return end_; }
  /// Complete records behind start.
  std::int64_t complete_count() const;
  /// Records between start and end that are not complete.
  std::int64_t in_flight() const { return end_ - start_ - complete_count(); }
  std::size_t run_count() const { return runs_.size(); }

  /// The first record that can be acquired, and so the offset to read from.
  Offset next() const;
  /// Whether there is something for whom wants it: records to be delivered again, or room for new ones.
  bool can_acquire(std::int32_t max_record_locks) const;

  struct AcquireAsk {
    std::string member;
    Offset from;                   // where the batches were read: what there is before the first is no more
    std::int32_t max_records = 0;  // whole batches may exceed it
    std::int32_t batch_size = 0;   // what is acquired is told in pieces of about this
    bool exactly_max_records = false;
  };
  /// Gives the member what can be acquired of the batches, which are in order. Those in aborted are archived instead.
  std::vector<AcquiredRecords> acquire(const AcquireAsk& ask, std::span<const OffsetRange> batches,
                                       std::span<const OffsetRange> aborted, const ShareGroupSettings& settings,
                                       Milliseconds now);

  /// What acknowledgements come to; nothing has happened yet.
  struct Plan {
    std::vector<StateBatch> changes;
    std::vector<OffsetRange> renewed;  // locks that begin anew
  };
  /// INVALID_REQUEST for offsets past what was ever delivered, INVALID_RECORD_STATE for records that the member has not
  /// (any more). Those before start are complete whatever is said of them.
  std::expected<Plan, kafka::KafkaError> plan(const std::string& member, std::span<const Acknowledgement> batches,
                                              const ShareGroupSettings& settings) const;
  /// Records that the member has not acknowledged, as if it released them.
  Plan plan_release(const std::string& member, const ShareGroupSettings& settings) const;
  /// Records whose locks have expired, likewise.
  Plan plan_expiry(const ShareGroupSettings& settings, Milliseconds now) const;
  void carry_out(const Plan& plan, const ShareGroupSettings& settings, Milliseconds now);

  /// When the next lock expires.
  std::optional<Milliseconds> next_expiry() const;
  /// The log begins here now: what was before is no more.
  void move_start(Offset log_start);

  /// What must be stored to have it back: acquired records are then available again.
  std::vector<StateBatch> stored() const;
  /// A change that was stored.
  void restore(const StateBatch& batch) { set(batch.first, {batch.last, batch.state, batch.delivery_count}); }

 private:
  struct Run {
    Offset last;
    RecordState state = RecordState::available;
    std::int16_t delivery_count = 0;
    std::string member{};        // while it is acquired
    Milliseconds lock_ends = 0;  // likewise
  };
  using Runs = std::map<Offset, Run>;  // by their first offset

  Runs::iterator split_at(Offset offset);
  Runs::iterator merge_with_next(Runs::iterator run);
  void set(Offset first, Run run);
  void forget_complete();
  void archive_missing(Offset from, Offset before);
  template <class Visit>
  void for_each_run(Offset first, Offset last, Visit visit) const;
  /// What a record becomes when it is not acknowledged.
  static RecordState given_back(std::int16_t delivery_count, const ShareGroupSettings& settings) {
    return delivery_count >= settings.delivery_count_limit ? RecordState::archived : RecordState::available;
  }
  std::vector<AcquiredRecords> choose(const AcquireAsk& ask, std::span<const OffsetRange> batches,
                                      const ShareGroupSettings& settings) const;

  Offset start_, end_;
  Runs runs_;
};

}  // namespace tickerlake::broker
