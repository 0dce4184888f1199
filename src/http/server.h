#pragma once
// A blocking HTTP/1.1 server: a handler sees a request whose body streams, and answers with bytes, a stream or a file.
#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "base/bytes.h"
#include "base/log.h"
#include "base/result.h"
#include "io/file.h"
#include "io/pace.h"
#include "io/socket.h"
#include "io/tcp_server.h"

namespace tickerlake::http {

/// Names of header fields compare without case.
bool same_header_name(std::string_view a, std::string_view b);

/// Header fields in their order on the wire; names compare without case.
class Headers {
 public:
  using Field = std::pair<std::string, std::string>;
  void add(std::string_view name, std::string_view value) { fields_.emplace_back(name, value); }
  void set(std::string_view name, std::string_view value);
  void remove(std::string_view name);
  /// The first value of that name.
  std::optional<std::string_view> find(std::string_view name) const;
  bool contains(std::string_view name) const { return find(name).has_value(); }
  const std::vector<Field>& fields() const { return fields_; }

 private:
  std::vector<Field> fields_;
};

/// A request's body, read once, front to back.
class BodyReader {
 public:
  virtual ~BodyReader() = default;
  /// Up to into.size() bytes; 0 at the end. Errors: unavailable (the peer left), timeout, corrupt (bad chunk framing).
  virtual Result<std::size_t> read(MutableBytes into) = 0;
  /// Trailing header fields, complete once read() has returned 0.
  virtual const Headers& trailers() const = 0;
};

/// The whole of a body; ErrorCode::exhausted when it is longer than limit.
Result<std::string> read_all(BodyReader& body, std::int64_t limit);

struct Request {
  std::string method;  // as sent: "GET"
  std::string target;  // as sent, undecoded: "/bucket/a%20key?list-type=2"
  Headers headers;
  std::optional<std::int64_t> content_length;  // none when chunked, or without a body
  std::string peer;                            // "127.0.0.1:40404"
  BodyReader* body = nullptr;  // never null; sends "100 Continue" at the first read if that was asked for

  std::string_view raw_path() const;   // the target before '?'
  std::string_view raw_query() const;  // after it, or empty
};

/// What a handler answers with. Exactly one of send(), send_file() and begin_stream() is called, once.
class Response {
 public:
  virtual ~Response() = default;
  Headers headers;  // Content-Length, Date and Connection are the server's
  int status = 200;

  /// The head with Content-Length: body.size(), then body. For HEAD requests pass send_head().
  virtual Result<void> send(std::string_view body) = 0;
  /// The head with that Content-Length and no body: HEAD and 204/304.
  virtual Result<void> send_head(std::optional<std::int64_t> content_length) = 0;
  /// The head, then length bytes of the file by sendfile.
  virtual Result<void> send_file(const io::File& file, std::int64_t position, std::int64_t length) = 0;
  /// The head with chunked encoding; then write() any number of times and end_stream().
  virtual Result<void> begin_stream() = 0;
  virtual Result<void> write(std::string_view part) = 0;
  virtual Result<void> end_stream() = 0;
  /// Closes the connection after this answer, for requests whose body was not read to its end.
  virtual void close_after() = 0;
};

/// Serves one request. Runs on the connection's thread; must answer.
using Handler = std::function<void(Request&, Response&)>;

constexpr std::int64_t max_head_bytes = 64_KiB;             // request line and headers; longer ones get 431
constexpr std::size_t max_target_bytes = 16 * 1024;         // path and query; longer ones get 414
constexpr std::size_t max_header_count = 256;               // more get 431
constexpr std::chrono::milliseconds idle_timeout{120'000};  // of a kept connection, and of a body without progress
constexpr std::chrono::milliseconds head_timeout{20'000};  // from a request's first byte to the end of its headers; 408
constexpr std::chrono::milliseconds stop_grace{5'000};     // for requests that have arrived when the server stops

struct ServerOptions {
  io::TcpServer::Options tcp{
      .read_timeout = idle_timeout,
      .stop_grace = stop_grace,
      .refusal =
          "HTTP/1.1 503 Service Unavailable\r\nRetry-After: 1\r\nContent-Length: 0\r\nConnection: close\r\n\r\n"};
  std::int64_t max_head_bytes = http::max_head_bytes;
  std::chrono::milliseconds head_timeout = http::head_timeout;
  io::Pace::Options body_pace{};
  std::chrono::milliseconds slow_request{1'000};  // one that takes so long is logged
};

class Server {
 public:
  Server(io::Listener listener, ServerOptions options, Log log, Handler handler);
  ~Server();
  const io::Endpoint& endpoint() const;
  void stop();

 private:
  struct Impl;
  std::unique_ptr<Impl> impl_;
};

/// Percent-decoding of a path ('+' stays) and of a query part ('+' is a space); nothing for a broken escape.
std::optional<std::string> decode_path(std::string_view raw);
std::optional<std::string> decode_query(std::string_view raw);
/// The query's name=value pairs, decoded, in their order; "a" without '=' has an empty value.
std::optional<std::vector<std::pair<std::string, std::string>>> parse_query(std::string_view raw_query);
/// RFC 3986: everything but A-Z a-z 0-9 - . _ ~ is encoded; '/' stays where keep_slash.
std::string percent_encode(std::string_view text, bool keep_slash = false);

}  // namespace tickerlake::http
