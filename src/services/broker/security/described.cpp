// Settings of listeners and security as DescribeConfigs tells them. Passwords are never among them.
#include <fmt/format.h>
#include <fmt/ranges.h>

#include "services/broker/security/settings.h"
#include "services/broker/topic_config.h"

namespace tickerlake::broker {
namespace {

const char* text(bool value) { return value ? "true" : "false"; }

const char* text(io::TlsContext::ClientAuth value) {
  using Auth = io::TlsContext::ClientAuth;
  return value == Auth::none ? "none" : value == Auth::required ? "required" : "requested";
}

std::string protocols(const SecuritySettings& settings) {
  const auto& wanted = settings.tls.protocols;
  return fmt::format("{}{}{}", wanted.tls12 ? "TLSv1.2" : "", wanted.tls12 && wanted.tls13 ? "," : "",
                     wanted.tls13 ? "TLSv1.3" : "");
}

std::string listeners(const SecuritySettings& settings, const auto& shown) {
  std::vector<std::string> all;
  for (const ListenerSettings& listener : settings.listeners) all.push_back(shown(listener));
  return fmt::format("{}", fmt::join(all, ","));
}

struct Described {
  const char* name;
  ConfigType type;
  std::string (*get)(const SecuritySettings&);
  const char* documentation;
};

using enum ConfigType;

const Described all[] = {
    {"advertised.listeners", list,
     [](const SecuritySettings& settings) {
       return listeners(settings, [](const auto& one) { return one.name + "://" + one.advertised.text(); });
     },
     "What clients are told to connect to."},
    {"allow.everyone.if.no.acl.found", boolean,
     [](const SecuritySettings& settings) -> std::string { return text(settings.allow_without_acl); },
     "Whether what no ACL names is allowed."},
    {"authorizer.class.name", string,
     [](const SecuritySettings& settings) -> std::string {
       return settings.authorizer ? "org.apache.kafka.metadata.authorizer.StandardAuthorizer" : "";
     },
     "Whether ACLs are enforced."},
    {"connection.failed.authentication.delay.ms", int32,
     [](const SecuritySettings& settings) { return std::to_string(settings.failed_authentication.count()); },
     "How late a failed authentication is answered."},
    {"connections.max.reauth.ms", int64,
     [](const SecuritySettings& settings) { return std::to_string(settings.max_reauth.count()); },
     "After this long clients authenticate anew (KIP-368); 0: never."},
    {"listener.security.protocol.map", string,
     [](const SecuritySettings& settings) {
       return listeners(settings, [](const auto& one) { return fmt::format("{}:{}", one.name, name(one.protocol)); });
     },
     "What each listener speaks."},
    {"listeners", list,
     [](const SecuritySettings& settings) {
       return listeners(settings, [](const auto& one) { return one.name + "://" + one.at.text(); });
     },
     "Where clients connect."},
    {"max.connections.per.ip", int32,
     [](const SecuritySettings& settings) {
       const int most = settings.max_connections_per_ip;
       return std::to_string(most == 0 ? INT32_MAX : most);
     },
     "Connections of one address; further ones are closed."},
    {"sasl.enabled.mechanisms", list,
     [](const SecuritySettings& settings) { return fmt::format("{}", fmt::join(settings.mechanisms, ",")); },
     "How clients can say who they are."},
    {"ssl.client.auth", string,
     [](const SecuritySettings& settings) -> std::string { return text(settings.tls.client_auth); },
     "Whether clients of TLS listeners show a certificate."},
    {"ssl.enabled.protocols", list, protocols, "Versions of TLS."},
    {"ssl.principal.mapping.rules", string, [](const SecuritySettings& settings) { return settings.principal_rules; },
     "How a certificate's name becomes a principal's."},
    {"super.users", string,
     [](const SecuritySettings& settings) { return fmt::format("{}", fmt::join(settings.super_users, ";")); },
     "Who may do everything."},
};

}  // namespace

std::vector<ConfigEntry> describe(const SecuritySettings& settings) {
  std::vector<ConfigEntry> entries;
  const SecuritySettings defaults;
  for (const Described& one : all) {
    std::string value = one.get(settings);
    const bool is_default = value == one.get(defaults);
    entries.push_back({one.name, std::move(value), is_default, one.type, one.documentation});
  }
  return entries;
}

}  // namespace tickerlake::broker
