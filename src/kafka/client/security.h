#pragma once
// How the clients that work in batches show who they are, and see who answers: TLS, SASL PLAIN and SCRAM.
#include <optional>
#include <string>
#include <string_view>

#include "base/result.h"
#include "io/tls.h"
#include "kafka/client/settings.h"

namespace tickerlake::kafka {

class Connection;
struct Patience;

/// Constant once it was made: may be shared by threads, is cheap to copy.
struct ClientSecurity {
  struct Login {
    std::string mechanism;  // PLAIN, SCRAM-SHA-256, SCRAM-SHA-512
    std::string user, password;
  };
  std::optional<io::TlsContext> tls;
  std::optional<Login> login;

  /// Whether it is one of librdkafka's properties that are read here.
  static bool knows(std::string_view property);
  /// Whether what those properties ask for is here; Kerberos, for instance, is not.
  static bool suffices(const ClientSettings& settings);
  /// Reads certificates and keys. Errors: not_found, invalid_argument name the file.
  static Result<ClientSecurity> from(const ClientSettings& settings);
};

/// SaslHandshake and SaslAuthenticate (KIP-152), before any other request. Errors beside the connection's: unauthorized
/// (wrong user or password, or the broker proves not to know it), invalid_argument (no such mechanism there).
Result<void> log_in(Connection& connection, const ClientSecurity::Login& login, const Patience& patience);

}  // namespace tickerlake::kafka
