#pragma once
// What goes in and out of a share-partition's state machine (KIP-932), and what a share group can set.
#include <cstdint>
#include <string>
#include <vector>

#include "services/broker/groups/group_types.h"
#include "services/broker/ids.h"
#include "services/broker/partition.h"

namespace tickerlake::broker {

/// Where a record is on its way. The numbers are Kafka's, and lie in its journal.
enum class RecordState : std::int8_t { available = 0, acquired = 1, acknowledged = 2, archived = 4 };

/// Whether it is never delivered again.
constexpr bool is_complete(RecordState state) {
  return state == RecordState::acknowledged || state == RecordState::archived;
}

/// Records that have come to the same state.
struct StateBatch {
  Offset first, last;
  RecordState state = RecordState::available;
  std::int16_t delivery_count = 0;
  bool operator==(const StateBatch&) const = default;
};

/// How a consumer has dealt with a record. The numbers are those of the wire.
enum class AcknowledgeType : std::int8_t {
  gap = 0,      // there is no such record: compacted away, or a transaction's marker
  accept = 1,   // done
  release = 2,  // to be delivered again
  reject = 3,   // never to be delivered again
  renew = 4,    // still at it
};

/// One type for all records from first to last, or one for each.
struct Acknowledgement {
  Offset first, last;
  std::vector<AcknowledgeType> types;

  AcknowledgeType type_of(Offset offset) const {
    return types.size() == 1 ? types.front() : types[static_cast<std::size_t>(offset - first)];
  }
};

/// Records that a member has got, for the delivery_count-th time.
struct AcquiredRecords {
  Offset first, last;
  std::int16_t delivery_count = 1;
  bool operator==(const AcquiredRecords&) const = default;
};

/// The offsets of a batch that was read from the log.
struct OffsetRange {
  Offset first, last;
  bool operator==(const OffsetRange&) const = default;
};

/// Where a group without a position begins: share.auto.offset.reset.
struct ShareReset {
  enum class Kind { latest, earliest, by_duration };
  Kind kind = Kind::latest;
  std::int64_t duration_ms = 0;  // of by_duration: this long before now
};

/// A group's settings in effect: its own (config resource GROUP, share.*) or the broker's (group.share.*).
struct ShareGroupSettings {
  std::int32_t session_timeout_ms = 45'000;
  std::int32_t heartbeat_interval_ms = 5'000;
  std::size_t max_size = 200;
  std::int32_t record_lock_ms = 30'000;
  std::int16_t delivery_count_limit = 5;
  std::int32_t max_record_locks = 2'000;  // of a partition
  ShareReset reset;
  Isolation isolation = Isolation::read_durable;  // an offset that was acknowledged must never get another record
  bool may_renew = true;
};

}  // namespace tickerlake::broker
