#include "io/tls.h"

#include <openssl/err.h>
#include <openssl/ssl.h>
#include <openssl/x509v3.h>
#include <poll.h>

#include <algorithm>
#include <vector>

#include "base/mutex.h"
#include "base/panic.h"

// OpenSSL reads and writes memory; what goes over the socket is moved by this file. So a thread that waits for the peer
// holds no lock, and another one can write meanwhile: an SSL object itself must not be used by two threads at once.

namespace tickerlake::io {
namespace {

/// Of a handshake's messages together; certificates are the longest of them.
constexpr std::size_t max_handshake_bytes = 256 * 1024;
constexpr std::size_t record_bytes = 16 * 1024;
/// What is sealed and sent at once.
constexpr std::size_t piece_bytes = 4 * record_bytes;

template <auto Free>
struct Freed {
  void operator()(auto* object) const { Free(object); }
};
using ContextHandle = std::unique_ptr<SSL_CTX, Freed<SSL_CTX_free>>;
using SslHandle = std::unique_ptr<SSL, Freed<SSL_free>>;

/// OpenSSL's reason for what has just failed on this thread, and its queue of errors emptied.
std::string reason() {
  std::string text = "unknown reason";
  if (const unsigned long code = ERR_peek_last_error(); code != 0) {
    if (const char* known = ERR_reason_error_string(code)) text = known;
  }
  ERR_clear_error();
  return text;
}

std::unexpected<Error> bad_file(const Path& file, std::string_view what) {
  return fail(ErrorCode::invalid_argument, file.string() + ": " + std::string(what) + " (" + reason() + ")");
}

Result<void> must_exist(const Path& file) {
  std::error_code error;
  if (std::filesystem::is_regular_file(file, error)) return {};
  return fail(ErrorCode::not_found, file.string() + ": there is no such file");
}

int give_password(char* buffer, int size, int, void* password) {
  const auto& text = *static_cast<const std::string*>(password);
  const int length = std::min(size, static_cast<int>(text.size()));
  std::copy_n(text.data(), length, buffer);
  return length;
}

Result<void> use_identity(SSL_CTX* context, const TlsContext::Identity& identity) {
  CHECK(must_exist(identity.certificate));
  CHECK(must_exist(identity.key));
  // Without a callback OpenSSL would ask for the password at the terminal.
  std::string password = identity.key_password;
  SSL_CTX_set_default_passwd_cb(context, give_password);
  SSL_CTX_set_default_passwd_cb_userdata(context, &password);
  const bool has_chain = SSL_CTX_use_certificate_chain_file(context, identity.certificate.c_str()) == 1;
  if (!has_chain) return bad_file(identity.certificate, "no certificate in PEM could be read");
  const bool has_key = SSL_CTX_use_PrivateKey_file(context, identity.key.c_str(), SSL_FILETYPE_PEM) == 1;
  SSL_CTX_set_default_passwd_cb_userdata(context, nullptr);
  if (!has_key) return bad_file(identity.key, "no private key in PEM could be read that belongs to the certificate");
  return {};
}

Result<void> believe(SSL_CTX* context, const Path& authorities) {
  CHECK(must_exist(authorities));
  if (SSL_CTX_load_verify_file(context, authorities.c_str()) != 1)
    return bad_file(authorities, "no certificates of authorities in PEM could be read");
  return {};
}

ContextHandle make_context(const SSL_METHOD* method) {
  ContextHandle context(SSL_CTX_new(method));
  ensure(context != nullptr, "OpenSSL makes a context");
  SSL_CTX_set_options(context.get(), SSL_OP_NO_RENEGOTIATION | SSL_OP_NO_COMPRESSION | SSL_OP_IGNORE_UNEXPECTED_EOF);
  SSL_CTX_set_mode(context.get(), SSL_MODE_RELEASE_BUFFERS);
  SSL_CTX_set_min_proto_version(context.get(), TLS1_2_VERSION);
  return context;
}

Error handshake_error(SSL* ssl, bool is_server) {
  const unsigned long code = ERR_peek_last_error();
  const long verified = SSL_get_verify_result(ssl);
  const int why = ERR_GET_REASON(code);
  std::string text = "TLS handshake: " + reason();
  if (verified != X509_V_OK) {
    text += std::string(": ") + X509_verify_cert_error_string(verified);
    return {ErrorCode::unauthorized, text};
  }
  const bool refused_us = why >= SSL_R_SSLV3_ALERT_NO_CERTIFICATE && why <= SSL_R_SSLV3_ALERT_CERTIFICATE_UNKNOWN;
  const bool no_certificate = is_server && why == SSL_R_PEER_DID_NOT_RETURN_A_CERTIFICATE;
  const bool is_doubt = refused_us || no_certificate || why == SSL_R_TLSV1_ALERT_UNKNOWN_CA;
  return {is_doubt ? ErrorCode::unauthorized : ErrorCode::corrupt, text};
}

/// Clients are told bad_certificate, whatever it is that makes theirs one, as Java's servers tell them: what they know
/// of Kafka's answers they know of these.
int say_bad_certificate(int believed, X509_STORE_CTX* context) {
  if (believed == 0) X509_STORE_CTX_set_error(context, X509_V_ERR_CERT_REJECTED);
  return believed;
}

}  // namespace

struct TlsContext::Data {
  ContextHandle context;
  bool verify_name = false;
};

Result<TlsContext> TlsContext::for_server(const Server& server) {
  ContextHandle context = make_context(TLS_server_method());
  CHECK(use_identity(context.get(), server.identity));
  const Protocols& protocols = server.protocols;
  if (!protocols.tls12) SSL_CTX_set_min_proto_version(context.get(), TLS1_3_VERSION);
  if (!protocols.tls13) SSL_CTX_set_max_proto_version(context.get(), TLS1_2_VERSION);
  if (!protocols.ciphers.empty() && SSL_CTX_set_cipher_list(context.get(), protocols.ciphers.c_str()) != 1)
    return fail(ErrorCode::invalid_argument, "no cipher of TLS 1.2 is known in " + protocols.ciphers + ": " + reason());
  if (!protocols.cipher_suites.empty() && SSL_CTX_set_ciphersuites(context.get(), protocols.cipher_suites.c_str()) != 1)
    return fail(ErrorCode::invalid_argument,
                "no cipher suite of TLS 1.3 is known in " + protocols.cipher_suites + ": " + reason());
  if (server.client_auth != ClientAuth::none) {
    if (!server.authorities)
      return fail(ErrorCode::invalid_argument, "clients' certificates can't be checked without a truststore");
    CHECK(believe(context.get(), *server.authorities));
    // Clients choose their certificate by the names of those who are believed.
    if (auto* names = SSL_load_client_CA_file(server.authorities->c_str()))
      SSL_CTX_set_client_CA_list(context.get(), names);
    const int strict = server.client_auth == ClientAuth::required ? SSL_VERIFY_FAIL_IF_NO_PEER_CERT : 0;
    SSL_CTX_set_verify(context.get(), SSL_VERIFY_PEER | strict, say_bad_certificate);
    const unsigned char id[] = "tickerlake";
    SSL_CTX_set_session_id_context(context.get(), id, sizeof id - 1);
  }
  // A session that is taken up again would keep a certificate that has expired, and tickets cost more than they save.
  SSL_CTX_set_session_cache_mode(context.get(), SSL_SESS_CACHE_OFF);
  SSL_CTX_set_options(context.get(), SSL_OP_NO_TICKET | SSL_OP_CIPHER_SERVER_PREFERENCE);
  SSL_CTX_set_num_tickets(context.get(), 0);
  ERR_clear_error();
  return TlsContext(std::make_shared<const Data>(std::move(context), false));
}

Result<TlsContext> TlsContext::for_client(const Client& client) {
  ContextHandle context = make_context(TLS_client_method());
  if (client.identity) CHECK(use_identity(context.get(), *client.identity));
  if (client.verify) {
    if (client.authorities) {
      CHECK(believe(context.get(), *client.authorities));
    } else {
      SSL_CTX_set_default_verify_paths(context.get());
    }
    SSL_CTX_set_verify(context.get(), SSL_VERIFY_PEER, nullptr);
  }
  ERR_clear_error();
  return TlsContext(std::make_shared<const Data>(std::move(context), client.verify && client.verify_name));
}

struct TlsStream::State {
  State(const TlsContext& its_context, Socket& its_socket)
      : context(its_context.data_), socket(its_socket), ssl(SSL_new(context->context.get())) {
    ensure(ssl != nullptr, "OpenSSL makes a connection");
    SSL_set_bio(ssl.get(), incoming, outgoing);
  }

