#include "kafka/client/security.h"

#include <algorithm>
#include <array>
#include <cctype>

#include "kafka/client/cluster.h"
#include "kafka/sasl/scram.h"
#include "kafka/wire/sasl.h"

namespace tickerlake::kafka {
namespace {

constexpr std::array<std::string_view, 11> known = {"security.protocol",
                                                    "sasl.mechanism",
                                                    "sasl.mechanisms",
                                                    "sasl.username",
                                                    "sasl.password",
                                                    "ssl.ca.location",
                                                    "ssl.certificate.location",
                                                    "ssl.key.location",
                                                    "ssl.key.password",
                                                    "ssl.endpoint.identification.algorithm",
                                                    "enable.ssl.certificate.verification"};

/// The properties with librdkafka's defaults.
class Wishes {
 public:
  explicit Wishes(const ClientSettings& settings) : settings_(settings) {}

  std::string protocol() const {
    std::string text = value("security.protocol", "plaintext");
    std::ranges::transform(text, text.begin(), [](unsigned char c) { return static_cast<char>(std::tolower(c)); });
    return text;
  }
  bool wants_tls() const { return protocol().ends_with("ssl"); }
  bool wants_login() const { return protocol().starts_with("sasl_"); }
  std::string mechanism() const { return value("sasl.mechanisms", value("sasl.mechanism", "GSSAPI")); }
  std::string value(std::string_view name, std::string fallback = "") const {
    const std::string* given = settings_.property(name);
    return given != nullptr ? *given : std::move(fallback);
  }
  bool has(std::string_view name) const { return !value(name).empty(); }

 private:
  const ClientSettings& settings_;
};

bool is_protocol(std::string_view name) {
  return name == "plaintext" || name == "ssl" || name == "sasl_plaintext" || name == "sasl_ssl";
}

bool is_switch(std::string_view text) { return text == "true" || text == "false"; }

Result<std::string> say(Connection& connection, std::string_view message, const Patience& patience) {
  const ByteView bytes = as_bytes(message);
  TRY(const auto answer, connection.call(SaslAuthenticateRequest{{bytes.begin(), bytes.end()}}, patience));
  if (answer.error_code == KafkaError::sasl_authentication_failed)
    return fail(ErrorCode::unauthorized, connection.peer() + " lets nobody in by that name and password: " +
                                             answer.error_message.value_or("it says no more"));
  if (answer.error_code != KafkaError::none)
    return std::unexpected(to_error(answer.error_code, "logging in at " + connection.peer()));
  return std::string(as_text(answer.auth_bytes));
}

}  // namespace

bool ClientSecurity::knows(std::string_view property) { return std::ranges::find(known, property) != known.end(); }

bool ClientSecurity::suffices(const ClientSettings& settings) {
  const Wishes wishes(settings);
  const std::string mechanism = wishes.mechanism();
  std::error_code ignored;
  return is_protocol(wishes.protocol()) &&
         (!wishes.wants_login() || ((mechanism == "PLAIN" || scram_mechanism(mechanism)) &&
                                    wishes.has("sasl.username") && wishes.has("sasl.password"))) &&
         // A folder of authorities, or a search for them, is left to librdkafka.
         wishes.value("ssl.ca.location") != "probe" &&
         !std::filesystem::is_directory(wishes.value("ssl.ca.location"), ignored) &&
         wishes.has("ssl.certificate.location") == wishes.has("ssl.key.location") &&
         is_switch(wishes.value("enable.ssl.certificate.verification", "true"));
}

Result<ClientSecurity> ClientSecurity::from(const ClientSettings& settings) {
  const Wishes wishes(settings);
  ClientSecurity security;
  if (wishes.wants_login())
    security.login = Login{wishes.mechanism(), wishes.value("sasl.username"), wishes.value("sasl.password")};
  if (!wishes.wants_tls()) return security;
  io::TlsContext::Client tls;
  if (wishes.has("ssl.ca.location")) tls.authorities = wishes.value("ssl.ca.location");
  tls.verify = wishes.value("enable.ssl.certificate.verification", "true") == "true";
  tls.verify_name = wishes.value("ssl.endpoint.identification.algorithm", "https") == "https";
  if (wishes.has("ssl.certificate.location"))
    tls.identity = {.certificate = wishes.value("ssl.certificate.location"),
                    .key = wishes.value("ssl.key.location"),
                    .key_password = wishes.value("ssl.key.password")};
  TRY(security.tls, io::TlsContext::for_client(tls));
  return security;
}

Result<void> log_in(Connection& connection, const ClientSecurity::Login& login, const Patience& patience) {
  TRY(const auto handshake, connection.call(SaslHandshakeRequest{login.mechanism}, patience));
  if (handshake.error_code != KafkaError::none) {
    std::string there;
    for (const std::string& mechanism : handshake.mechanisms) there += (there.empty() ? "" : ", ") + mechanism;
    return fail(ErrorCode::invalid_argument, connection.peer() + " does not let anybody in by " + login.mechanism +
                                                 "; its mechanisms: " + (there.empty() ? "none" : there));
  }
  const auto mechanism = scram_mechanism(login.mechanism);
  if (!mechanism) {
    CHECK(say(connection, '\0' + login.user + '\0' + login.password, patience));
    return {};
  }
  ScramClient scram(*mechanism, login.user, login.password, random_nonce());
  TRY(const std::string challenge, say(connection, scram.first(), patience));
  TRY(const std::string proof, scram.last(challenge));
  TRY(const std::string its_proof, say(connection, proof, patience));
  return scram.finish(its_proof);
}

}  // namespace tickerlake::kafka
