#pragma once
// Blocking TCP sockets with time limits.
#include <chrono>
#include <cstdint>
#include <span>
#include <string>
#include <string_view>

#include "base/bytes.h"
#include "base/result.h"
#include "io/file.h"

namespace tickerlake::io {

/// "HOST:PORT"; an IPv6 host in brackets. Port 0 asks for a free one.
struct Endpoint {
  std::string host;
  std::uint16_t port = 0;
  static Result<Endpoint> parse(std::string_view text);
  std::string text() const;
  bool is_loopback() const;
};

/// A connected socket with one owner. One thread may read while another writes.
class Socket {
 public:
  static Result<Socket> connect(const Endpoint& to, std::chrono::milliseconds timeout);

  Socket() = default;
  explicit Socket(int descriptor) : descriptor_(descriptor) {}
  ~Socket();
  Socket(Socket&& other) noexcept;
  Socket& operator=(Socket&& other) noexcept;

  /// Up to into.size() bytes; 0 when the peer has closed. ErrorCode::timeout after the idle limit.
  Result<std::size_t> read(MutableBytes into);
  /// ErrorCode::unavailable when the peer closes before into is full.
  Result<void> read_exactly(MutableBytes into);
  /// Writes: ErrorCode::timeout also for a peer that reads more slowly than Pace permits.
  Result<void> write(ByteView bytes);
  Result<void> write_parts(std::span<const ByteView> parts);
  /// sendfile: length bytes of the file from position, without passing through this process.
  Result<void> send_file(const File& file, std::int64_t position, std::int64_t length);

  /// What goes without waiting, 0 if that is nothing. ErrorCode::unavailable when the peer has closed.
  Result<std::size_t> try_read(MutableBytes into);
  Result<std::size_t> try_write(std::span<const ByteView> parts);

  /// How long a read or a write may make no progress; zero for ever.
  void set_timeout(std::chrono::milliseconds read, std::chrono::milliseconds write);
  /// Wakes every thread that reads or writes here; they see the end of the stream. Thread-safe.
  void shut_down();
  /// Wakes who reads here: after what has arrived already comes the end of the stream. Thread-safe.
  void shut_down_reading();
  /// Whether the peer has closed its side, or the connection is broken. Never blocks, takes no bytes.
  bool peer_has_left() const;
  /// The peer's address, "127.0.0.1:40404".
  std::string peer() const;
  int descriptor() const { return descriptor_; }
  /// Gives the descriptor away.
  int release();

 private:
  int descriptor_ = -1;
};

/// A listening socket.
class Listener {
 public:
  /// ErrorCode::conflict when the port is taken; the message names it.
  static Result<Listener> bind(const Endpoint& at);
  /// Blocks; ErrorCode::cancelled once closed.
  Result<Socket> accept();
  /// With the real port where 0 was asked for.
  const Endpoint& endpoint() const { return endpoint_; }
  void shut_down() { socket_.shut_down(); }

 private:
  Listener(Socket socket, Endpoint endpoint) : socket_(std::move(socket)), endpoint_(std::move(endpoint)) {}
  Socket socket_;
  Endpoint endpoint_;
};

}  // namespace tickerlake::io
