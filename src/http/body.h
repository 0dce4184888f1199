#pragma once
// A request's body as it comes from the connection: by length or chunked, and what is done about an unread rest.
#include "http/parser.h"
#include "io/pace.h"

namespace tickerlake::http {

/// Bytes that were read from the connection and not used yet. Never holds more than its capacity.
class InputBuffer {
 public:
  explicit InputBuffer(std::size_t capacity)
      : capacity_(capacity), bytes_(std::make_unique_for_overwrite<std::byte[]>(capacity)) {}
  ByteView content() const { return {bytes_.get() + begin_, end_ - begin_}; }
  bool full() const { return end_ - begin_ == capacity_; }
  void take(std::size_t n) { begin_ += n; }
  /// Reads once, behind the content. The buffer must not be full. 0 at the end of the stream.
  Result<std::size_t> fill(io::Socket& socket);

 private:
  std::size_t capacity_;
  std::unique_ptr<std::byte[]> bytes_;  // not zeroed: most connections never touch most of it
  std::size_t begin_ = 0, end_ = 0;
};

class ConnectionBody final : public BodyReader {
 public:
  ConnectionBody(io::Socket& socket, InputBuffer& input, RequestParser& parser, const ServerOptions& options);

  Result<std::size_t> read(MutableBytes into) override;
  const Headers& trailers() const override { return parser_.trailers(); }

  /// Whether all of it has been read.
  bool finished() const { return finished_; }
  /// Whether drain() is likely to bring the connection to the next request.
  bool worth_draining() const;
  /// Reads a small rest away; false if that failed and the connection can't be used any more.
  bool drain();

 private:
  Result<std::size_t> read_some(MutableBytes into);
  Result<std::size_t> read_chunked(MutableBytes into);

  io::Socket& socket_;
  InputBuffer& input_;
  RequestParser& parser_;
  std::int64_t left_ = 0;  // of a body with a length
  bool continue_awaited_;
  bool finished_;
  std::optional<Error> failed_;
  io::Pace pace_;
};

}  // namespace tickerlake::http
