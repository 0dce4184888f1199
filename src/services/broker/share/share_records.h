#pragma once
// The records of __share_group_state in Kafka's own forms. Bytes: docs/formats/share-group-state.md.
#include <compare>
#include <optional>
#include <string>
#include <vector>

#include "base/bytes.h"
#include "base/result.h"
#include "services/broker/journal.h"
#include "services/broker/share/share_types.h"

namespace tickerlake::broker {

/// A partition as one group has it.
struct ShareKey {
  std::string group;
  TopicId topic{};
  std::int32_t partition = 0;
  auto operator<=>(const ShareKey&) const = default;
};

/// The whole state of a share-partition.
struct ShareSnapshotValue {
  std::int32_t epoch = 0;        // of the snapshot: one more with each
  std::int32_t state_epoch = 0;  // the group's when its state began
  std::optional<Offset> start;   // nothing while it is not known
  std::int64_t complete_count = 0;
  std::vector<StateBatch> batches;
  TimestampMs created_at = 0, written_at = 0;
};

/// Without a value: the end of that state.
struct ShareSnapshot {
  ShareKey key;
  std::optional<ShareSnapshotValue> value;
};

/// What has changed since.
struct ShareUpdate {
  ShareKey key;
  std::int32_t snapshot_epoch = 0;
  Offset start;
  std::int64_t complete_count = 0;
  std::vector<StateBatch> batches;
};

KeyValue encode(const ShareSnapshot& record);
KeyValue encode(const ShareUpdate& record);

using ShareRecord = std::variant<ShareSnapshot, ShareUpdate>;
/// Nothing for kinds that are not known. ErrorCode::corrupt for malformed ones.
Result<std::optional<ShareRecord>> decode_share_record(ByteView key, std::optional<ByteView> value);

}  // namespace tickerlake::broker