  // constant after construction
  const std::shared_ptr<const TlsContext::Data> context;
  Socket& socket;
  BIO* const incoming = BIO_new(BIO_s_mem());  // owned by ssl
  BIO* const outgoing = BIO_new(BIO_s_mem());

  Mutex mutex;  // a leaf; never held while the socket is waited for
  const SslHandle ssl;

  Mutex writing;                           // before mutex: whoever holds it sends what it has sealed
  Buffer gathered TL_GUARDED_BY(writing);  // small parts on their way into one record
  Buffer sealed TL_GUARDED_BY(writing);
  std::size_t sent TL_GUARDED_BY(writing) = 0;   // of sealed
  Buffer received = Buffer(record_bytes + 512);  // the reading thread's alone

  Result<void> shake_hands(bool is_server, Deadline deadline);
  Result<void> wait_for_bytes(Deadline deadline);
  Result<std::optional<std::size_t>> open(MutableBytes into) TL_EXCLUDES(mutex);
  void feed(std::size_t length) TL_EXCLUDES(mutex);
  Result<void> seal(ByteView plain) TL_REQUIRES(writing) TL_EXCLUDES(mutex);
  void take_outgoing() TL_REQUIRES(writing, mutex);
  Result<void> send_sealed() TL_REQUIRES(writing);
};

void TlsStream::State::take_outgoing() {
  char* bytes = nullptr;
  const long length = BIO_get_mem_data(outgoing, &bytes);
  const auto* from = reinterpret_cast<const std::byte*>(bytes);
  sealed.insert(sealed.end(), from, from + length);
  (void)BIO_reset(outgoing);
}

Result<void> TlsStream::State::send_sealed() {
  auto done = socket.write(ByteView(sealed).subspan(sent));
  sealed.clear();
  sent = 0;
  return done;
}

Result<void> TlsStream::State::seal(ByteView plain) {
  MutexLock lock(mutex);
  ERR_clear_error();
  if (!plain.empty() && SSL_write(ssl.get(), plain.data(), static_cast<int>(plain.size())) <= 0)
    return fail(ErrorCode::unavailable, "TLS: can't write: " + reason());
  take_outgoing();
  return {};
}

void TlsStream::State::feed(std::size_t length) {
  MutexLock lock(mutex);
  ensure(BIO_write(incoming, received.data(), static_cast<int>(length)) == static_cast<int>(length),
         "OpenSSL's memory takes what was received");
}

/// What has been received and is whole; nothing when more must come first.
Result<std::optional<std::size_t>> TlsStream::State::open(MutableBytes into) {
  MutexLock lock(mutex);
  ERR_clear_error();
  const auto most = static_cast<int>(std::min<std::size_t>(into.size(), 1 << 30));
  const int n = SSL_read(ssl.get(), into.data(), most);
  if (n > 0) return static_cast<std::size_t>(n);
  switch (SSL_get_error(ssl.get(), n)) {
    case SSL_ERROR_ZERO_RETURN:
      return std::size_t{0};
    case SSL_ERROR_WANT_READ:
      return std::nullopt;
    default:
      return fail(ErrorCode::corrupt, "TLS: " + reason());
  }
}

Result<void> TlsStream::State::wait_for_bytes(Deadline deadline) {
  const auto left = std::chrono::ceil<std::chrono::milliseconds>(deadline - std::chrono::steady_clock::now());
  pollfd waiting{socket.descriptor(), POLLIN, 0};
  if (left.count() > 0 && ::poll(&waiting, 1, static_cast<int>(left.count())) > 0) return {};
  return fail(ErrorCode::timeout, "TLS handshake: the peer took too long");
}

Result<void> TlsStream::State::shake_hands(bool is_server, Deadline deadline) {
  MutexLock order(writing);
  for (std::size_t fed = 0;;) {
    ERR_clear_error();
    int status = 0;
    bool wants_more = false;
    Error error;
    {
      MutexLock lock(mutex);
      status = SSL_do_handshake(ssl.get());
      wants_more = status != 1 && SSL_get_error(ssl.get(), status) == SSL_ERROR_WANT_READ;
      if (status != 1 && !wants_more) error = handshake_error(ssl.get(), is_server);
      take_outgoing();
    }
    // Also a last alert, which tells the peer what was wrong.
    const auto told = send_sealed();
    if (status == 1) return told;
    if (!wants_more) return std::unexpected(error);
    CHECK(told);
    CHECK(wait_for_bytes(deadline));
    TRY(const std::size_t n, socket.read(received));
    if (n == 0) return fail(ErrorCode::unavailable, "TLS handshake: the peer closed the connection");
    fed += n;
    if (fed > max_handshake_bytes) return fail(ErrorCode::corrupt, "TLS handshake: the peer sends too much");
    feed(n);
  }
}

TlsStream::TlsStream(std::unique_ptr<State> state) : state_(std::move(state)) {}

TlsStream::~TlsStream() {
  MutexLock order(state_->writing);
  MutexLock lock(state_->mutex);
  ERR_clear_error();
  SSL_shutdown(state_->ssl.get());
  ERR_clear_error();
  state_->take_outgoing();
  const ByteView rest[] = {ByteView(state_->sealed).subspan(state_->sent)};
  if (!rest[0].empty()) (void)state_->socket.try_write(rest);
}

Result<std::unique_ptr<TlsStream>> TlsStream::accept(const TlsContext& context, Socket& socket, Deadline deadline) {
  auto state = std::make_unique<State>(context, socket);
  SSL_set_accept_state(state->ssl.get());
  CHECK(state->shake_hands(true, deadline));
  return std::unique_ptr<TlsStream>(new TlsStream(std::move(state)));
}

Result<std::unique_ptr<TlsStream>> TlsStream::connect(const TlsContext& context, Socket& socket,
                                                      const std::string& name, Deadline deadline) {
  auto state = std::make_unique<State>(context, socket);
  SSL* ssl = state->ssl.get();
  SSL_set_connect_state(ssl);
  X509_VERIFY_PARAM* wanted = SSL_get0_param(ssl);
  // An address is compared with the certificate's addresses, and never sent as a name (RFC 6066).
  ASN1_OCTET_STRING* address = a2i_IPADDRESS(name.c_str());
  ASN1_OCTET_STRING_free(address);
  if (address == nullptr) SSL_set_tlsext_host_name(ssl, name.c_str());
  if (state->context->verify_name) {
    const bool set = address != nullptr ? X509_VERIFY_PARAM_set1_ip_asc(wanted, name.c_str()) == 1
                                        : X509_VERIFY_PARAM_set1_host(wanted, name.c_str(), name.size()) == 1;
    if (!set) return fail(ErrorCode::invalid_argument, "\"" + name + "\" is no host's name");
  }
  CHECK(state->shake_hands(false, deadline));
  return std::unique_ptr<TlsStream>(new TlsStream(std::move(state)));
}

Result<std::size_t> TlsStream::read(MutableBytes into) {
  while (true) {
    TRY(const auto opened, state_->open(into));
    if (opened) return *opened;
    TRY(const std::size_t n, state_->socket.read(state_->received));
    if (n == 0) return 0;
    state_->feed(n);
  }
}

Result<void> TlsStream::write_parts(std::span<const ByteView> parts) {
  MutexLock order(state_->writing);
  const auto send_gathered = [this]() TL_REQUIRES(state_->writing) -> Result<void> {
    CHECK(state_->seal(state_->gathered));
    state_->gathered.clear();
    return state_->send_sealed();
  };
  state_->gathered.clear();
  for (ByteView part : parts) {
    while (!part.empty()) {
      const ByteView piece = part.first(std::min(part.size(), piece_bytes - state_->gathered.size()));
      state_->gathered.insert(state_->gathered.end(), piece.begin(), piece.end());
      part = part.subspan(piece.size());
      if (state_->gathered.size() == piece_bytes) CHECK(send_gathered());
    }
  }
  if (state_->gathered.empty()) return {};
  return send_gathered();
}

Result<void> TlsStream::send_file(const File& file, std::int64_t position, std::int64_t length) {
  Buffer piece(static_cast<std::size_t>(std::min<std::int64_t>(length, piece_bytes)));
  while (length > 0) {
    const auto now = static_cast<std::size_t>(std::min<std::int64_t>(length, piece_bytes));
    const MutableBytes into = std::span(piece).first(now);
    CHECK(file.read_exactly_at(position, into));
    CHECK(write(into));
    position += static_cast<std::int64_t>(now);
    length -= static_cast<std::int64_t>(now);
  }
  return {};
}

Result<std::size_t> TlsStream::try_read(MutableBytes into) {
  while (true) {
    TRY(const auto opened, state_->open(into));
    if (opened && *opened == 0)
      return fail(ErrorCode::unavailable, "can't read from the connection: the peer closed it");
    if (opened) return *opened;
    TRY(const std::size_t n, state_->socket.try_read(state_->received));
    if (n == 0) return 0;
    state_->feed(n);
  }
}

Result<std::size_t> TlsStream::try_write(std::span<const ByteView> parts) {
  MutexLock order(state_->writing);
  const auto send_some = [this]() TL_REQUIRES(state_->writing) -> Result<bool> {
    while (state_->sent < state_->sealed.size()) {
      const ByteView rest[] = {ByteView(state_->sealed).subspan(state_->sent)};
      TRY(const std::size_t n, state_->socket.try_write(rest));
      if (n == 0) return false;
      state_->sent += n;
    }
    state_->sealed.clear();
    state_->sent = 0;
    return true;
  };
  std::size_t taken = 0;
  TRY(bool free, send_some());
  while (free) {
    state_->gathered.clear();
    std::size_t behind = taken;  // of what the parts hold, this much is done
    for (const ByteView part : parts) {
      const std::size_t skipped = std::min(behind, part.size());
      behind -= skipped;
      const ByteView rest = part.subspan(skipped);
      const ByteView piece = rest.first(std::min(rest.size(), piece_bytes - state_->gathered.size()));
      state_->gathered.insert(state_->gathered.end(), piece.begin(), piece.end());
    }
    if (state_->gathered.empty()) break;
    CHECK(state_->seal(state_->gathered));
    taken += state_->gathered.size();
    TRY(free, send_some());
  }
  return taken;
}

bool TlsStream::has_unsent() const {
  MutexLock order(state_->writing);
  return !state_->sealed.empty();
}

void TlsStream::shut_down() { state_->socket.shut_down(); }

std::optional<std::string> TlsStream::peer_subject() const {
  MutexLock lock(state_->mutex);
  X509* certificate = SSL_get0_peer_certificate(state_->ssl.get());
  if (certificate == nullptr || SSL_get_verify_result(state_->ssl.get()) != X509_V_OK) return std::nullopt;
  const std::unique_ptr<BIO, Freed<BIO_free>> text(BIO_new(BIO_s_mem()));
  // Java writes letters beyond ASCII as they are.
  X509_NAME_print_ex(text.get(), X509_get_subject_name(certificate), 0, XN_FLAG_RFC2253 & ~ASN1_STRFLGS_ESC_MSB);
  char* bytes = nullptr;
  const long length = BIO_get_mem_data(text.get(), &bytes);
  return std::string(bytes, static_cast<std::size_t>(length));
}

std::string TlsStream::protocol() const {
  MutexLock lock(state_->mutex);
  return SSL_get_version(state_->ssl.get());
}

}  // namespace tickerlake::io
