#pragma once
// Who a client is: SaslHandshake (17), SaslAuthenticate (36), and what is kept of users' passwords:
// DescribeUserScramCredentials (50), AlterUserScramCredentials (51). Source: KIP-43, KIP-152, KIP-368, KIP-554.
#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "base/bytes.h"
#include "kafka/errors.h"
#include "kafka/wire/api.h"

namespace tickerlake::kafka {

struct SaslHandshakeResponse;

struct SaslHandshakeRequest {
  static constexpr auto api = Api{.key = 17, .name = "SaslHandshake", .versions = {0, 1}};
  using Response = SaslHandshakeResponse;

  std::string mechanism;

  static void fields(auto& c, auto& m) { c(m.mechanism); }
};

struct SaslHandshakeResponse {
  KafkaError error_code = KafkaError::none;
  std::vector<std::string> mechanisms;

  static void fields(auto& c, auto& m) {
    c(m.error_code);
    c(m.mechanisms);
  }
};

struct SaslAuthenticateResponse;

struct SaslAuthenticateRequest {
  static constexpr auto api = Api{.key = 36, .name = "SaslAuthenticate", .versions = {0, 2}, .flexible_since = 2};
  using Response = SaslAuthenticateResponse;

  Buffer auth_bytes;

  static void fields(auto& c, auto& m) { c(m.auth_bytes); }
};

struct SaslAuthenticateResponse {
  KafkaError error_code = KafkaError::none;
  std::optional<std::string> error_message;
  Buffer auth_bytes;
  std::int64_t session_lifetime_ms = 0;

  static void fields(auto& c, auto& m) {
    c(m.error_code);
    c(m.error_message);
    c(m.auth_bytes);
    c(m.session_lifetime_ms, since(1));
  }
};

struct DescribeUserScramCredentialsResponse;

struct DescribeUserScramCredentialsRequest {
  static constexpr auto api =
      Api{.key = 50, .name = "DescribeUserScramCredentials", .versions = {0, 0}, .flexible_since = 0};
  using Response = DescribeUserScramCredentialsResponse;

  struct User {
    std::string name;

    static void fields(auto& c, auto& m) { c(m.name); }
  };

  std::optional<std::vector<User>> users;

  static void fields(auto& c, auto& m) { c(m.users); }
};

struct DescribeUserScramCredentialsResponse {
  struct Result {
    struct Credential {
      std::int8_t mechanism = 0;
      std::int32_t iterations = 0;

      static void fields(auto& c, auto& m) {
        c(m.mechanism);
        c(m.iterations);
      }
    };

    std::string user;
    KafkaError error_code = KafkaError::none;
    std::optional<std::string> error_message;
    std::vector<Credential> credential_infos;

    static void fields(auto& c, auto& m) {
      c(m.user);
      c(m.error_code);
      c(m.error_message);
      c(m.credential_infos);
    }
  };

  std::int32_t throttle_time_ms = 0;
  KafkaError error_code = KafkaError::none;
  std::optional<std::string> error_message;
  std::vector<Result> results;

  static void fields(auto& c, auto& m) {
    c(m.throttle_time_ms);
    c(m.error_code);
    c(m.error_message);
    c(m.results);
  }
};

struct AlterUserScramCredentialsResponse;

struct AlterUserScramCredentialsRequest {
  static constexpr auto api =
      Api{.key = 51, .name = "AlterUserScramCredentials", .versions = {0, 0}, .flexible_since = 0};
  using Response = AlterUserScramCredentialsResponse;

  struct Deletion {
    std::string name;
    std::int8_t mechanism = 0;

    static void fields(auto& c, auto& m) {
      c(m.name);
      c(m.mechanism);
    }
  };

  struct Upsertion {
    std::string name;
    std::int8_t mechanism = 0;
    std::int32_t iterations = 0;
    Buffer salt;
    Buffer salted_password;

    static void fields(auto& c, auto& m) {
      c(m.name);
      c(m.mechanism);
      c(m.iterations);
      c(m.salt);
      c(m.salted_password);
    }
  };

  std::vector<Deletion> deletions;
  std::vector<Upsertion> upsertions;

  static void fields(auto& c, auto& m) {
    c(m.deletions);
    c(m.upsertions);
  }
};

struct AlterUserScramCredentialsResponse {
  struct Result {
    std::string user;
    KafkaError error_code = KafkaError::none;
    std::optional<std::string> error_message;

    static void fields(auto& c, auto& m) {
      c(m.user);
      c(m.error_code);
      c(m.error_message);
    }
  };

  std::int32_t throttle_time_ms = 0;
  std::vector<Result> results;

  static void fields(auto& c, auto& m) {
    c(m.throttle_time_ms);
    c(m.results);
  }
};

}  // namespace tickerlake::kafka
