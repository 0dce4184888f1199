#include "http/body.h"

#include <algorithm>

namespace tickerlake::http {
namespace {

constexpr std::int64_t max_drained_bytes = 256_KiB;  // of an unread body, to keep a connection

}  // namespace

Result<std::size_t> InputBuffer::fill(io::Socket& socket) {
  if (begin_ == end_) {
    begin_ = end_ = 0;
  } else if (end_ == capacity_) {
    std::copy(bytes_.get() + begin_, bytes_.get() + end_, bytes_.get());
    end_ -= std::exchange(begin_, 0);
  }
  TRY(const std::size_t n, socket.read({bytes_.get() + end_, capacity_ - end_}));
  end_ += n;
  return n;
}

ConnectionBody::ConnectionBody(io::Socket& socket, InputBuffer& input, RequestParser& parser,
                               const ServerOptions& options)
    : socket_(socket),
      input_(input),
      parser_(parser),
      left_(parser.head().content_length.value_or(0)),
      continue_awaited_(parser.head().expects_continue),
      finished_(!parser.head().chunked && left_ == 0),
      pace_(options.body_pace) {}

Result<std::size_t> ConnectionBody::read(MutableBytes into) {
  if (failed_) return std::unexpected(*failed_);
  if (finished_ || into.empty()) return 0;
  if (std::exchange(continue_awaited_, false)) {
    if (auto sent = socket_.write(as_bytes("HTTP/1.1 100 Continue\r\n\r\n")); !sent) {
      failed_ = std::move(sent).error();
      return std::unexpected(*failed_);
    }
  }
  auto n = parser_.head().chunked ? read_chunked(into) : read_some(into);
  if (!n) failed_ = n.error();
  return n;
}

Result<std::size_t> ConnectionBody::read_some(MutableBytes into) {
  into = into.first(static_cast<std::size_t>(std::min<std::int64_t>(left_, static_cast<std::int64_t>(into.size()))));
  const ByteView buffered = input_.content();
  std::size_t n = std::min(buffered.size(), into.size());
  if (n > 0) {
    std::copy_n(buffered.begin(), n, into.begin());
    input_.take(n);
  } else {
    // What is left of a long body goes straight to its reader.
    const auto since = std::chrono::steady_clock::now();
    TRY(n, socket_.read(into));
    if (n == 0) return fail(ErrorCode::unavailable, "the peer closed the connection in the middle of the body");
    CHECK(pace_.note(std::chrono::steady_clock::now() - since, n));
  }
  left_ -= static_cast<std::int64_t>(n);
  finished_ = left_ == 0;
  return n;
}

Result<std::size_t> ConnectionBody::read_chunked(MutableBytes into) {
  while (true) {
    if (!input_.content().empty()) {
      TRY(const auto progress, parser_.feed_chunked(input_.content(), into));
      input_.take(progress.taken);
      finished_ = progress.complete;
      if (progress.produced > 0 || finished_) return progress.produced;
      if (input_.full())
        return fail(ErrorCode::corrupt, "bad chunked body: a chunk's header or the trailers are too long");
    }
    const auto since = std::chrono::steady_clock::now();
    TRY(const std::size_t n, input_.fill(socket_));
    if (n == 0) return fail(ErrorCode::unavailable, "the peer closed the connection in the middle of the body");
    CHECK(pace_.note(std::chrono::steady_clock::now() - since, n));
  }
}

bool ConnectionBody::worth_draining() const {
  // A peer that waits for "100 Continue" may or may not send its body now: nobody can tell what comes next.
  return finished_ || (!failed_ && !continue_awaited_ && left_ <= max_drained_bytes);
}

bool ConnectionBody::drain() {
  if (!worth_draining()) return false;
  std::byte scratch[16 * 1024];
  for (std::int64_t drained = 0; !finished_;) {
    const auto n = read(scratch);
    if (!n) return false;
    drained += static_cast<std::int64_t>(*n);
    if (drained > max_drained_bytes) return false;
  }
  return true;
}

}  // namespace tickerlake::http
