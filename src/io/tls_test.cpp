#include "io/tls.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <openssl/evp.h>
#include <openssl/pem.h>
#include <openssl/x509v3.h>

#include <fstream>
#include <future>
#include <thread>

namespace tickerlake::io {
namespace {

using std::chrono::milliseconds;
using std::chrono::steady_clock;

TlsStream::Deadline soon() { return steady_clock::now() + std::chrono::seconds(60); }

/// An authority of a test's own, and certificates by it.
class Authority {
 public:
  Authority() : key_(EVP_EC_gen("P-256")), certificate_(make("CN=Test Authority", key_, 0, true)) {}
  ~Authority() {
    X509_free(certificate_);
    EVP_PKEY_free(key_);
  }
  Authority(const Authority&) = delete;
  Authority& operator=(const Authority&) = delete;

  Path file(const Path& directory) const {
    const Path path = directory / "ca.pem";
    write(path, certificate_, nullptr);
    return path;
  }
  /// A PEM file with a certificate for localhost and its key; expired: yesterday.
  TlsContext::Identity identity(const Path& directory, const std::string& common_name, bool expired = false) const {
    const Path path = directory / (common_name + (expired ? "-expired" : "") + ".pem");
    EVP_PKEY* key = EVP_EC_gen("P-256");
    X509* certificate = make(common_name, key, expired ? -86'400 : 86'400, false);
    write(path, certificate, key);
    X509_free(certificate);
    EVP_PKEY_free(key);
    return {.certificate = path, .key = path};
  }

