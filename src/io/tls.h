#pragma once
// TLS 1.2 and 1.3 over a socket, both sides of it. Keys and certificates are PEM files. OpenSSL stays in tls.cpp.
#include <chrono>
#include <memory>
#include <optional>
#include <string>

#include "io/stream.h"

namespace tickerlake::io {

/// What one side of connections shows and believes. Thread-safe, cheap to copy, constant after it was made.
class TlsContext {
 public:
  enum class ClientAuth { none, requested, required };
  struct Identity {
    Path certificate;  // PEM: this side's certificate, then those that lead to the authority
    Path key;          // PEM; may be the same file
    std::string key_password{};
  };
  struct Protocols {
    bool tls12 = true, tls13 = true;
    std::string ciphers{};        // of TLS 1.2, as OpenSSL or as Java names them; empty: OpenSSL's default
    std::string cipher_suites{};  // of TLS 1.3
  };
  struct Server {
    Identity identity{};
    std::optional<Path> authorities{};  // PEM: whose clients are believed
    ClientAuth client_auth = ClientAuth::none;
    Protocols protocols{};
  };
  struct Client {
    std::optional<Path> authorities{};  // PEM; the system's when there is none
    bool verify = true;                 // the server's chain of certificates
    bool verify_name = true;            // and that it is for the name that was asked for
    std::optional<Identity> identity{};
  };

  /// Errors: not_found, invalid_argument (files that don't hold what they should; the message names them).
  static Result<TlsContext> for_server(const Server& server);
  static Result<TlsContext> for_client(const Client& client);

 private:
  friend class TlsStream;
  struct Data;
  explicit TlsContext(std::shared_ptr<const Data> data) : data_(std::move(data)) {}
  std::shared_ptr<const Data> data_;
};

/// TLS over a socket that outlives it. The end of its life says good-bye to the peer, without waiting.
class TlsStream final : public Stream {
 public:
  using Deadline = std::chrono::steady_clock::time_point;
  /// The handshake. Errors: timeout, unavailable (the peer
  /// left), unauthorized (somebody's certificate is not believed, or is missing), corrupt (not TLS, no common version).
  static Result<std::unique_ptr<TlsStream>> accept(const TlsContext& context, Socket& socket, Deadline deadline);
  /// name: the server's, which its certificate must have.
  static Result<std::unique_ptr<TlsStream>> connect(const TlsContext& context, Socket& socket, const std::string& name,
                                                    Deadline deadline);
  ~TlsStream() override;
  TlsStream(const TlsStream&) = delete;
  TlsStream& operator=(const TlsStream&) = delete;

  Result<std::size_t> read(MutableBytes into) override;
  Result<void> write_parts(std::span<const ByteView> parts) override;
  Result<void> send_file(const File& file, std::int64_t position, std::int64_t length) override;
  /// These two are for who does all with one thread: not beside read() and write_parts().
  Result<std::size_t> try_read(MutableBytes into) override;
  Result<std::size_t> try_write(std::span<const ByteView> parts) override;
  bool has_unsent() const override;
  void shut_down() override;

  /// The subject of the certificate that the peer has shown and that was believed, as RFC 2253 writes it
  /// ("CN=alice,OU=trading"); nothing when it has shown none.
  std::optional<std::string> peer_subject() const;
  /// "TLSv1.3".
  std::string protocol() const;

 private:
  struct State;
  explicit TlsStream(std::unique_ptr<State> state);
  const std::unique_ptr<State> state_;
};

}  // namespace tickerlake::io
