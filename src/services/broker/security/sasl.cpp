#include "services/broker/security/sasl.h"

#include <algorithm>

#include "base/digest.h"
#include "kafka/wire/api_versions.h"

namespace tickerlake::broker {
namespace {

using kafka::KafkaError;
using kafka::ScramMechanism;

constexpr std::int16_t handshake_key = kafka::SaslHandshakeRequest::api.key;
constexpr std::int16_t authenticate_key = kafka::SaslAuthenticateRequest::api.key;
constexpr std::int16_t api_versions_key = kafka::ApiVersionsRequest::api.key;

Buffer to_buffer(std::string_view text) {
  const ByteView bytes = as_bytes(text);
  return {bytes.begin(), bytes.end()};
}

}  // namespace

kafka::ScramServer::User Credentials::find(const std::string& user, ScramMechanism mechanism) const {
  const auto state = store_.now();
  // The made-up one is computed for everybody, so that the time tells nothing.
  const Sha256 made_up = hmac_sha256(state->salt_secret, as_bytes(std::string(kafka::name(mechanism)) + "\n" + user));
  const std::size_t key_size = mechanism == ScramMechanism::sha_256 ? 32 : 64;
  kafka::ScramServer::User found{
      {Buffer(made_up.begin(), made_up.end()), Buffer(key_size), Buffer(key_size), kafka::min_scram_iterations}, false};
  if (const auto at = state->credentials.find({user, mechanism}); at != state->credentials.end())
    found = {at->second, true};
  return found;
}

bool Credentials::is_password(const std::string& user, std::string_view password) const {
  // Who has both kinds is asked by the first; who has none, by the kind that is in use.
  const auto state = store_.now();
  const bool has_256 = state->credentials.contains({user, ScramMechanism::sha_256});
  const bool has_512 = state->credentials.contains({user, ScramMechanism::sha_512});
  const bool any_256 = std::ranges::any_of(
      state->credentials, [](const auto& entry) { return entry.first.second == ScramMechanism::sha_256; });
  const bool by_256 = has_256 || (!has_512 && any_256);
  const auto mechanism = by_256 ? ScramMechanism::sha_256 : ScramMechanism::sha_512;
  const auto found = find(user, mechanism);
  const bool right = kafka::is_password(mechanism, password, found.credential);
  return right && found.is_known;
}

SaslExchange::SaslExchange(const SecuritySettings& settings, const SecurityStore& store)
    : settings_(settings), credentials_(store) {}

bool SaslExchange::permits(std::int16_t api_key, Clock::time_point now) const {
  if (stage_ == Stage::failed) return false;
  if (stage_ == Stage::exchanging) return api_key == authenticate_key && !bare_;
  if (api_key == handshake_key || api_key == api_versions_key) return true;
  return authenticated_ && (!expires_ || now < *expires_);
}

kafka::SaslHandshakeResponse SaslExchange::handshake(const std::string& mechanism, std::int16_t version) {
  kafka::SaslHandshakeResponse response;
  response.mechanisms.assign(settings_.mechanisms.begin(), settings_.mechanisms.end());
  if (!settings_.mechanisms.contains(mechanism)) {
    response.error_code = KafkaError::unsupported_sasl_mechanism;
    stage_ = Stage::failed;
    return response;
  }
  if (authenticated_ && mechanism != mechanism_) {
    response.error_code = KafkaError::sasl_authentication_failed;
    stage_ = Stage::failed;
    return response;
  }
  mechanism_ = mechanism;
  bare_ = version == 0;
  scram_began_ = false;
  scram_.reset();
  if (const auto kind = kafka::scram_mechanism(mechanism)) {
    scram_.emplace(
        *kind, [this, kind](const std::string& user) { return credentials_.find(user, *kind); }, kafka::random_nonce());
  }
  stage_ = Stage::exchanging;
  return response;
}

Result<void> SaslExchange::finish(const std::string& user) {
  if (authenticated_ && user != user_)
    return fail(ErrorCode::unauthorized,
                "Cannot change principals during re-authentication from User:" + user_ + ": User:" + user);
  user_ = user;
  authenticated_ = true;
  stage_ = Stage::idle;
  if (settings_.max_reauth.count() > 0) expires_ = Clock::now() + settings_.max_reauth;
  return {};
}

Result<Buffer> SaslExchange::plain(std::string_view message) {
  const std::size_t first = message.find('\0');
  const std::size_t second = first == std::string_view::npos ? first : message.find('\0', first + 1);
  if (second == std::string_view::npos || message.find('\0', second + 1) != std::string_view::npos)
    return fail(ErrorCode::corrupt, "Invalid SASL/PLAIN response: expected 3 tokens");
  const std::string_view authorize_as = message.substr(0, first);
  const std::string user(message.substr(first + 1, second - first - 1));
  const std::string_view password = message.substr(second + 1);
  if (user.empty()) return fail(ErrorCode::corrupt, "Authentication failed: username not specified");
  if (password.empty()) return fail(ErrorCode::corrupt, "Authentication failed: password not specified");
  if (!credentials_.is_password(user, password))
    return fail(ErrorCode::unauthorized, "Authentication failed: Invalid username or password");
  if (!authorize_as.empty() && authorize_as != user)
    return fail(ErrorCode::unauthorized,
                "Authentication failed: Client requested an authorization id that is different from username");
  CHECK(finish(user));
  return Buffer();
}

Result<Buffer> SaslExchange::scram(std::string_view message) {
  if (!std::exchange(scram_began_, true)) {
    TRY(const std::string answer, scram_->first(message));
    return to_buffer(answer);
  }
  auto answer = scram_->last(message);
  if (!answer) {
    if (answer.error().code != ErrorCode::unauthorized) return std::unexpected(answer.error());
    return fail(
        ErrorCode::unauthorized,
        "Authentication failed during authentication due to invalid credentials with SASL mechanism " + mechanism_);
  }
  CHECK(finish(scram_->user()));
  return to_buffer(*answer);
}

Result<Buffer> SaslExchange::step(ByteView token) {
  auto answer = scram_ ? scram(as_text(token)) : plain(as_text(token));
  if (!answer) stage_ = Stage::failed;
  return answer;
}

kafka::SaslAuthenticateResponse SaslExchange::authenticate(ByteView token) {
  kafka::SaslAuthenticateResponse response;
  if (stage_ != Stage::exchanging) {
    response.error_code = KafkaError::illegal_sasl_state;
    response.error_message = "SaslAuthenticate request received after successful authentication";
    return response;
  }
  auto answer = step(token);
  if (!answer) {
    response.error_code = KafkaError::sasl_authentication_failed;
    response.error_message = answer.error().message;
    return response;
  }
  response.auth_bytes = *std::move(answer);
  if (stage_ == Stage::idle) response.session_lifetime_ms = settings_.max_reauth.count();
  return response;
}

Result<Buffer> SaslExchange::bare_token(ByteView token) { return step(token); }

}  // namespace tickerlake::broker
