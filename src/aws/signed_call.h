#pragma once
// One signed request to an AWS service, tried again while that is safe and may help.
#include <string>
#include <string_view>

#include "aws/config.h"
#include "http/client.h"

namespace tickerlake::aws {

constexpr int max_attempts = 5;

struct SignedCall {
  std::string service;  // "s3", "glue", "athena"
  std::string method;
  std::string host;      // "127.0.0.1:4566"
  std::string root;      // "http://127.0.0.1:4566"
  std::string raw_path;  // encoded
  std::string raw_query = {};
  http::Headers headers = {};
  std::string_view body = {};
  /// Whether doing it twice is as good as once. If not, it is only tried again when it was surely not carried out.
  bool repeatable = true;
  std::chrono::milliseconds timeout{60'000};
};

/// Any status is a value, 5xx and throttling only after max_attempts with growing pauses (about 3 s in all).
/// Errors: unavailable and timeout (the outcome is unknown unless nothing listens there), exhausted, invalid_argument.
Result<http::ClientResponse> send_signed(http::Client& client, const ServiceAccess& access, const SignedCall& call);

/// "host:port" and "scheme://host:port" of a service's URL.
struct UrlRoot {
  std::string root, host;
  static Result<UrlRoot> of(std::string_view url);
};

}  // namespace tickerlake::aws
