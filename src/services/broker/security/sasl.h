#pragma once
// SASL on one connection, from its handshake to its end: who the client is, and for how long that holds.
#include <chrono>
#include <memory>
#include <optional>
#include <string>

#include "base/result.h"
#include "kafka/sasl/scram.h"
#include "kafka/wire/sasl.h"
#include "services/broker/security/settings.h"
#include "services/broker/security/state.h"

namespace tickerlake::broker {

/// Holds credentials against the store: PLAIN and SCRAM have the same users. Thread-safe.
class Credentials {
 public:
  explicit Credentials(const SecurityStore& store) : store_(store) {}
  /// Of somebody unknown a made-up one, always the same for that name.
  kafka::ScramServer::User find(const std::string& user, kafka::ScramMechanism mechanism) const;
  bool is_password(const std::string& user, std::string_view password) const;

 private:
  const SecurityStore& store_;
};

/// Belongs to its connection's thread.
class SaslExchange {
 public:
  using Clock = std::chrono::steady_clock;
  SaslExchange(const SecuritySettings& settings, const SecurityStore& store);

  /// Whether a request of that API may come now; if not, the connection ends.
  bool permits(std::int16_t api_key, Clock::time_point now) const;

  kafka::SaslHandshakeResponse handshake(const std::string& mechanism, std::int16_t version);
  kafka::SaslAuthenticateResponse authenticate(ByteView token);
  /// After a handshake of version 0 tokens come without any header, and are answered so.
  bool expects_bare_token() const { return stage_ == Stage::exchanging && bare_; }
  /// Errors: unauthorized; then the connection ends.
  Result<Buffer> bare_token(ByteView token);

  bool is_authenticated() const { return authenticated_; }
  /// Nobody may go on here: the answer is sent, then the connection ends.
  bool has_failed() const { return stage_ == Stage::failed; }
  const std::string& user() const { return user_; }

 private:
  enum class Stage { idle, exchanging, failed };  // idle: nothing begun, or done
  Result<Buffer> step(ByteView token);
  Result<Buffer> plain(std::string_view message);
  Result<Buffer> scram(std::string_view message);
  Result<void> finish(const std::string& user);

  const SecuritySettings& settings_;
  const Credentials credentials_;
  Stage stage_ = Stage::idle;
  bool bare_ = false;
  bool authenticated_ = false;
  std::string mechanism_;  // of the exchange; later ones must have the same
  std::string user_;
  std::optional<kafka::ScramServer> scram_;
  bool scram_began_ = false;
  std::optional<Clock::time_point> expires_;
};

}  // namespace tickerlake::broker
