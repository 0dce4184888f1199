#pragma once
// The records of share groups in __consumer_offsets. Bytes: docs/formats/consumer-offsets.md.
#include "services/broker/groups/group_records.h"

namespace tickerlake::broker {

/// Nothing for other kinds.
Result<std::optional<ShareGroupRecord>> decode_share_group_record(ByteView key, std::optional<ByteView> value);

}  // namespace tickerlake::broker
