#pragma once
// SCRAM (RFC 5802) with SHA-256 (RFC 7677) and SHA-512, both sides of it: who knows a password proves that, and neither
// side learns what would let it pass for the other.
#include <cstdint>
#include <functional>
#include <optional>
#include <string>
#include <string_view>

#include "base/bytes.h"
#include "base/result.h"

namespace tickerlake::kafka {

/// With the numbers of AlterUserScramCredentials.
enum class ScramMechanism : std::int8_t { sha_256 = 1, sha_512 = 2 };

/// "SCRAM-SHA-256"; nothing for a name that is none of them.
const char* name(ScramMechanism mechanism);
std::optional<ScramMechanism> scram_mechanism(std::string_view name);

/// As Kafka has them for both mechanisms.
inline constexpr std::int32_t min_scram_iterations = 4096;
inline constexpr std::int32_t max_scram_iterations = 16'384;

/// What a server keeps of a password.
struct ScramCredential {
  Buffer salt, stored_key, server_key;
  std::int32_t iterations = 0;
  bool operator==(const ScramCredential&) const = default;
};

/// Hi() of RFC 5802, PBKDF2: slow on purpose, some milliseconds.
Buffer salt_password(ScramMechanism mechanism, std::string_view password, ByteView salt, std::int32_t iterations);
ScramCredential make_credential(ScramMechanism mechanism, ByteView salted_password, Buffer salt,
                                std::int32_t iterations);
/// With a random salt.
ScramCredential make_credential(ScramMechanism mechanism, std::string_view password,
                                std::int32_t iterations = min_scram_iterations);
/// Whether it is the password of that credential. Takes the same time either way.
bool is_password(ScramMechanism mechanism, std::string_view password, const ScramCredential& credential);

/// Without looking at where they differ.
bool equal_in_constant_time(ByteView a, ByteView b);

/// A server's side of one exchange. Errors: corrupt (not SCRAM), unsupported (channel binding), unauthorized.
class ScramServer {
 public:
  struct User {
    ScramCredential credential;
    bool is_known = true;  // false: made up for somebody unknown, so that the exchange looks the same to its end
  };
  using Lookup = std::function<User(const std::string& name)>;
  /// server_nonce: what this side adds; random unless a test gives it.
  ScramServer(ScramMechanism mechanism, Lookup lookup, std::string server_nonce);

  /// The client's first message to the server's first.
  Result<std::string> first(std::string_view message);
  /// The client's last message to the server's last, which proves that the server knows the credential.
  Result<std::string> last(std::string_view message);
  /// Known after first(), true after last().
  const std::string& user() const { return user_; }

 private:
  const ScramMechanism mechanism_;
  const Lookup lookup_;
  const std::string server_nonce_;
  std::string user_, nonce_, gs2_header_, client_first_bare_, server_first_;
  User found_;
};

/// A client's side. Errors: corrupt, unauthorized (the server's proof is wrong, or it said no).
class ScramClient {
 public:
  ScramClient(ScramMechanism mechanism, std::string user, std::string password, std::string client_nonce);
  std::string first() const;
  /// The server's first message to the client's last.
  Result<std::string> last(std::string_view server_first);
  /// Looks at the server's last message.
  Result<void> finish(std::string_view server_last) const;

 private:
  const ScramMechanism mechanism_;
  const std::string user_, password_, client_nonce_;
  std::string auth_message_;
  Buffer server_key_;
};

/// A nonce: printable, without commas.
std::string random_nonce();

}  // namespace tickerlake::kafka
