#pragma once
// What recovery decides about a segment's bytes: which batches are whole and right, and where the log is cut.
#include <string_view>

#include "base/bytes.h"
#include "kafka/records/batch.h"
#include "services/broker/ids.h"

namespace tickerlake::broker {

/// No batch may be larger, whatever max.message.bytes says: recovery holds one in memory.
inline constexpr std::int64_t max_batch_size = 128_MiB;

/// What is at the start of some bytes of a segment.
struct Inspection {
  enum class Verdict {
    whole,       // a batch that can be kept; header is set
    incomplete,  // more bytes are needed: `needed` in all
    invalid,     // no batch of this log begins here
  };
  Verdict verdict = Verdict::invalid;
  kafka::BatchHeader header;
  std::int64_t needed = 0;
  std::string_view reason;  // why it is not whole
};

/// Judges the batch that begins at bytes[0]. Offsets must not go below `expected`; gaps are allowed, since compaction
/// makes them. No I/O: a torn write is `incomplete`, anything else that differs from what was written is `invalid`.
Inspection inspect_batch(ByteView bytes, Offset expected);

}  // namespace tickerlake::broker
