#pragma once
// Bytes in both directions between two peers: over a socket as they are (PlainStream), or by TLS (tls.h).
#include <cstdint>
#include <span>

#include "base/bytes.h"
#include "base/result.h"
#include "io/file.h"
#include "io/socket.h"

namespace tickerlake::io {

/// One thread may read while another writes. The functions are Socket's, and so are their errors.
class Stream {
 public:
  virtual ~Stream() = default;

  virtual Result<std::size_t> read(MutableBytes into) = 0;
  virtual Result<void> write_parts(std::span<const ByteView> parts) = 0;
  /// length bytes of the file from position; from a plain socket without passing through this process.
  virtual Result<void> send_file(const File& file, std::int64_t position, std::int64_t length) = 0;
  virtual Result<std::size_t> try_read(MutableBytes into) = 0;
  virtual Result<std::size_t> try_write(std::span<const ByteView> parts) = 0;
  /// The socket whose bytes these are as they are; null where something stands between.
  virtual Socket* plain_socket() { return nullptr; }
  /// Whether try_write() has taken bytes that are not sent yet: it sends them when it is called again, also with none.
  virtual bool has_unsent() const { return false; }
  /// Wakes every thread that reads or writes here; they see the end of the stream. Thread-safe.
  virtual void shut_down() = 0;

  Result<void> read_exactly(MutableBytes into);
  Result<void> write(ByteView bytes);
};

/// The socket's own bytes. The socket outlives it.
class PlainStream final : public Stream {
 public:
  explicit PlainStream(Socket& socket) : socket_(socket) {}
  Result<std::size_t> read(MutableBytes into) override { return socket_.read(into); }
  Result<void> write_parts(std::span<const ByteView> parts) override { return socket_.write_parts(parts); }
  Result<void> send_file(const File& file, std::int64_t position, std::int64_t length) override {
    return socket_.send_file(file, position, length);
  }
  Result<std::size_t> try_read(MutableBytes into) override { return socket_.try_read(into); }
  Result<std::size_t> try_write(std::span<const ByteView> parts) override { return socket_.try_write(parts); }
  Socket* plain_socket() override { return &socket_; }
  void shut_down() override { socket_.shut_down(); }

 private:
  Socket& socket_;
};

}  // namespace tickerlake::io
