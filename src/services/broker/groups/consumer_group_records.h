#pragma once
// The records of KIP-848's groups. Bytes: docs/formats/consumer-offsets.md.
#include "services/broker/groups/group_records.h"

namespace tickerlake::broker {

/// Nothing for other kinds. ErrorCode::corrupt for malformed ones.
Result<std::optional<ConsumerGroupRecord>> decode_consumer_group_record(ByteView key, std::optional<ByteView> value);

}  // namespace tickerlake::broker
