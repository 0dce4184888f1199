#pragma once
// The records of __consumer_offsets in Kafka's own forms. Bytes: docs/formats/consumer-offsets.md.
#include <optional>
#include <string>
#include <variant>

#include "base/bytes.h"
#include "base/result.h"
#include "base/time.h"
#include "services/broker/groups/group_types.h"
#include "services/broker/ids.h"
#include "services/broker/journal.h"

namespace tickerlake::broker {

struct CommittedOffset {
  std::int64_t offset = -1;
  std::int32_t leader_epoch = -1;
  std::string metadata;
  TimestampMs committed_at = 0;
  Offset journaled_at{};  // where the journal has it, which tells the younger of two; not part of the record
};

/// An offset committed by a group, or (without a value) deleted.
struct OffsetRecord {
  std::string group, topic;
  std::int32_t partition = 0;
  std::optional<CommittedOffset> value;
};

/// A group's generation and members, or (without a value) its end.
struct GroupRecord {
  std::string group;
  std::optional<GroupSnapshot> value;
};

using CoordinatorRecord = std::variant<OffsetRecord, GroupRecord>;

KeyValue encode(const OffsetRecord& record);
KeyValue encode(const GroupRecord& record, TimestampMs now);

/// Nothing for kinds that this broker does not know (KIP-848's). ErrorCode::corrupt for malformed ones.
Result<std::optional<CoordinatorRecord>> decode_coordinator_record(ByteView key, std::optional<ByteView> value);

}  // namespace tickerlake::broker
