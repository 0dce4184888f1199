#pragma once
// One signed request to an AWS service, tried again while that is safe and may help.
#include <string>
#include <string_view>

#include "aws/endpoint.h"
#include "http/client.h"

namespace tickerlake::aws {

constexpr int max_attempts = 5;
constexpr int max_throttled_attempts = 8;  // of requests that the service was too busy to carry out

struct SignedCall {
  std::string service;  // "s3", "glue", "athena", "sts"
  std::string method;
  Target target;
  std::string raw_path;  // encoded
  std::string raw_query = {};
  http::Headers headers = {};
  std::string_view body = {};
  /// Whether doing it twice is as good as once. If not, it is only tried again when it was surely not carried out.
  bool repeatable = true;
  std::chrono::milliseconds timeout{60'000};
  bool is_signed = true;
};

/// Any status is a value: 5xx only after max_attempts with growing pauses (about 3 s in all), throttling only after
/// max_throttled_attempts (some 30 s). Errors: those of the credentials; unavailable and timeout (the outcome is
/// unknown unless nothing listens there), exhausted, invalid_argument.
Result<http::ClientResponse> send_signed(http::Client& client, const ServiceAccess& access, const SignedCall& call);

}  // namespace tickerlake::aws
