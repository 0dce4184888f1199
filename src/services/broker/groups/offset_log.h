#pragma once
// What the groups' journal, the topic __consumer_offsets, says: memberships, offsets, and offsets within transactions.
#include <functional>
#include <map>
#include <memory>
#include <vector>

#include "kafka/records/marker.h"
#include "services/broker/groups/group_records.h"
#include "services/broker/journal.h"

namespace tickerlake::broker {

inline constexpr const char* offsets_topic = "__consumer_offsets";
/// The one partition of it.
inline constexpr std::int32_t offsets_partition = 0;

/// Offsets that count when the producer's transaction is committed.
struct PendingOffsets {
  ProducerId producer;
  std::int16_t epoch = -1;
  std::vector<OffsetRecord> offsets;
};

/// A producer's pending offsets have been decided.
struct OffsetsDecision {
  ProducerId producer;
  kafka::Marker marker = kafka::Marker::abort;
};

using JournalEvent =
    std::variant<OffsetRecord, GroupRecord, ConsumerGroupRecord, ShareGroupRecord, PendingOffsets, OffsetsDecision>;

/// Thread-safety is the journal's: its owner's lock covers all but wait_durable().
class OffsetLog {
 public:
  OffsetLog(Topics& topics, const Clock& clock, Log log)
      : clock_(clock), log_(log), journal_(topics, clock, offsets_topic, log) {}

  /// Gives every event and its offset to the visitor, oldest first. A malformed record is logged and left out.
  Result<void> read_all(const std::function<void(JournalEvent, Offset)>& visit);

  /// Each appends one batch, to the page cache, and returns the offset behind it.
  Result<Offset> append(const std::vector<CoordinatorRecord>& records);
  /// The producer must have been admitted to the partition.
  Result<Offset> append(const PendingOffsets& pending);

  bool is_large() const { return journal_.is_large(); }
  Result<void> replace_all(const std::vector<CoordinatorRecord>& state, const std::vector<PendingOffsets>& pending);

  /// Makes the topic where there is none.
  Result<std::shared_ptr<Partition>> partition() { return journal_.partition(); }
  void wait_durable(Offset next) { journal_.wait_durable(next); }

 private:
  void visit_batch(const kafka::Batch& batch, const std::function<void(JournalEvent, Offset)>& visit) const;

  const Clock& clock_;
  const Log log_;
  Journal journal_;
};

}  // namespace tickerlake::broker
