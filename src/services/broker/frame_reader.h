#pragma once
// The requests of one connection as they come from its stream: bounded in size, in memory and in time.
#include "base/bytes.h"
#include "base/result.h"
#include "io/stream.h"
#include "services/broker/request_memory.h"

namespace tickerlake::broker {

/// The largest request: Kafka's socket.request.max.bytes for Produce; all others are far smaller.
inline constexpr std::int64_t max_produce_request = 100_MiB;
inline constexpr std::int64_t max_other_request = 8_MiB;
/// How long a request that has begun may make no progress. The socket's read time-out; idle connections have longer.
inline constexpr std::chrono::milliseconds request_timeout{30'000};

/// Belongs to its connection's thread.
class FrameReader {
 public:
  /// idle_timeout: how long a connection may say nothing between two requests.
  FrameReader(io::Stream& stream, RequestMemory& memory, std::chrono::milliseconds idle_timeout)
      : stream_(stream), share_(memory), idle_timeout_(idle_timeout) {}

  /// The next request without its size, valid until the next call; empty when the peer has closed between two requests
  /// or was idle too long. Errors: corrupt (an impossible size), timeout (half a request), exhausted (memory),
  /// unavailable.
  Result<ByteView> next();
  /// The same for what has no API key and no least size: a token of SASL without a header.
  Result<ByteView> next_token();
  /// Requests may only be so long, or idle times, until it is called again with more.
  void limit_to(std::int64_t request_bytes, std::chrono::milliseconds idle_timeout) {
    most_ = request_bytes;
    idle_timeout_ = idle_timeout;
  }

 private:
  /// The first bytes of a request, as many as come; 0 at the end of the stream.
  Result<std::size_t> wait_for_first(MutableBytes into);
  Result<void> resize(std::size_t size);
  /// The rest of a request of which `filled` bytes are in the buffer.
  Result<ByteView> fill(std::size_t filled, std::size_t wanted);

  io::Stream& stream_;
  RequestMemory::Share share_;
  std::int64_t most_ = max_produce_request;
  std::chrono::milliseconds idle_timeout_;
  Buffer buffer_;
};

}  // namespace tickerlake::broker
