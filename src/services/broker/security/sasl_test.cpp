#include "services/broker/security/sasl.h"

#include <gtest/gtest.h>

namespace tickerlake::broker {
namespace {

using kafka::KafkaError;
using kafka::ScramMechanism;
using std::chrono::milliseconds;

constexpr std::int16_t produce = 0, handshake = 17, api_versions = 18, authenticate = 36;

class Sasl : public ::testing::Test {
 protected:
  Sasl() {
    settings_.mechanisms = {"PLAIN", "SCRAM-SHA-256", "SCRAM-SHA-512"};
    add("alice", "secret");
    add("bob", "hidden");
  }
  void add(const std::string& user, std::string_view password) {
    EXPECT_TRUE(store_->update([&](SecurityState& state) {
      for (const auto mechanism : {ScramMechanism::sha_256, ScramMechanism::sha_512})
        state.credentials[{user, mechanism}] = kafka::make_credential(mechanism, password);
      return true;
    }));
  }
  static ByteView bytes(std::string_view text) { return as_bytes(text); }
  static std::string plain(const std::string& user, const std::string& password, const std::string& as = "") {
    return as + '\0' + user + '\0' + password;
  }
  kafka::SaslAuthenticateResponse log_in(SaslExchange& exchange, const std::string& token) {
    EXPECT_EQ(exchange.handshake("PLAIN", 1).error_code, KafkaError::none);
    return exchange.authenticate(bytes(token));
  }
  static bool permits(const SaslExchange& exchange, std::int16_t key, milliseconds later = milliseconds(0)) {
    return exchange.permits(key, SaslExchange::Clock::now() + later);
  }