 private:
  X509* make(const std::string& common_name, EVP_PKEY* key, long until, bool is_authority) const {
    X509* made = X509_new();
    X509_set_version(made, X509_VERSION_3);
    ASN1_INTEGER_set(X509_get_serialNumber(made), is_authority ? 1 : 2);
    X509_gmtime_adj(X509_getm_notBefore(made), -2 * 86'400);
    X509_gmtime_adj(X509_getm_notAfter(made), is_authority ? 86'400 : until);
    X509_set_pubkey(made, key);
    const auto add = [](X509_NAME* name, const char* field, std::string_view text) {
      X509_NAME_add_entry_by_txt(name, field, MBSTRING_UTF8, reinterpret_cast<const unsigned char*>(text.data()),
                                 static_cast<int>(text.size()), -1, 0);
    };
    add(X509_get_subject_name(made), "OU", "trading, fast");
    add(X509_get_subject_name(made), "CN", common_name);
    X509_set_issuer_name(made, X509_get_subject_name(is_authority ? made : certificate_));
    const auto extend = [&](int kind, const char* value) {
      X509_EXTENSION* extension = X509V3_EXT_conf_nid(nullptr, nullptr, kind, value);
      X509_add_ext(made, extension, -1);
      X509_EXTENSION_free(extension);
    };
    extend(NID_basic_constraints, is_authority ? "critical,CA:TRUE" : "CA:FALSE");
    if (!is_authority) extend(NID_subject_alt_name, "DNS:localhost,IP:127.0.0.1");
    X509_sign(made, key_, EVP_sha256());
    return made;
  }
  static void write(const Path& path, X509* certificate, EVP_PKEY* key) {
    FILE* file = std::fopen(path.c_str(), "w");
    PEM_write_X509(file, certificate);
    if (key != nullptr) PEM_write_PrivateKey(file, key, nullptr, nullptr, 0, nullptr, nullptr);
    std::fclose(file);
  }

  EVP_PKEY* const key_;
  X509* const certificate_;
};

class Tls : public ::testing::Test {
 protected:
  TlsContext server(TlsContext::ClientAuth auth = TlsContext::ClientAuth::none, bool expired = false) {
    TlsContext::Server options;
    options.identity = authority_.identity(directory_.path(), "localhost", expired);
    options.client_auth = auth;
    options.authorities = authority_.file(directory_.path());
    return *TlsContext::for_server(options);
  }
  TlsContext client(std::optional<TlsContext::Identity> identity = std::nullopt) {
    TlsContext::Client options;
    options.authorities = authority_.file(directory_.path());
    options.identity = std::move(identity);
    return *TlsContext::for_client(options);
  }
  using Stream = Result<std::unique_ptr<TlsStream>>;
  /// Both handshakes at once.
  std::pair<Stream, Stream> meet(const TlsContext& of_server, const TlsContext& of_client,
                                 const std::string& name = "localhost") {
    auto accepting = std::async(std::launch::async, [&] { return TlsStream::accept(of_server, near_, soon()); });
    auto connected = TlsStream::connect(of_client, far_, name, soon());
    // With TLS 1.3 a client is done before it knows what the server thinks of its certificate.
    if (!connected) far_.shut_down();
    return {accepting.get(), std::move(connected)};
  }

  TemporaryDirectory directory_;
  Authority authority_;
  Listener listener_ = *Listener::bind({"127.0.0.1", 0});
  Socket far_ = *Socket::connect(listener_.endpoint(), milliseconds(10'000));
  Socket near_ = *listener_.accept();
};

TEST_F(Tls, what_is_written_is_read_in_both_directions_at_once) {
  auto [near, far] = meet(server(), client());
  ASSERT_TRUE(near && far);
  EXPECT_EQ((*far)->protocol(), "TLSv1.3");
  const Buffer data(3'000'000, std::byte{7});
  const auto send = [&](TlsStream& stream) {
    const ByteView parts[] = {
        ByteView(data).first(1), ByteView(data).subspan(1, 100'000), {}, ByteView(data).subspan(100'001)};
    EXPECT_TRUE(stream.write_parts(parts));
  };
  std::jthread one([&] { send(**near); }), other([&] { send(**far); });
  Buffer here(data.size()), there(data.size());
  std::jthread reading([&] { EXPECT_TRUE((*near)->read_exactly(here)); });
  EXPECT_TRUE((*far)->read_exactly(there));
  reading.join();
  EXPECT_EQ(here, data);
  EXPECT_EQ(there, data);
}

TEST_F(Tls, a_file_is_sent_from_where_it_was_asked_for) {
  auto [near, far] = meet(server(), client());
  ASSERT_TRUE(near && far);
  std::string content;
  for (int i = 0; i < 100'000; ++i) content += std::to_string(i);
  const Path path = directory_.path() / "file";
  ASSERT_TRUE(write_file_atomically(path, content));
  const File file = *File::open(path, File::Mode::read);
  std::jthread sending([&] { EXPECT_TRUE((*near)->send_file(file, 5, 400'000)); });
  std::string got(400'000, ' ');
  ASSERT_TRUE((*far)->read_exactly(std::as_writable_bytes(std::span(got))));
  EXPECT_EQ(got, content.substr(5, 400'000));
}

TEST_F(Tls, one_thread_can_do_all_without_waiting) {
  auto [near, far] = meet(server(), client());
  ASSERT_TRUE(near && far);
  const Buffer data(5'000'000, std::byte{9});
  const ByteView all[] = {data};
  std::size_t taken = 0, received = 0;
  Buffer into(100'000);
  while (received < data.size()) {
    const ByteView rest[] = {ByteView(data).subspan(taken)};
    const auto sent = (*far)->try_write(rest);
    ASSERT_TRUE(sent);
    taken += *sent;
    const auto n = (*near)->try_read(into);
    ASSERT_TRUE(n);
    received += *n;
  }
  EXPECT_EQ(taken, all[0].size());
  EXPECT_FALSE((*far)->has_unsent());
  far->reset();
  EXPECT_EQ((*near)->try_read(into).error().code, ErrorCode::unavailable);
}

TEST_F(Tls, the_end_is_seen_whether_said_or_not) {
  auto [near, far] = meet(server(), client());
  ASSERT_TRUE(near && far);
  far->reset();
  std::byte into[1];
  EXPECT_EQ((*near)->read(into), std::size_t{0});
}

TEST_F(Tls, a_client_is_known_by_its_certificate) {
  auto [near, far] =
      meet(server(TlsContext::ClientAuth::required), client(authority_.identity(directory_.path(), "Ålice")));
  ASSERT_TRUE(near) << near.error().message;
  EXPECT_EQ((*near)->peer_subject(), "CN=Ålice,OU=trading\\, fast");
}

TEST_F(Tls, who_shows_no_certificate_comes_in_only_where_none_is_required) {
  {
    auto [near, far] = meet(server(TlsContext::ClientAuth::requested), client());
    ASSERT_TRUE(near);
    EXPECT_EQ((*near)->peer_subject(), std::nullopt);
  }
  far_ = *Socket::connect(listener_.endpoint(), milliseconds(10'000));
  near_ = *listener_.accept();
  auto [near, far] = meet(server(TlsContext::ClientAuth::required), client());
  EXPECT_EQ(near.error().code, ErrorCode::unauthorized) << near.error().message;
}

TEST_F(Tls, strangers_certificates_and_expired_ones_are_refused_on_both_sides) {
  const Authority other;
  const auto fresh = [&] {
    far_ = *Socket::connect(listener_.endpoint(), milliseconds(10'000));
    near_ = *listener_.accept();
  };
  const auto required = TlsContext::ClientAuth::required;
  for (const auto& identity :
       {other.identity(directory_.path(), "mallory"), authority_.identity(directory_.path(), "bob", true)}) {
    fresh();
    auto [near, far] = meet(server(required), client(identity));
    EXPECT_EQ(near.error().code, ErrorCode::unauthorized) << near.error().message;
  }
  {
    fresh();
    auto [near, far] = meet(server(TlsContext::ClientAuth::none, true), client());
    EXPECT_EQ(far.error().code, ErrorCode::unauthorized) << far.error().message;
  }
  fresh();
  auto [near, far] = meet(server(), client(), "elsewhere.example");
  EXPECT_EQ(far.error().code, ErrorCode::unauthorized) << far.error().message;
}

TEST_F(Tls, what_is_no_tls_is_refused_and_silence_takes_its_time_only) {
  ASSERT_TRUE(far_.write(as_bytes("GET / HTTP/1.1\r\n\r\n")));
  EXPECT_EQ(TlsStream::accept(server(), near_, soon()).error().code, ErrorCode::corrupt);
  far_ = *Socket::connect(listener_.endpoint(), milliseconds(10'000));
  near_ = *listener_.accept();
  const auto begin = steady_clock::now();
  EXPECT_EQ(TlsStream::accept(server(), near_, begin + milliseconds(50)).error().code, ErrorCode::timeout);
}

TEST_F(Tls, versions_that_were_switched_off_are_not_spoken) {
  TlsContext::Server options;
  options.identity = authority_.identity(directory_.path(), "localhost");
  options.protocols.tls13 = false;
  auto [near, far] = meet(*TlsContext::for_server(options), client());
  ASSERT_TRUE(near && far);
  EXPECT_EQ((*near)->protocol(), "TLSv1.2");
}

TEST_F(Tls, files_that_do_not_hold_what_they_should_are_named) {
  const Path empty = directory_.path() / "empty.pem";
  ASSERT_TRUE(write_file_atomically(empty, ""));
  TlsContext::Server options;
  options.identity = {.certificate = empty, .key = empty};
  EXPECT_THAT(TlsContext::for_server(options).error().message, ::testing::HasSubstr(empty.string()));
  options.identity.certificate = directory_.path() / "missing.pem";
  EXPECT_EQ(TlsContext::for_server(options).error().code, ErrorCode::not_found);
  // A key of another certificate.
  options.identity = authority_.identity(directory_.path(), "localhost");
  options.identity.key = authority_.identity(directory_.path(), "other").key;
  EXPECT_EQ(TlsContext::for_server(options).error().code, ErrorCode::invalid_argument);
}

}  // namespace
}  // namespace tickerlake::io
