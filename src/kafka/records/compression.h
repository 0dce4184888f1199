#pragma once
// The codecs of record batches: gzip, snappy (raw and in Java's "xerial" blocks), LZ4 frames, zstd.
#include <optional>

#include "base/bytes.h"
#include "base/result.h"
#include "kafka/records/batch.h"

namespace tickerlake::kafka {

/// ErrorCode::corrupt for bytes that are not of the codec, exhausted when the result would be longer than max_size.
Result<Buffer> decompress(Codec codec, ByteView bytes, std::size_t max_size);

/// Snappy is written in xerial blocks, which every client reads.
/// level: as the codec counts, within its range; none: its default. Snappy has no levels.
Result<Buffer> compress(Codec codec, ByteView bytes, std::optional<int> level = std::nullopt);

}  // namespace tickerlake::kafka
