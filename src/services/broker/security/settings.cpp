#include "services/broker/security/settings.h"

#include <algorithm>
#include <charconv>
#include <map>

#include "kafka/sasl/scram.h"

namespace tickerlake::broker {
namespace {

using Properties = std::map<std::string, std::string>;

std::unexpected<Error> bad(std::string_view property, std::string_view what) {
  return fail(ErrorCode::invalid_argument, std::string(property) + ": " + std::string(what));
}

std::vector<std::string> split(std::string_view text, char separator) {
  std::vector<std::string> parts;
  while (!text.empty()) {
    const std::size_t at = text.find(separator);
    std::string_view part = text.substr(0, at);
    while (part.starts_with(' ')) part.remove_prefix(1);
    while (part.ends_with(' ')) part.remove_suffix(1);
    if (!part.empty()) parts.emplace_back(part);
    text = at == std::string_view::npos ? std::string_view{} : text.substr(at + 1);
  }
  return parts;
}

std::optional<SecurityProtocol> parse_protocol(std::string_view text) {
  using enum SecurityProtocol;
  for (const auto protocol : {plaintext, ssl, sasl_plaintext, sasl_ssl})
    if (text == name(protocol)) return protocol;
  return std::nullopt;
}

/// NAME://HOST:PORT; the host may be missing.
Result<std::pair<std::string, io::Endpoint>> parse_address(std::string_view property, const std::string& text) {
  const std::size_t scheme = text.find("://");
  if (scheme == std::string::npos || scheme == 0) return bad(property, "\"" + text + "\" is not NAME://HOST:PORT");
  std::string address = text.substr(scheme + 3);
  if (address.starts_with(':')) address = "0.0.0.0" + address;
  auto endpoint = io::Endpoint::parse(address);
  if (!endpoint) return bad(property, endpoint.error().message);
  return std::pair{text.substr(0, scheme), *endpoint};
}

/// Takes properties out of a map.
class Taker {
 public:
  explicit Taker(Properties& properties) : properties_(properties) {}

  std::optional<std::string> text(std::string_view name) {
    const auto at = properties_.find(std::string(name));
    if (at == properties_.end()) return std::nullopt;
    std::string value = std::move(at->second);
    properties_.erase(at);
    return value;
  }
  Result<void> flag(std::string_view name, bool& into) {
    const auto value = text(name);
    if (!value) return {};
    if (*value != "true" && *value != "false") return bad(name, "\"" + *value + "\" is neither true nor false");
    into = *value == "true";
    return {};
  }
  template <class Number>
  Result<void> number(std::string_view name, Number& into, std::int64_t most) {
    const auto value = text(name);
    if (!value) return {};
    std::int64_t parsed = 0;
    const auto [end, error] = std::from_chars(value->data(), value->data() + value->size(), parsed);
    if (error != std::errc{} || end != value->data() + value->size() || parsed < 0 || parsed > most)
      return bad(name, "\"" + *value + "\" is no number from 0 to " + std::to_string(most));
    into = static_cast<Number>(parsed);
    return {};
  }
  Result<void> milliseconds(std::string_view name, std::chrono::milliseconds& into) {
    std::int64_t count = into.count();
    CHECK(number(name, count, std::int64_t{365} * 24 * 3'600'000));
    into = std::chrono::milliseconds(count);
    return {};
  }

