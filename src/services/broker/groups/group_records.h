#pragma once
// The records of __consumer_offsets in Kafka's own forms. Bytes: docs/formats/consumer-offsets.md.
#include <optional>
#include <string>
#include <variant>

#include "base/bytes.h"
#include "base/result.h"
#include "base/time.h"
#include "services/broker/groups/consumer_group_types.h"
#include "services/broker/groups/group_types.h"
#include "services/broker/groups/share_group.h"
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
  TimestampMs changed_at = -1;  // when it came to this
};

/// One change of a group of KIP-848's protocol.
struct ConsumerGroupRecord {
  std::string group;
  ConsumerGroupChange change;
};

/// One change of a share group.
struct ShareGroupRecord {
  std::string group;
  ShareGroupChange change;
};

using CoordinatorRecord = std::variant<OffsetRecord, GroupRecord, ConsumerGroupRecord, ShareGroupRecord>;

KeyValue encode(const OffsetRecord& record);
KeyValue encode(const GroupRecord& record);
KeyValue encode(const ConsumerGroupRecord& record, TimestampMs now);
KeyValue encode(const ShareGroupRecord& record, TimestampMs now);
/// now: what the forms of Kafka tell beside what is recorded.
KeyValue encode(const CoordinatorRecord& record, TimestampMs now);

/// Nothing for kinds that this broker does not know (streams groups'). ErrorCode::corrupt for malformed
/// ones.
Result<std::optional<CoordinatorRecord>> decode_coordinator_record(ByteView key, std::optional<ByteView> value);

}  // namespace tickerlake::broker
