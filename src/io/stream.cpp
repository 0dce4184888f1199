#include "io/stream.h"

namespace tickerlake::io {

Result<void> Stream::read_exactly(MutableBytes into) {
  while (!into.empty()) {
    TRY(const std::size_t n, read(into));
    if (n == 0) return fail(ErrorCode::unavailable, "the peer closed the connection in the middle of a message");
    into = into.subspan(n);
  }
  return {};
}

Result<void> Stream::write(ByteView bytes) {
  const ByteView parts[] = {bytes};
  return write_parts(parts);
}

}  // namespace tickerlake::io