 private:
  Properties& properties_;
};

Result<void> take_listeners(Taker& take, SecuritySettings& settings) {
  std::map<std::string, SecurityProtocol> protocols;
  for (const std::string& pair : split(take.text("listener.security.protocol.map").value_or(""), ',')) {
    const std::size_t colon = pair.find(':');
    const auto protocol =
        colon == std::string::npos ? std::nullopt : parse_protocol(std::string_view(pair).substr(colon + 1));
    if (!protocol) return bad("listener.security.protocol.map", "\"" + pair + "\" is not NAME:PROTOCOL");
    protocols[pair.substr(0, colon)] = *protocol;
  }
  for (const std::string& text : split(take.text("listeners").value_or(""), ',')) {
    TRY(const auto address, parse_address("listeners", text));
    ListenerSettings listener{.name = address.first, .at = address.second};
    const auto mapped = protocols.find(listener.name);
    const auto protocol = mapped == protocols.end() ? parse_protocol(listener.name) : mapped->second;
    if (!protocol)
      return bad("listeners", "\"" + listener.name +
                                  "\" is neither PLAINTEXT, SSL, SASL_PLAINTEXT nor SASL_SSL, and "
                                  "listener.security.protocol.map does not say which of them it is");
    listener.protocol = *protocol;
    if (std::ranges::count(settings.listeners, listener.name, &ListenerSettings::name) > 0)
      return bad("listeners",
                 "two are called " + listener.name + " (listener.security.protocol.map allows other names)");
    settings.listeners.push_back(std::move(listener));
  }
  if (settings.listeners.size() > max_listeners) return bad("listeners", "there are too many");
  for (const std::string& text : split(take.text("advertised.listeners").value_or(""), ',')) {
    TRY(const auto address, parse_address("advertised.listeners", text));
    const auto at = std::ranges::find(settings.listeners, address.first, &ListenerSettings::name);
    if (at == settings.listeners.end()) return bad("advertised.listeners", "there is no listener " + address.first);
    at->advertised = address.second;
  }
  return {};
}

Result<void> refuse_other_type(Taker& take, const char* property) {
  const auto type = take.text(property);
  if (!type || *type == "PEM") return {};
  return fail(ErrorCode::unsupported, std::string(property) + ": only PEM is supported, not " + *type);
}

Result<void> take_tls(Taker& take, SecuritySettings& settings) {
  io::TlsContext::Server& tls = settings.tls;
  CHECK(refuse_other_type(take, "ssl.keystore.type"));
  CHECK(refuse_other_type(take, "ssl.truststore.type"));
  if (const auto file = take.text("ssl.keystore.location")) tls.identity.certificate = tls.identity.key = *file;
  if (const auto file = take.text("ssl.certificate.location")) {
    tls.identity.certificate = *file;
    if (tls.identity.key.empty()) tls.identity.key = *file;
  }
  if (const auto file = take.text("ssl.key.location")) tls.identity.key = *file;
  tls.identity.key_password = take.text("ssl.key.password").value_or("");
  if (const auto file = take.text("ssl.truststore.location")) tls.authorities = *file;
  if (const auto file = take.text("ssl.ca.location")) tls.authorities = *file;
  if (const auto wanted = take.text("ssl.client.auth")) {
    using Auth = io::TlsContext::ClientAuth;
    if (*wanted != "none" && *wanted != "requested" && *wanted != "required")
      return bad("ssl.client.auth", "\"" + *wanted + "\" is neither none, requested nor required");
    tls.client_auth = *wanted == "none" ? Auth::none : *wanted == "required" ? Auth::required : Auth::requested;
  }
  if (const auto wanted = take.text("ssl.enabled.protocols")) {
    tls.protocols.tls12 = tls.protocols.tls13 = false;
    for (const std::string& protocol : split(*wanted, ',')) {
      if (protocol != "TLSv1.2" && protocol != "TLSv1.3")
        return fail(ErrorCode::unsupported, "ssl.enabled.protocols: " + protocol + " is neither TLSv1.2 nor TLSv1.3");
      (protocol == "TLSv1.2" ? tls.protocols.tls12 : tls.protocols.tls13) = true;
    }
    if (!tls.protocols.tls12 && !tls.protocols.tls13) return bad("ssl.enabled.protocols", "there is none");
  }
  for (const std::string& suite : split(take.text("ssl.cipher.suites").value_or(""), ',')) {
    // TLS 1.3's names begin with TLS_AES or TLS_CHACHA20; those of TLS 1.2 are OpenSSL's.
    const bool of_13 = suite.starts_with("TLS_AES_") || suite.starts_with("TLS_CHACHA20_");
    std::string& list = of_13 ? tls.protocols.cipher_suites : tls.protocols.ciphers;
    list += (list.empty() ? "" : ":") + suite;
  }
  settings.principal_rules = take.text("ssl.principal.mapping.rules").value_or(settings.principal_rules);
  CHECK(PrincipalRules::parse(settings.principal_rules));
  return {};
}

Result<void> take_sasl(Taker& take, SecuritySettings& settings) {
  if (const auto wanted = take.text("sasl.enabled.mechanisms")) {
    settings.mechanisms.clear();
    for (const std::string& mechanism : split(*wanted, ',')) {
      if (mechanism != plain_mechanism && !kafka::scram_mechanism(mechanism))
        return fail(ErrorCode::unsupported,
                    "sasl.enabled.mechanisms: " + mechanism + " is not PLAIN, SCRAM-SHA-256 or SCRAM-SHA-512");
      settings.mechanisms.insert(mechanism);
    }
  }
  CHECK(take.milliseconds("connections.max.reauth.ms", settings.max_reauth));
  CHECK(take.milliseconds("connection.failed.authentication.delay.ms", settings.failed_authentication));
  if (settings.failed_authentication > std::chrono::seconds(10))
    return bad("connection.failed.authentication.delay.ms", "at most 10000");
  return {};
}

Result<void> take_authorizer(Taker& take, SecuritySettings& settings) {
  if (const auto authorizer = take.text("authorizer.class.name"); authorizer && !authorizer->empty()) {
    if (!authorizer->ends_with("StandardAuthorizer") && !authorizer->ends_with("AclAuthorizer"))
      return fail(ErrorCode::unsupported,
                  "authorizer.class.name: only org.apache.kafka.metadata.authorizer.StandardAuthorizer is supported");
    settings.authorizer = true;
  }
  CHECK(take.flag("allow.everyone.if.no.acl.found", settings.allow_without_acl));
  for (const std::string& user : split(take.text("super.users").value_or(""), ';')) {
    if (user.find(':') == std::string::npos) return bad("super.users", "\"" + user + "\" is not User:NAME");
    settings.super_users.insert(user);
  }
  return {};
}

}  // namespace

const char* name(SecurityProtocol protocol) {
  switch (protocol) {
    case SecurityProtocol::plaintext:
      return "PLAINTEXT";
    case SecurityProtocol::ssl:
      return "SSL";
    case SecurityProtocol::sasl_plaintext:
      return "SASL_PLAINTEXT";
    case SecurityProtocol::sasl_ssl:
      break;
  }
  return "SASL_SSL";
}

Result<SecuritySettings> SecuritySettings::take(std::map<std::string, std::string>& properties) {
  Taker take(properties);
  SecuritySettings settings;
  CHECK(take_listeners(take, settings));
  CHECK(take_tls(take, settings));
  CHECK(take_sasl(take, settings));
  CHECK(take_authorizer(take, settings));
  CHECK(take.number("max.connections.per.ip", settings.max_connections_per_ip, INT32_MAX));
  for (const ListenerSettings& listener : settings.listeners) {
    if (uses_tls(listener.protocol) && settings.tls.identity.certificate.empty())
      return bad("ssl.keystore.location", "the listener " + listener.name + " needs a certificate and its key");
    if (uses_sasl(listener.protocol) && settings.mechanisms.empty())
      return bad("sasl.enabled.mechanisms", "the listener " + listener.name + " needs one");
  }
  return settings;
}

bool authenticates(const SecuritySettings& settings, const ListenerSettings& listener) {
  if (uses_sasl(listener.protocol)) return true;
  return listener.protocol == SecurityProtocol::ssl && settings.tls.client_auth == io::TlsContext::ClientAuth::required;
}

}  // namespace tickerlake::broker
