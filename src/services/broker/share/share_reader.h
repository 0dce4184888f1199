#pragma once
// Reads a partition's log for a share group: which batches there are, which of them were aborted, where their bytes
// lie.
#include <expected>
#include <vector>

#include "io/file_slice.h"
#include "services/broker/partition.h"
#include "services/broker/share/share_states.h"

namespace tickerlake::broker {

/// Batches of a log that lie side by side in a file.
class ShareBatches {
 public:
  /// From the batch that holds `from` on, as Partition::read().
  static std::expected<ShareBatches, FetchError> read(Partition& partition, Offset from, std::int64_t max_bytes,
                                                      bool at_least_one, Isolation isolation);

  const ShareRead& ranges() const { return ranges_; }
  std::int64_t bytes() const { return slice_.length; }
  /// The bytes of the batches that hold any record from first to last.
  io::FileSlice slice(Offset first, Offset last) const;

 private:
  io::FileSlice slice_;
  ShareRead ranges_;
  std::vector<std::int64_t> positions_;  // where each batch begins in the file
};

}  // namespace tickerlake::broker
