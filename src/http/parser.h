#pragma once
// Parsing of HTTP/1.x requests, fed with bytes as they come. Boost.Beast does it, in the one .cpp behind this header.
#include <memory>
#include <optional>

#include "http/server.h"

namespace tickerlake::http {

struct RequestHead {
  std::string method;
  std::string target;
  Headers headers;
  std::optional<std::int64_t> content_length;
  bool chunked = false;
  bool http_1_0 = false;
  bool keep_alive = true;
  bool expects_continue = false;
};

/// One request; make a new parser for the next. Bytes that were not taken must be offered again, with more behind them.
class RequestParser {
 public:
  /// limit: of the head, in bytes.
  explicit RequestParser(std::int64_t limit);
  ~RequestParser();

  struct HeadProgress {
    std::size_t taken = 0;
    bool complete = false;
  };
  /// Errors: exhausted (longer than the limit), corrupt (not HTTP), unsupported (a transfer coding but chunked).
  Result<HeadProgress> feed_head(ByteView bytes);
  /// Valid once feed_head is complete.
  RequestHead& head();

  struct BodyProgress {
    std::size_t taken = 0;
    std::size_t produced = 0;  // bytes of the body put at the front of into
    bool complete = false;     // the last chunk and the trailers have been taken
  };
  /// For chunked bodies only. bytes must not be empty. Errors: corrupt.
  Result<BodyProgress> feed_chunked(ByteView bytes, MutableBytes into);
  const Headers& trailers() const;

 private:
  class Parser;
  std::unique_ptr<Parser> parser_;
};

}  // namespace tickerlake::http
