#pragma once
// An encoded message on its way to a socket.
#include <vector>

#include "base/bytes.h"
#include "base/result.h"
#include "io/socket.h"
#include "kafka/wire/api.h"

namespace tickerlake::kafka {

/// Bytes with slices of files, or memory of others, between them.
struct Frame {
  struct Splice {
    std::size_t at;  // position in bytes before which the slice stands
    FileSlice slice;
    ByteView memory = {};  // in place of the slice: must outlive the frame
    std::int64_t size() const { return slice.length + static_cast<std::int64_t>(memory.size()); }
  };
  Buffer bytes;
  std::vector<Splice> splices;  // in order of position

  std::int64_t size() const;
  /// Sends the 4-byte size, then everything. Large slices leave by sendfile, small ones with the bytes around them.
  Result<void> send(io::Socket& socket) const;
};

}  // namespace tickerlake::kafka
