#include "http/server.h"

#include <sys/socket.h>

#include <algorithm>
#include <atomic>
#include <exception>

#include "http/response.h"

namespace tickerlake::http {
namespace {

using SteadyClock = std::chrono::steady_clock;

/// Serves the requests of one connection, one after the other. Lives on the connection's thread.
class Connection {
 public:
  Connection(io::Socket& socket, const ServerOptions& options, const std::atomic<bool>& stopping, const Log& log,
             const Handler& handler)
      : socket_(socket),
        options_(options),
        stopping_(stopping),
        log_(log),
        handler_(handler),
        peer_(socket.peer()),
        input_(static_cast<std::size_t>(options.max_head_bytes)) {}

  void serve() {
    while (serve_one()) {
    }
    linger();
  }

 private:
  /// Whether another request may follow.
  bool serve_one() {
    RequestParser parser(options_.max_head_bytes);
    const auto ready = read_head(parser);
    if (!ready) {
      answer_bad_head(ready.error());
      return false;
    }
    if (!*ready) return false;
    RequestHead& head = parser.head();
    if (!head_is_good(head)) return false;

    ConnectionBody body(socket_, input_, parser, options_);
    ConnectionResponse response(socket_, head, body);
    Request request{.method = std::move(head.method),
                    .target = path_of(std::move(head.target)),
                    .headers = std::move(head.headers),
                    .content_length = head.content_length,
                    .peer = peer_,
                    .body = &body};
    const auto since = SteadyClock::now();
    call(request, response);
    log_request(request, response.status, SteadyClock::now() - since);
    if (!response.keeps_connection() || stopping_) return false;
    return body.finished() || body.drain();
  }

  /// False when the peer closed, or said nothing, between two requests.
  Result<bool> read_head(RequestParser& parser) {
    std::optional<SteadyClock::time_point> deadline;  // none before the first byte
    while (true) {
      if (!input_.content().empty()) {
        TRY(const auto progress, parser.feed_head(input_.content()));
        input_.take(progress.taken);
        if (progress.complete) break;
        if (!deadline) deadline = SteadyClock::now() + options_.head_timeout;
        const auto left = std::chrono::duration_cast<std::chrono::milliseconds>(*deadline - SteadyClock::now());
        if (left.count() <= 0) return fail(ErrorCode::timeout, "the headers came too slowly");
        socket_.set_timeout(left, options_.tcp.write_timeout);
      }
      const auto n = input_.fill(socket_);
      if (!deadline && (!n || *n == 0)) return false;
      if (!n) return std::unexpected(n.error());
      if (*n == 0) return fail(ErrorCode::unavailable, "the peer closed the connection in the middle of the headers");
    }
    if (deadline) socket_.set_timeout(options_.tcp.read_timeout, options_.tcp.write_timeout);
    return true;
  }

  void log_request(const Request& request, int status, SteadyClock::duration took) const {
    const bool slow = took >= options_.slow_request;
    if (!slow && !log_.enabled(Severity::debug)) return;
    const Log log = log_.with("peer", peer_)
                        .with("method", request.method)
                        .with("path", request.raw_path())
                        .with("status", status)
                        .with("us", std::chrono::duration_cast<std::chrono::microseconds>(took).count());
    slow ? log.info("slow request") : log.debug("request");
  }

  void answer_bad_head(const Error& error) {
    int status = 400;
    if (error.code == ErrorCode::exhausted) status = 431;
    if (error.code == ErrorCode::timeout) status = 408;
    if (error.code == ErrorCode::unsupported) status = 501;
    if (error.code == ErrorCode::unavailable) return;
    refuse_head(status, error.message);
  }

  void refuse_head(int status, std::string_view message) {
    log_.with("peer", peer_).info("a bad request: {}", message);
    const auto sent = refuse(socket_, status, message);
    if (!sent) log_.debug("{}: {}", peer_, sent.error().message);
  }

  /// Refuses what a well-formed head must not hold; false then.
  bool head_is_good(const RequestHead& head) {
    const auto hosts = std::ranges::count_if(
        head.headers.fields(), [](const Headers::Field& field) { return same_header_name(field.first, "Host"); });
    if (hosts > 1 || (hosts == 0 && !head.http_1_0)) {
      refuse_head(400, "HTTP/1.1 requests carry one Host header");
    } else if (head.target.size() > max_target_bytes) {
      refuse_head(414, "the path and query exceed " + std::to_string(max_target_bytes) + " bytes");
    } else if (head.headers.fields().size() > max_header_count) {
      refuse_head(431, "there are more than " + std::to_string(max_header_count) + " headers");
    } else {
      return true;
    }
    return false;
  }

  /// The one place that catches: what escapes a handler is a bug or no memory, and must not end the process.
  void call(Request& request, ConnectionResponse& response) {
    try {
      handler_(request, response);
      if (response.begun()) return;
      log_.error("{} {}: the handler did not answer", request.method, request.raw_path());
    } catch (const std::exception& error) {
      log_.error("{} {}: {}", request.method, request.raw_path(), error.what());
    }
    response.close_after();
    if (response.begun()) return;
    response.status = 500;
    response.headers = {};
    const auto sent = response.send("");
    if (!sent) log_.debug("{}: {}", peer_, sent.error().message);
  }

  /// "http://host/path", as sent to proxies, names the same thing as "/path".
  static std::string path_of(std::string target) {
    if (!target.starts_with("http://") && !target.starts_with("https://")) return target;
    const std::size_t slash = target.find('/', target.find("//") + 2);
    return slash == std::string::npos ? "/" : target.substr(slash);
  }

  /// Closing while the peer still sends would reset the connection and destroy the answer on its way: read a while.
  void linger() {
    constexpr std::chrono::seconds patience{2};
    constexpr std::size_t max_bytes = 64 << 20;
    ::shutdown(socket_.descriptor(), SHUT_WR);
    socket_.set_timeout(std::chrono::milliseconds(500), options_.tcp.write_timeout);
    const auto deadline = SteadyClock::now() + patience;
    Buffer scratch(64 << 10);
    for (std::size_t total = 0; total < max_bytes && SteadyClock::now() < deadline;) {
      const auto n = socket_.read(scratch);
      if (!n || *n == 0) return;
      total += *n;
    }
  }

  io::Socket& socket_;
  const ServerOptions& options_;
  const std::atomic<bool>& stopping_;
  const Log& log_;
  const Handler& handler_;
  const std::string peer_;
  InputBuffer input_;
};

}  // namespace

struct Server::Impl {
  const ServerOptions options;
  const Log log;
  const Handler handler;
  std::atomic<bool> stopping = false;
  io::TcpServer tcp;  // last: its threads use all of the above

  Impl(io::Listener listener, ServerOptions given, Log where, Handler serve)
      : options(std::move(given)),
        log(where.limited()),
        handler(std::move(serve)),
        tcp(std::move(listener), options.tcp, log,
            [this](io::Socket& socket) { Connection(socket, options, stopping, log, handler).serve(); }) {}
};

Server::Server(io::Listener listener, ServerOptions options, Log log, Handler handler)
    : impl_(std::make_unique<Impl>(std::move(listener), std::move(options), std::move(log), std::move(handler))) {}
Server::~Server() = default;
const io::Endpoint& Server::endpoint() const { return impl_->tcp.endpoint(); }
void Server::stop() {
  impl_->stopping = true;
  impl_->tcp.stop();
}

}  // namespace tickerlake::http
