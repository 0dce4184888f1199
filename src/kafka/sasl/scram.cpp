#include "kafka/sasl/scram.h"

#include <openssl/crypto.h>
#include <openssl/evp.h>
#include <openssl/hmac.h>

#include <algorithm>
#include <charconv>

#include "base/digest.h"
#include "base/panic.h"

namespace tickerlake::kafka {
namespace {

const EVP_MD* digest_of(ScramMechanism mechanism) {
  return mechanism == ScramMechanism::sha_256 ? EVP_sha256() : EVP_sha512();
}

std::size_t size_of(ScramMechanism mechanism) { return mechanism == ScramMechanism::sha_256 ? 32 : 64; }

const unsigned char* raw(ByteView bytes) { return reinterpret_cast<const unsigned char*>(bytes.data()); }

Buffer hmac(ScramMechanism mechanism, ByteView key, std::string_view message) {
  Buffer mac(size_of(mechanism));
  unsigned int length = 0;
  const void* done = HMAC(digest_of(mechanism), key.data(), static_cast<int>(key.size()), raw(as_bytes(message)),
                          message.size(), reinterpret_cast<unsigned char*>(mac.data()), &length);
  ensure(done != nullptr && length == mac.size(), "OpenSSL computes an HMAC");
  return mac;
}

Buffer hash(ScramMechanism mechanism, ByteView bytes) {
  Buffer digest(size_of(mechanism));
  ensure(EVP_Digest(bytes.data(), bytes.size(), reinterpret_cast<unsigned char*>(digest.data()), nullptr,
                    digest_of(mechanism), nullptr) == 1,
         "OpenSSL computes a digest");
  return digest;
}

Buffer exclusive_or(Buffer a, ByteView b) {
  for (std::size_t i = 0; i < a.size(); ++i) a[i] ^= b[i];
  return a;
}

Buffer client_key_of(ScramMechanism mechanism, ByteView salted_password) {
  return hmac(mechanism, salted_password, "Client Key");
}

std::unexpected<Error> malformed(std::string_view what) {
  return fail(ErrorCode::corrupt, "SCRAM: " + std::string(what));
}

/// Takes the part before the next comma off; the rest is empty after the last.
std::string_view take_part(std::string_view& rest) {
  const std::size_t comma = rest.find(',');
  const std::string_view part = rest.substr(0, comma);
  rest = comma == std::string_view::npos ? std::string_view{} : rest.substr(comma + 1);
  return part;
}

/// The value of "n=value".
Result<std::string_view> take_value(std::string_view& rest, char wanted) {
  const std::string_view part = take_part(rest);
  if (part.size() < 2 || part[0] != wanted || part[1] != '=')
    return malformed(std::string("there is no ") + wanted + "=");
  return part.substr(2);
}

/// "=2C" and "=3D" stand for comma and equals.
Result<std::string> unescape(std::string_view name) {
  std::string text;
  for (std::size_t i = 0; i < name.size(); ++i) {
    if (name[i] != '=') {
      text += name[i];
    } else if (const std::string_view code = name.substr(i, 3); code == "=2C" || code == "=3D") {
      text += code == "=2C" ? ',' : '=';
      i += 2;
    } else {
      return malformed("an equals sign in a name is not written as =3D");
    }
  }
  if (text.empty()) return malformed("the name is empty");
  return text;
}

std::string escape(std::string_view name) {
  std::string text;
  for (const char c : name) text += c == ',' ? "=2C" : c == '=' ? "=3D" : std::string(1, c);
  return text;
}

bool is_nonce(std::string_view text) {
  return !text.empty() && std::ranges::all_of(text, [](char c) { return c >= 0x21 && c <= 0x7e && c != ','; });
}

}  // namespace

const char* name(ScramMechanism mechanism) {
  return mechanism == ScramMechanism::sha_256 ? "SCRAM-SHA-256" : "SCRAM-SHA-512";
}

std::optional<ScramMechanism> scram_mechanism(std::string_view text) {
  for (const ScramMechanism mechanism : {ScramMechanism::sha_256, ScramMechanism::sha_512})
    if (text == name(mechanism)) return mechanism;
  return std::nullopt;
}

Buffer salt_password(ScramMechanism mechanism, std::string_view password, ByteView salt, std::int32_t iterations) {
  Buffer salted(size_of(mechanism));
  ensure(PKCS5_PBKDF2_HMAC(password.data(), static_cast<int>(password.size()), raw(salt), static_cast<int>(salt.size()),
                           iterations, digest_of(mechanism), static_cast<int>(salted.size()),
                           reinterpret_cast<unsigned char*>(salted.data())) == 1,
         "OpenSSL derives a key");
  return salted;
}

ScramCredential make_credential(ScramMechanism mechanism, ByteView salted_password, Buffer salt,
                                std::int32_t iterations) {
  return {std::move(salt), hash(mechanism, client_key_of(mechanism, salted_password)),
          hmac(mechanism, salted_password, "Server Key"), iterations};
}

ScramCredential make_credential(ScramMechanism mechanism, std::string_view password, std::int32_t iterations) {
  constexpr std::size_t salt_bytes = 32;
  Buffer salt = random_bytes(salt_bytes);
  const Buffer salted = salt_password(mechanism, password, salt, iterations);
  return make_credential(mechanism, salted, std::move(salt), iterations);
}

bool is_password(ScramMechanism mechanism, std::string_view password, const ScramCredential& credential) {
  const Buffer salted = salt_password(mechanism, password, credential.salt, credential.iterations);
  return equal_in_constant_time(hash(mechanism, client_key_of(mechanism, salted)), credential.stored_key);
}

bool equal_in_constant_time(ByteView a, ByteView b) {
  return a.size() == b.size() && CRYPTO_memcmp(a.data(), b.data(), a.size()) == 0;
}

std::string random_nonce() { return base64(random_bytes(24)); }

ScramServer::ScramServer(ScramMechanism mechanism, Lookup lookup, std::string server_nonce)
    : mechanism_(mechanism), lookup_(std::move(lookup)), server_nonce_(std::move(server_nonce)) {}

Result<std::string> ScramServer::first(std::string_view message) {
  std::string_view rest = message;
  const std::string_view binding = take_part(rest);
  if (binding.starts_with("p=")) return fail(ErrorCode::unsupported, "SCRAM: channel binding is not supported");
  if (binding != "n" && binding != "y") return malformed("the message does not begin with n, or y,");
  std::string_view authorize_as = take_part(rest);
  gs2_header_ = message.substr(0, message.size() - rest.size());
  client_first_bare_ = rest;
  if (rest.starts_with("m=")) return fail(ErrorCode::unsupported, "SCRAM: a mandatory extension is not supported");
  TRY(const std::string_view its_name, take_value(rest, 'n'));
  TRY(user_, unescape(its_name));
  TRY(const std::string_view client_nonce, take_value(rest, 'r'));
  if (!is_nonce(client_nonce)) return malformed("the nonce is empty or not printable");
  if (rest.find("tokenauth=true") != std::string_view::npos)
    return fail(ErrorCode::unsupported, "SCRAM: delegation tokens are not supported");
  if (!authorize_as.empty()) {
    if (!authorize_as.starts_with("a=")) return malformed("there is no a=");
    TRY(const std::string other, unescape(authorize_as.substr(2)));
    if (other != user_) return fail(ErrorCode::unauthorized, "SCRAM: one user can't act as another");
  }
  found_ = lookup_(user_);
  nonce_ = std::string(client_nonce) + server_nonce_;
  server_first_ =
      "r=" + nonce_ + ",s=" + base64(found_.credential.salt) + ",i=" + std::to_string(found_.credential.iterations);
  return server_first_;
}

Result<std::string> ScramServer::last(std::string_view message) {
  std::string_view rest = message;
  TRY(const std::string_view binding, take_value(rest, 'c'));
  TRY(const std::string_view nonce, take_value(rest, 'r'));
  const std::size_t proof_at = message.rfind(",p=");
  if (proof_at == std::string_view::npos) return malformed("there is no p=");
  const auto proof = unbase64(message.substr(proof_at + 3));
  if (!proof || proof->size() != size_of(mechanism_)) return malformed("the proof has not the digest's length");
  if (binding != base64(as_bytes(gs2_header_)))
    return fail(ErrorCode::unauthorized, "SCRAM: the binding of the last message is not that of the first");
  // Like Apache Kafka since 3.8.1: librdkafka before 2.6 puts its own part before the whole nonce once more.
  if (!nonce.ends_with(nonce_))
    return fail(ErrorCode::unauthorized, "SCRAM: the nonce is not the one of this exchange");
  const std::string auth_message =
      client_first_bare_ + "," + server_first_ + "," + std::string(message.substr(0, proof_at));
  const ScramCredential& credential = found_.credential;
  const Buffer client_key = exclusive_or(*proof, hmac(mechanism_, credential.stored_key, auth_message));
  const bool proved = equal_in_constant_time(hash(mechanism_, client_key), credential.stored_key);
  const std::string answer = "v=" + base64(hmac(mechanism_, credential.server_key, auth_message));
  if (!proved || !found_.is_known) return fail(ErrorCode::unauthorized, "SCRAM: wrong user or password");
  return answer;
}

ScramClient::ScramClient(ScramMechanism mechanism, std::string user, std::string password, std::string client_nonce)
    : mechanism_(mechanism),
      user_(std::move(user)),
      password_(std::move(password)),
      client_nonce_(std::move(client_nonce)) {}

std::string ScramClient::first() const { return "n,,n=" + escape(user_) + ",r=" + client_nonce_; }

Result<std::string> ScramClient::last(std::string_view server_first) {
  std::string_view rest = server_first;
  if (rest.starts_with("e="))
    return fail(ErrorCode::unauthorized, "SCRAM: the server says " + std::string(rest.substr(2)));
  TRY(const std::string_view nonce, take_value(rest, 'r'));
  TRY(const std::string_view salt_text, take_value(rest, 's'));
  TRY(const std::string_view count_text, take_value(rest, 'i'));
  if (!nonce.starts_with(client_nonce_) || nonce.size() == client_nonce_.size() || !is_nonce(nonce))
    return malformed("the server's nonce does not continue ours");
  const auto salt = unbase64(salt_text);
  if (!salt || salt->empty()) return malformed("the salt is not base64");
  std::int32_t iterations = 0;
  const auto [end, error] = std::from_chars(count_text.data(), count_text.data() + count_text.size(), iterations);
  // More than a server may ask of a client: its own time is what is spent here.
  constexpr std::int32_t most_iterations = 1'000'000;
  if (error != std::errc{} || end != count_text.data() + count_text.size() || iterations < min_scram_iterations ||
      iterations > most_iterations)
    return malformed("the number of iterations is not from 4,096 to 1,000,000");
  const Buffer salted = salt_password(mechanism_, password_, *salt, iterations);
  const Buffer client_key = client_key_of(mechanism_, salted);
  server_key_ = hmac(mechanism_, salted, "Server Key");
  const std::string without_proof = "c=" + base64(as_bytes("n,,")) + ",r=" + std::string(nonce);
  auth_message_ = first().substr(3) + "," + std::string(server_first) + "," + without_proof;
  const Buffer signature = hmac(mechanism_, hash(mechanism_, client_key), auth_message_);
  return without_proof + ",p=" + base64(exclusive_or(client_key, signature));
}

Result<void> ScramClient::finish(std::string_view server_last) const {
  if (server_last.starts_with("e="))
    return fail(ErrorCode::unauthorized, "SCRAM: the server says " + std::string(server_last.substr(2)));
  if (auth_message_.empty()) return malformed("the last message comes before the first");
  TRY(const std::string_view proof, take_value(server_last, 'v'));
  const auto signature = unbase64(proof);
  if (!signature || !equal_in_constant_time(*signature, hmac(mechanism_, server_key_, auth_message_)))
    return fail(ErrorCode::unauthorized, "SCRAM: the server does not know the password");
  return {};
}

}  // namespace tickerlake::kafka
