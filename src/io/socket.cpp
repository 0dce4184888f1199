#include "io/socket.h"

#include <arpa/inet.h>
#include <fcntl.h>
#include <netdb.h>
#include <netinet/tcp.h>
#include <poll.h>
#include <sys/sendfile.h>
#include <sys/socket.h>
#include <unistd.h>

#include <cerrno>
#include <charconv>
#include <climits>
#include <vector>

#include "io/pace.h"

namespace tickerlake::io {
namespace {

using SteadyClock = std::chrono::steady_clock;

/// sendfile goes on for as long as the peer reads anything: the pace is looked at between pieces of this size.
constexpr std::int64_t sendfile_piece = 1_MiB;

Error socket_error(std::string_view what, int error_number) {
  if (error_number == EAGAIN || error_number == EWOULDBLOCK)
    return {ErrorCode::timeout, std::string(what) + ": no progress"};
  if (error_number == EPIPE || error_number == ECONNRESET) {
    return {ErrorCode::unavailable, std::string(what) + ": the peer closed the connection"};
  }
  return fail_errno(what, error_number).error();
}

struct Addresses {
  addrinfo* first = nullptr;
  Addresses() = default;
  Addresses(const Addresses&) = delete;
  Addresses& operator=(const Addresses&) = delete;
  ~Addresses() {
    if (first != nullptr) freeaddrinfo(first);
  }
};

Result<void> resolve(const Endpoint& endpoint, bool passive, Addresses& into) {
  addrinfo hints{};
  hints.ai_socktype = SOCK_STREAM;
  hints.ai_flags = passive ? AI_PASSIVE : 0;
  const std::string port = std::to_string(endpoint.port);
  const int status = getaddrinfo(endpoint.host.c_str(), port.c_str(), &hints, &into.first);
  if (status != 0) {
    return fail(ErrorCode::invalid_argument, "can't resolve " + endpoint.host + ": " + gai_strerror(status));
  }
  return {};
}

void set_no_delay(int descriptor) {
  const int on = 1;
  setsockopt(descriptor, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
}

}  // namespace

Result<Endpoint> Endpoint::parse(std::string_view text) {
  const std::size_t colon = text.rfind(':');
  if (colon == std::string_view::npos || colon == 0) {
    return fail(ErrorCode::invalid_argument, "\"" + std::string(text) + "\" is not HOST:PORT");
  }
  std::string_view host = text.substr(0, colon), port_text = text.substr(colon + 1);
  if (host.starts_with('[') && host.ends_with(']')) host = host.substr(1, host.size() - 2);
  std::uint16_t port = 0;
  const auto [end, error] = std::from_chars(port_text.data(), port_text.data() + port_text.size(), port);
  if (error != std::errc{} || end != port_text.data() + port_text.size()) {
    return fail(ErrorCode::invalid_argument, "\"" + std::string(text) + "\": the port must be a number up to 65535");
  }
  return Endpoint{std::string(host), port};
}

std::string Endpoint::text() const {
  const bool bracket = host.find(':') != std::string::npos;
  return (bracket ? "[" + host + "]" : host) + ":" + std::to_string(port);
}

bool Endpoint::is_loopback() const { return host == "localhost" || host == "::1" || host.starts_with("127."); }

Result<Socket> Socket::connect(const Endpoint& to, std::chrono::milliseconds timeout) {
  Addresses addresses;
  CHECK(resolve(to, false, addresses));
  Error last{ErrorCode::unavailable, "can't connect to " + to.text()};
  for (const addrinfo* address = addresses.first; address != nullptr; address = address->ai_next) {
    Socket socket(::socket(address->ai_family, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0));
    if (socket.descriptor_ < 0) return fail_errno("socket", errno);
    int status = ::connect(socket.descriptor_, address->ai_addr, address->ai_addrlen) == 0 ? 0 : errno;
    if (status == EINPROGRESS) {
      pollfd waiting{socket.descriptor_, POLLOUT, 0};
      if (::poll(&waiting, 1, static_cast<int>(timeout.count())) == 1) {
        socklen_t length = sizeof status;
        getsockopt(socket.descriptor_, SOL_SOCKET, SO_ERROR, &status, &length);
      } else {
        status = ETIMEDOUT;
      }
    }
    if (status == 0) {
      fcntl(socket.descriptor_, F_SETFL, fcntl(socket.descriptor_, F_GETFL) & ~O_NONBLOCK);
      set_no_delay(socket.descriptor_);
      return socket;
    }
    last.message = "can't connect to " + to.text() + ": " + strerrordesc_np(status);
  }
  return std::unexpected(last);
}

Socket::~Socket() {
  if (descriptor_ >= 0) ::close(descriptor_);
}
Socket::Socket(Socket&& other) noexcept : descriptor_(std::exchange(other.descriptor_, -1)) {}
Socket& Socket::operator=(Socket&& other) noexcept {
  std::swap(descriptor_, other.descriptor_);
  return *this;
}
int Socket::release() { return std::exchange(descriptor_, -1); }

Result<std::size_t> Socket::read(MutableBytes into) {
  while (true) {
    const ssize_t n = ::recv(descriptor_, into.data(), into.size(), 0);
    if (n >= 0) return static_cast<std::size_t>(n);
    if (errno != EINTR) return std::unexpected(socket_error("can't read from the connection", errno));
  }
}

Result<void> Socket::read_exactly(MutableBytes into) {
  while (!into.empty()) {
    TRY(const std::size_t n, read(into));
    if (n == 0) return fail(ErrorCode::unavailable, "the peer closed the connection in the middle of a message");
    into = into.subspan(n);
  }
  return {};
}

Result<void> Socket::write(ByteView bytes) {
  const ByteView parts[] = {bytes};
  return write_parts(parts);
}

Result<void> Socket::write_parts(std::span<const ByteView> parts) {
  std::vector<iovec> vectors;
  vectors.reserve(parts.size());
  for (ByteView part : parts) {
    if (!part.empty()) vectors.push_back({const_cast<std::byte*>(part.data()), part.size()});
  }
  std::size_t first = 0;
  Pace pace;
  while (first < vectors.size()) {
    const auto since = SteadyClock::now();
    msghdr message{};
    message.msg_iov = &vectors[first];
    message.msg_iovlen = std::min<std::size_t>(vectors.size() - first, IOV_MAX);
    ssize_t n = ::sendmsg(descriptor_, &message, MSG_NOSIGNAL);
    if (n < 0) {
      if (errno == EINTR) continue;
      return std::unexpected(socket_error("can't write to the connection", errno));
    }
    CHECK(pace.note(SteadyClock::now() - since, static_cast<std::size_t>(n)));
    while (n > 0 && first < vectors.size()) {
      const std::size_t step = std::min(static_cast<std::size_t>(n), vectors[first].iov_len);
      vectors[first].iov_base = static_cast<std::byte*>(vectors[first].iov_base) + step;
      vectors[first].iov_len -= step;
      n -= static_cast<ssize_t>(step);
      if (vectors[first].iov_len == 0) ++first;
    }
  }
  return {};
}

Result<void> Socket::send_file(const File& file, std::int64_t position, std::int64_t length) {
  off_t at = position;
  Pace pace;
  while (length > 0) {
    const auto since = SteadyClock::now();
    const auto piece = static_cast<std::size_t>(std::min(length, sendfile_piece));
    const ssize_t n = ::sendfile(descriptor_, file.descriptor(), &at, piece);
    if (n == 0) return fail(ErrorCode::corrupt, file.path().string() + " is shorter than expected");
    if (n < 0) {
      if (errno == EINTR) continue;
      return std::unexpected(socket_error("can't send " + file.path().string(), errno));
    }
    length -= n;
    CHECK(pace.note(SteadyClock::now() - since, static_cast<std::size_t>(n)));
  }
  return {};
}

Result<std::size_t> Socket::try_read(MutableBytes into) {
  while (true) {
    const ssize_t n = ::recv(descriptor_, into.data(), into.size(), MSG_DONTWAIT);
    if (n > 0) return static_cast<std::size_t>(n);
    if (n == 0) return fail(ErrorCode::unavailable, "can't read from the connection: the peer closed it");
    if (errno == EAGAIN || errno == EWOULDBLOCK) return 0;
    if (errno != EINTR) return std::unexpected(socket_error("can't read from the connection", errno));
  }
}

Result<std::size_t> Socket::try_write(std::span<const ByteView> parts) {
  constexpr std::size_t most_parts = 16;  // at once; the rest goes with the next call
  iovec vectors[most_parts];
  msghdr message{};
  message.msg_iov = vectors;
  for (const ByteView part : parts.first(std::min(parts.size(), most_parts)))
    vectors[message.msg_iovlen++] = {const_cast<std::byte*>(part.data()), part.size()};
  while (true) {
    const ssize_t n = ::sendmsg(descriptor_, &message, MSG_NOSIGNAL | MSG_DONTWAIT);
    if (n >= 0) return static_cast<std::size_t>(n);
    if (errno == EAGAIN || errno == EWOULDBLOCK) return 0;
    if (errno != EINTR) return std::unexpected(socket_error("can't write to the connection", errno));
  }
}

void Socket::set_timeout(std::chrono::milliseconds read, std::chrono::milliseconds write) {
  const auto as_timeval = [](std::chrono::milliseconds limit) {
    return timeval{limit.count() / 1000, (limit.count() % 1000) * 1000};
  };
  const timeval reading = as_timeval(read), writing = as_timeval(write);
  setsockopt(descriptor_, SOL_SOCKET, SO_RCVTIMEO, &reading, sizeof reading);
  setsockopt(descriptor_, SOL_SOCKET, SO_SNDTIMEO, &writing, sizeof writing);
}

void Socket::shut_down() {
  if (descriptor_ >= 0) ::shutdown(descriptor_, SHUT_RDWR);
}

void Socket::shut_down_reading() {
  if (descriptor_ >= 0) ::shutdown(descriptor_, SHUT_RD);
}

bool Socket::peer_has_left() const {
  pollfd look{descriptor_, POLLRDHUP, 0};
  return ::poll(&look, 1, 0) > 0;
}

std::string Socket::peer() const {
  sockaddr_storage address{};
  socklen_t length = sizeof address;
  char host[NI_MAXHOST], port[NI_MAXSERV];
  if (getpeername(descriptor_, reinterpret_cast<sockaddr*>(&address), &length) != 0 ||
      getnameinfo(reinterpret_cast<sockaddr*>(&address), length, host, sizeof host, port, sizeof port,
                  NI_NUMERICHOST | NI_NUMERICSERV) != 0) {
    return "unknown";
  }
  return std::string(host) + ":" + port;
}

Result<Listener> Listener::bind(const Endpoint& at) {
  Addresses addresses;
  CHECK(resolve(at, true, addresses));
  const addrinfo* address = addresses.first;
  Socket socket(::socket(address->ai_family, SOCK_STREAM | SOCK_CLOEXEC, 0));
  if (socket.descriptor() < 0) return fail_errno("socket", errno);
  const int on = 1;
  setsockopt(socket.descriptor(), SOL_SOCKET, SO_REUSEADDR, &on, sizeof on);
  if (::bind(socket.descriptor(), address->ai_addr, address->ai_addrlen) != 0) {
    if (errno == EADDRINUSE)
      return fail(ErrorCode::conflict, "port " + std::to_string(at.port) + " on " + at.host + " is taken");
    return fail_errno("can't listen on " + at.text(), errno);
  }
  if (::listen(socket.descriptor(), SOMAXCONN) != 0) return fail_errno("can't listen on " + at.text(), errno);
  sockaddr_storage bound{};
  socklen_t length = sizeof bound;
  getsockname(socket.descriptor(), reinterpret_cast<sockaddr*>(&bound), &length);
  const std::uint16_t port = ntohs(bound.ss_family == AF_INET6 ? reinterpret_cast<sockaddr_in6*>(&bound)->sin6_port
                                                               : reinterpret_cast<sockaddr_in*>(&bound)->sin_port);
  return Listener(std::move(socket), Endpoint{at.host, port});
}

Result<Socket> Listener::accept() {
  while (true) {
    const int descriptor = ::accept4(socket_.descriptor(), nullptr, nullptr, SOCK_CLOEXEC);
    if (descriptor >= 0) {
      set_no_delay(descriptor);
      return Socket(descriptor);
    }
    if (errno == EINTR || errno == ECONNABORTED) continue;
    if (errno == EINVAL) return fail(ErrorCode::cancelled, "the listener was closed");
    return fail_errno("can't accept a connection", errno);
  }
}

}  // namespace tickerlake::io
