#include "kafka/wire/frame.h"

#include <array>
#include <deque>

namespace tickerlake::kafka {
namespace {

// Below this a read and one gathered write are cheaper than a sendfile and a packet of its own.
constexpr std::int64_t least_sendfile = 32_KiB;

}  // namespace

std::int64_t Frame::size() const {
  auto sum = static_cast<std::int64_t>(bytes.size());
  for (const Splice& splice : splices) sum += splice.size();
  return sum;
}

Result<void> Frame::send(io::Socket& socket) const {
  std::array<std::byte, 4> prefix;
  store_big_endian<std::int32_t>(prefix.data(), static_cast<std::int32_t>(size()));
  std::vector<ByteView> gathered = {prefix};
  std::deque<Buffer> copies;  // a deque: views into earlier ones stay valid
  std::size_t sent = 0;
  for (const auto& [at, slice, memory] : splices) {
    gathered.push_back(ByteView(bytes).subspan(sent, at - sent));
    sent = at;
    if (slice.file == nullptr) {
      gathered.push_back(memory);
    } else if (slice.length < least_sendfile) {
      Buffer& copy = copies.emplace_back(static_cast<std::size_t>(slice.length));
      CHECK(slice.file->read_exactly_at(slice.position, copy));
      gathered.push_back(copy);
    } else {
      CHECK(socket.write_parts(gathered));
      gathered.clear();
      CHECK(socket.send_file(*slice.file, slice.position, slice.length));
    }
  }
  gathered.push_back(ByteView(bytes).subspan(sent));
  return socket.write_parts(gathered);
}

}  // namespace tickerlake::kafka