  io::TemporaryDirectory directory_;
  SecuritySettings settings_;
  std::unique_ptr<SecurityStore> store_ =
      *SecurityStore::open(directory_.path() / security_file, SecurityStore::WhenMissing::make_now);
};

TEST_F(Sasl, before_authentication_only_the_requests_for_it_may_come) {
  SaslExchange exchange(settings_, *store_);
  EXPECT_TRUE(permits(exchange, api_versions) && permits(exchange, handshake));
  EXPECT_FALSE(permits(exchange, produce));
  ASSERT_EQ(exchange.handshake("PLAIN", 1).error_code, KafkaError::none);
  EXPECT_TRUE(permits(exchange, authenticate));
  EXPECT_FALSE(permits(exchange, api_versions) || permits(exchange, handshake) || permits(exchange, produce));
  EXPECT_EQ(exchange.authenticate(bytes(plain("alice", "secret"))).error_code, KafkaError::none);
  EXPECT_TRUE(exchange.is_authenticated());
  EXPECT_EQ(exchange.user(), "alice");
  EXPECT_TRUE(permits(exchange, produce));
}

TEST_F(Sasl, a_failed_attempt_ends_the_exchange) {
  for (const std::string& token :
       {plain("alice", "wrong"), plain("mallory", "secret"), plain("alice", ""), plain("", "secret"),
        plain("alice", "secret", "bob"), std::string("alice"), plain("alice", "secret") + '\0'}) {
    SaslExchange exchange(settings_, *store_);
    EXPECT_EQ(log_in(exchange, token).error_code, KafkaError::sasl_authentication_failed);
    EXPECT_TRUE(exchange.has_failed());
    EXPECT_FALSE(exchange.is_authenticated());
    for (const std::int16_t key : {produce, handshake, api_versions, authenticate})
      EXPECT_FALSE(permits(exchange, key));
  }
  SaslExchange exchange(settings_, *store_);
  EXPECT_EQ(log_in(exchange, plain("alice", "secret", "alice")).error_code, KafkaError::none);
}

TEST_F(Sasl, an_unknown_mechanism_is_refused_with_the_list_of_those_that_there_are) {
  settings_.mechanisms = {"SCRAM-SHA-512"};
  SaslExchange exchange(settings_, *store_);
  const auto answer = exchange.handshake("PLAIN", 1);
  EXPECT_EQ(answer.error_code, KafkaError::unsupported_sasl_mechanism);
  EXPECT_EQ(answer.mechanisms, std::vector<std::string>{"SCRAM-SHA-512"});
  EXPECT_TRUE(exchange.has_failed());
}

TEST_F(Sasl, scram_goes_through_both_kinds_of_handshake) {
  for (const auto mechanism : {ScramMechanism::sha_256, ScramMechanism::sha_512}) {
    for (const std::int16_t version : {std::int16_t{0}, std::int16_t{1}}) {
      SaslExchange exchange(settings_, *store_);
      ASSERT_EQ(exchange.handshake(kafka::name(mechanism), version).error_code, KafkaError::none);
      EXPECT_EQ(exchange.expects_bare_token(), version == 0);
      kafka::ScramClient client(mechanism, "bob", "hidden", kafka::random_nonce());
      const auto send = [&](const std::string& message) {
        return version == 0 ? *exchange.bare_token(bytes(message)) : exchange.authenticate(bytes(message)).auth_bytes;
      };
      const Buffer challenge = send(client.first());
      const Buffer last = send(*client.last(as_text(challenge)));
      EXPECT_TRUE(client.finish(as_text(last)));
      EXPECT_TRUE(exchange.is_authenticated());
      EXPECT_FALSE(exchange.expects_bare_token());
    }
  }
}

TEST_F(Sasl, unknown_users_look_like_known_ones_and_stay_the_same) {
  const Credentials credentials(*store_);
  const auto mechanism = ScramMechanism::sha_256;
  const auto unknown = credentials.find("mallory", mechanism), again = credentials.find("mallory", mechanism);
  const auto known = credentials.find("alice", mechanism), other = credentials.find("eve", mechanism);
  EXPECT_FALSE(unknown.is_known);
  EXPECT_TRUE(known.is_known);
  EXPECT_EQ(unknown.credential, again.credential);
  EXPECT_NE(unknown.credential.salt, other.credential.salt);
  EXPECT_EQ(unknown.credential.salt.size(), known.credential.salt.size());
  EXPECT_EQ(unknown.credential.iterations, known.credential.iterations);
}

TEST_F(Sasl, a_session_that_is_over_may_only_be_begun_anew_by_the_same_user) {
  settings_.max_reauth = milliseconds(60'000);
  SaslExchange exchange(settings_, *store_);
  EXPECT_EQ(log_in(exchange, plain("alice", "secret")).session_lifetime_ms, 60'000);
  EXPECT_TRUE(permits(exchange, produce));
  EXPECT_FALSE(permits(exchange, produce, milliseconds(60'001)));
  EXPECT_TRUE(permits(exchange, handshake, milliseconds(60'001)));
  EXPECT_EQ(log_in(exchange, plain("alice", "secret")).error_code, KafkaError::none);
  EXPECT_TRUE(permits(exchange, produce));
  EXPECT_EQ(log_in(exchange, plain("bob", "hidden")).error_code, KafkaError::sasl_authentication_failed);
  EXPECT_TRUE(exchange.has_failed());
}

TEST_F(Sasl, another_mechanism_is_none_to_begin_a_session_anew) {
  SaslExchange exchange(settings_, *store_);
  ASSERT_EQ(log_in(exchange, plain("alice", "secret")).error_code, KafkaError::none);
  EXPECT_EQ(exchange.handshake("SCRAM-SHA-256", 1).error_code, KafkaError::sasl_authentication_failed);
  EXPECT_TRUE(exchange.has_failed());
}

TEST_F(Sasl, a_token_without_a_handshake_is_out_of_place) {
  SaslExchange exchange(settings_, *store_);
  EXPECT_EQ(exchange.authenticate(bytes("x")).error_code, KafkaError::illegal_sasl_state);
  EXPECT_FALSE(exchange.is_authenticated());
}

}  // namespace
}  // namespace tickerlake::broker
