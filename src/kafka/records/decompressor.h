#pragma once
// The codecs of record batches, backwards and piece by piece: what comes out may be a thousand times what went in.
#include <memory>

#include "base/bytes.h"
#include "base/result.h"
#include "kafka/records/batch.h"

namespace tickerlake::kafka {

/// Gives what a batch's payload decompresses to. Its memory is that of the codec's window, for snappy that of a block:
/// it does not grow with the output. Belongs to one thread; the bytes must outlive it.
class Decompressor {
 public:
  virtual ~Decompressor() = default;
  /// Up to into.size() bytes, into not being empty; 0 at the end. ErrorCode::corrupt for bytes that are not of the
  /// codec, exhausted for a block of snappy that says it is longer than max_block.
  virtual Result<std::size_t> read(MutableBytes into) = 0;

  static Result<std::unique_ptr<Decompressor>> open(Codec codec, ByteView bytes, std::size_t max_block);
};

}  // namespace tickerlake::kafka
