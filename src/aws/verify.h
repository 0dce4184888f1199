#pragma once
// Checking of signed requests: who signed, for which service, and whether the signature holds.
#include <chrono>
#include <expected>
#include <string>
#include <vector>

#include "aws/sigv4.h"

namespace tickerlake::aws {

constexpr std::chrono::minutes max_clock_skew{15};
constexpr std::chrono::seconds max_presigned_validity{7 * 24 * 3600};

/// Why a request was refused; each service has its own names for them.
enum class Refusal {
  missing,          // nothing says who sent it
  malformed,        // the authorization can't be read
  bad_date,         // no date, or one that can't be read
  malformed_v2,     // the same of version 2
  malformed_query,  // the same in a presigned URL
  unsupported,      // another algorithm
  unknown_key,
  mismatch,
  skewed,           // the clocks differ by more than max_clock_skew
  expired,          // a presigned URL, or one not valid yet
  unsigned_header,  // an x-amz- header that the signature does not cover
  missing_hash,     // S3 without x-amz-content-sha256
  bad_hash,         // a x-amz-content-sha256 that is neither a hash nor a known word
};

struct AuthError {
  Refusal refusal = Refusal::missing;
  std::string message;
};

enum class AuthForm { header, query, header_v2, query_v2 };

/// What a request says about its signature. Nothing of it is proved yet.
struct Authorization {
  AuthForm form = AuthForm::header;
  std::string access_key;
  Scope scope;  // version 2: service s3, region us-east-1
  std::vector<std::string> signed_headers;
  std::string signature;
  std::string timestamp;  // "20161123T140506Z"; empty for version 2
  TimestampMs signed_at = 0;
  std::chrono::seconds valid_for{};  // of a presigned URL
  std::string date_v2;               // version 2: seconds since 1970 (query) or the Date header, as sent
  std::string payload_hash;          // as declared; empty when it is not
};

std::expected<Authorization, AuthError> read_authorization(const http::Request& request);

/// Checks time, key and signature. payload_hash is the one declared, or that of the body where a service has none
/// declared.
std::expected<void, AuthError> verify(const http::Request& request, const Authorization& authorization,
                                      const Credentials& credentials, std::string_view payload_hash, TimestampMs now);

}  // namespace tickerlake::aws
