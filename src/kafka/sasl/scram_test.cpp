#include "kafka/sasl/scram.h"

#include <gtest/gtest.h>

#include "base/digest.h"

namespace tickerlake::kafka {
namespace {

constexpr auto sha_256 = ScramMechanism::sha_256;

ScramServer server(ScramMechanism mechanism, const std::string& password, bool is_known = true) {
  return ScramServer(
      mechanism, [=](const std::string&) { return ScramServer::User{make_credential(mechanism, password), is_known}; },
      random_nonce());
}

Result<void> exchange(ScramClient& client, ScramServer& with) {
  TRY(const std::string challenge, with.first(client.first()));
  TRY(const std::string proof, client.last(challenge));
  TRY(const std::string answer, with.last(proof));
  return client.finish(answer);
}

// The exchange that RFC 7677 prints in its section 3.
TEST(Scram, both_sides_say_what_rfc_7677_prints) {
  const std::string client_nonce = "rOprNGfwEbeRWgbNEkqO", server_nonce = "%hvYDpWUa2RaTCAfuxFIlj)hNlF$k0";
  const Buffer salt = *unbase64("W22ZaJ0SNY7soEsUEjb6gQ==");
  const auto lookup = [&](const std::string& user) {
    EXPECT_EQ(user, "user");
    return ScramServer::User{make_credential(sha_256, salt_password(sha_256, "pencil", salt, 4096), salt, 4096), true};
  };
  ScramServer with(sha_256, lookup, server_nonce);
  ScramClient client(sha_256, "user", "pencil", client_nonce);
  EXPECT_EQ(client.first(), "n,,n=user,r=" + client_nonce);
  const auto challenge = with.first(client.first());
  EXPECT_EQ(challenge, "r=" + client_nonce + server_nonce + ",s=W22ZaJ0SNY7soEsUEjb6gQ==,i=4096");
  const auto proof = client.last(*challenge);
  EXPECT_EQ(proof, "c=biws,r=" + client_nonce + server_nonce + ",p=dHzbZapWIk4jUhN+Ute9ytag9zjfMHgsqmmiz7AndVQ=");
  const auto answer = with.last(*proof);
  EXPECT_EQ(answer, "v=6rriTRBi23WpRR/wtup+mMhUZUn/dB5nLTJRsjl95G4=");
  EXPECT_TRUE(client.finish(*answer));
}

TEST(Scram, the_right_password_passes_with_both_digests_and_any_name) {
  for (const auto mechanism : {sha_256, ScramMechanism::sha_512}) {
    for (const char* user : {"alice", "a=b,c", "Jürgen"}) {
      ScramServer with = server(mechanism, "secret");
      ScramClient client(mechanism, user, "secret", random_nonce());
      const auto done = exchange(client, with);
      EXPECT_TRUE(done) << done.error().message;
      EXPECT_EQ(with.user(), user);
    }
  }
}

TEST(Scram, a_wrong_password_and_an_unknown_user_fail_alike_and_only_at_the_end) {
  const auto failure_of = [](ScramServer with) {
    ScramClient client(sha_256, "alice", "secret", random_nonce());
    const auto challenge = with.first(client.first());
    EXPECT_TRUE(challenge);
    return with.last(*client.last(*challenge)).error();
  };
  const Error wrong = failure_of(server(sha_256, "other")), unknown = failure_of(server(sha_256, "secret", false));
  EXPECT_EQ(wrong.code, ErrorCode::unauthorized);
  EXPECT_EQ(wrong.code, unknown.code);
  EXPECT_EQ(wrong.message, unknown.message);
}

TEST(Scram, a_server_without_the_credential_does_not_pass_for_one) {
  ScramServer with = server(sha_256, "secret");
  ScramClient client(sha_256, "alice", "secret", random_nonce());
  auto answer = with.last(*client.last(*with.first(client.first())));
  (*answer)[5] = (*answer)[5] == 'A' ? 'B' : 'A';
  EXPECT_EQ(client.finish(*answer).error().code, ErrorCode::unauthorized);
  EXPECT_EQ(client.finish("e=other-error").error().code, ErrorCode::unauthorized);
}

TEST(Scram, first_messages_that_are_none_are_refused) {
  for (const char* message : {"", "n", "n,,", "x,,n=a,r=b", "n,,n=,r=b", "n,,n=a", "n,,n=a,r=", "n,,n=a=,r=b",
                              "n,,r=b,n=a", "n,a=,n=a,r=b", "n,,n=a,r=\x01", "n,b=x,n=a,r=b"}) {
    EXPECT_EQ(server(sha_256, "x").first(message).error().code, ErrorCode::corrupt) << message;
  }
  for (const char* message : {"p=tls-unique,,n=a,r=b", "n,,m=x,n=a,r=b", "n,,n=a,r=b,tokenauth=true"}) {
    EXPECT_EQ(server(sha_256, "x").first(message).error().code, ErrorCode::unsupported) << message;
  }
  EXPECT_EQ(server(sha_256, "x").first("n,a=bob,n=alice,r=b").error().code, ErrorCode::unauthorized);
  EXPECT_TRUE(server(sha_256, "x").first("n,a=alice,n=alice,r=b"));
}

TEST(Scram, last_messages_of_another_exchange_are_refused) {
  ScramServer with = server(sha_256, "secret");
  ScramClient client(sha_256, "alice", "secret", random_nonce());
  const std::string good = *client.last(*with.first(client.first()));
  const auto changed = [&](std::string_view what, std::string_view into) {
    std::string text = good;
    text.replace(text.find(what), what.size(), into);
    return text;
  };
  EXPECT_EQ(with.last(changed("c=biws", "c=eSws")).error().code, ErrorCode::unauthorized);
  EXPECT_EQ(with.last(changed(",r=", ",r=x")).error().code, ErrorCode::unauthorized);
  for (const std::string& message :
       {changed(",p=", ",q="), changed(",p=", ",p=AA"), std::string("c=biws"), std::string(), std::string("r=x,p=y")}) {
    EXPECT_EQ(with.last(message).error().code, ErrorCode::corrupt) << message;
  }
  EXPECT_TRUE(with.last(good));
}

// As librdkafka before 2.6 sends it, which Apache Kafka lets in too.
TEST(Scram, a_client_that_repeats_its_nonce_before_the_whole_one_is_let_in) {
  const ScramCredential credential = make_credential(sha_256, "secret");
  ScramServer with(sha_256, [&](const std::string&) { return ScramServer::User{credential}; }, "server");
  const std::string bare = "n=alice,r=client", challenge = *with.first("n,," + bare);
  const auto last = [&](const std::string& nonce) {
    const std::string without_proof = "c=biws,r=" + nonce;
    const Buffer salted = salt_password(sha_256, "secret", credential.salt, credential.iterations);
    auto proof = hmac_sha256(salted, as_bytes("Client Key"));
    const auto signature = hmac_sha256(sha256(proof), as_bytes(bare + "," + challenge + "," + without_proof));
    for (std::size_t i = 0; i < proof.size(); ++i) proof[i] ^= signature[i];
    return with.last(without_proof + ",p=" + base64(proof));
  };
  EXPECT_TRUE(last("clientclientserver"));
  EXPECT_TRUE(last("clientserver"));
  EXPECT_EQ(last("clientservex").error().code, ErrorCode::unauthorized);
  EXPECT_EQ(last("server").error().code, ErrorCode::unauthorized);
}

TEST(Scram, a_plain_password_is_held_against_the_same_credential) {
  const ScramCredential credential = make_credential(ScramMechanism::sha_512, "secret");
  EXPECT_TRUE(is_password(ScramMechanism::sha_512, "secret", credential));
  EXPECT_FALSE(is_password(ScramMechanism::sha_512, "Secret", credential));
  EXPECT_FALSE(is_password(ScramMechanism::sha_512, "", credential));
}

}  // namespace
}  // namespace tickerlake::kafka
