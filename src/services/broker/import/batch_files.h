#pragma once
// Files of record batches, one after the other: segments of Kafka's and snapshots of its metadata.
#include <functional>

#include "base/result.h"
#include "io/file.h"
#include "kafka/records/batch.h"

namespace tickerlake::broker {

/// Gives every batch of a file to the visitor; each is whole and its CRC right. Bytes at the end that are no whole
/// batch are left out if torn_end: a crash may leave them in the last segment. How many that were. ErrorCode::corrupt,
/// unsupported.
Result<std::int64_t> visit_batches(const io::Path& file, bool torn_end,
                                   const std::function<Result<void>(const kafka::Batch&)>& visit);

}  // namespace tickerlake::broker
