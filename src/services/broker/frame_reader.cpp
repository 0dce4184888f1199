#include "services/broker/frame_reader.h"

#include <algorithm>
#include <array>

#include "io/pace.h"
#include "kafka/wire/produce.h"

namespace tickerlake::broker {
namespace {

constexpr std::size_t kept_buffer = 1 << 20;  // a larger one is given back when a smaller request comes

}  // namespace

Result<std::size_t> FrameReader::wait_for_first(MutableBytes into) {
  const auto deadline = std::chrono::steady_clock::now() + idle_timeout_;
  while (true) {
    auto n = stream_.read(into);
    if (n || n.error().code != ErrorCode::timeout) return n;
    if (std::chrono::steady_clock::now() >= deadline) return 0;
    CHECK(resize(0));  // others may need what an idle connection holds
  }
}

Result<void> FrameReader::resize(std::size_t size) {
  if (size < buffer_.size()) buffer_ = Buffer();
  if (!share_.cover(size)) {
    return fail(ErrorCode::exhausted,
                "the requests at work hold " + std::to_string(max_request_memory) + " bytes: no room for another");
  }
  buffer_.resize(size);
  return {};
}

Result<ByteView> FrameReader::next() {
  std::array<std::byte, 6> prefix;  // the size and, of the frame itself, the API key
  TRY(const std::size_t first, wait_for_first(prefix));
  if (first == 0) return ByteView{};
  CHECK(stream_.read_exactly(std::span(prefix).subspan(first)));
  const std::int64_t size = load_big_endian<std::int32_t>(prefix.data());
  const auto api_key = load_big_endian<std::int16_t>(prefix.data() + 4);
  const std::int64_t most = api_key == kafka::ProduceRequest::api.key ? max_produce_request : max_other_request;
  const std::int64_t limit = std::min(most, most_);
  if (size < 8 || size > limit) {
    return fail(ErrorCode::corrupt, "a request of " + std::to_string(size) + " bytes (API key " +
                                        std::to_string(api_key) + ", at most " + std::to_string(limit) + ")");
  }
  const auto wanted = static_cast<std::size_t>(size);
  if (buffer_.size() > kept_buffer && wanted <= kept_buffer) CHECK(resize(kept_buffer));
  // Memory grows with what has come, not with what was announced.
  if (buffer_.size() < prefix.size()) CHECK(resize(std::min(wanted, free_request_bytes)));
  std::copy(prefix.begin() + 4, prefix.end(), buffer_.begin());
  return fill(2, wanted);
}

Result<ByteView> FrameReader::next_token() {
  std::array<std::byte, 4> prefix;
  TRY(const std::size_t first, wait_for_first(prefix));
  if (first == 0) return ByteView{};
  CHECK(stream_.read_exactly(std::span(prefix).subspan(first)));
  const auto size = load_big_endian<std::int32_t>(prefix.data());
  if (size < 1 || size > std::min(max_other_request, most_))
    return fail(ErrorCode::corrupt, "a token of " + std::to_string(size) + " bytes");
  CHECK(resize(std::min(static_cast<std::size_t>(size), free_request_bytes)));
  return fill(0, static_cast<std::size_t>(size));
}

Result<ByteView> FrameReader::fill(std::size_t filled, std::size_t wanted) {
  io::Pace pace;
  while (filled < wanted) {
    if (filled == buffer_.size()) CHECK(resize(std::min(wanted, filled * 2)));
    const auto room = std::span(buffer_).subspan(filled, std::min(wanted, buffer_.size()) - filled);
    const auto since = std::chrono::steady_clock::now();
    TRY(const std::size_t n, stream_.read(room));
    if (n == 0) return fail(ErrorCode::unavailable, "the peer closed the connection in the middle of a request");
    CHECK(pace.note(std::chrono::steady_clock::now() - since, n));
    filled += n;
  }
  return ByteView(buffer_).first(wanted);
}

}  // namespace tickerlake::broker
