#pragma once
// Listeners and security as they are set when a broker starts, under the names that Apache Kafka gives them.
#include <chrono>
#include <map>
#include <optional>
#include <set>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"
#include "io/socket.h"
#include "io/tls.h"
#include "services/broker/security/principal_rules.h"

namespace tickerlake::broker {

struct ConfigEntry;

enum class SecurityProtocol { plaintext, ssl, sasl_plaintext, sasl_ssl };
/// "SASL_SSL".
const char* name(SecurityProtocol protocol);
constexpr bool uses_tls(SecurityProtocol protocol) {
  return protocol == SecurityProtocol::ssl || protocol == SecurityProtocol::sasl_ssl;
}
constexpr bool uses_sasl(SecurityProtocol protocol) {
  return protocol == SecurityProtocol::sasl_plaintext || protocol == SecurityProtocol::sasl_ssl;
}

inline constexpr const char* plain_mechanism = "PLAIN";

struct ListenerSettings {
  std::string name = "PLAINTEXT";
  SecurityProtocol protocol = SecurityProtocol::plaintext;
  io::Endpoint at;
  io::Endpoint advertised{};  // what its clients are told; an empty host or port 0: what it is bound to
};

/// The time from its connection until a client has said who it is.
inline constexpr std::chrono::milliseconds authentication_timeout{30'000};
/// Of a request before that: sasl.server.max.receive.size.
inline constexpr std::int64_t max_unauthenticated_request = 524'288;
inline constexpr int max_listeners = 16;

struct SecuritySettings {
  std::vector<ListenerSettings> listeners;
  io::TlsContext::Server tls;  // of all listeners that have TLS
  std::string principal_rules = "DEFAULT";
  std::set<std::string> mechanisms = {"SCRAM-SHA-256", "SCRAM-SHA-512"};
  std::chrono::milliseconds max_reauth{0};               // connections.max.reauth.ms; 0: sessions last for ever
  std::chrono::milliseconds failed_authentication{100};  // connection.failed.authentication.delay.ms
  bool authorizer = false;                               // authorizer.class.name is set
  bool allow_without_acl = false;                        // allow.everyone.if.no.acl.found
  std::set<std::string> super_users;                     // "User:admin"
  int max_connections_per_ip = 0;                        // max.connections.per.ip; 0: no such limit

  /// Takes its own out of properties and leaves the rest. ErrorCode::invalid_argument and unsupported name the
  /// property.
  static Result<SecuritySettings> take(std::map<std::string, std::string>& properties);
};

/// What DescribeConfigs tells of them.
std::vector<ConfigEntry> describe(const SecuritySettings& settings);

/// A listener whose clients say who they are, so that it may be open to other machines.
bool authenticates(const SecuritySettings& settings, const ListenerSettings& listener);

}  // namespace tickerlake::broker
