#include "aws/signed_call.h"

#include <algorithm>
#include <random>
#include <thread>

#include "aws/sigv4.h"

namespace tickerlake::aws {
namespace {

using std::chrono::milliseconds;

constexpr milliseconds first_pause{100}, longest_pause{10'000};

/// Pauses grow threefold. Half of each is random, so that clients that failed together don't come back together.
void pause_before(int attempt) {
  milliseconds whole = first_pause;
  for (int i = 0; i < attempt && whole < longest_pause; ++i) whole *= 3;
  whole = std::min(whole, longest_pause);
  thread_local std::minstd_rand random{std::random_device{}()};
  std::this_thread::sleep_for(whole / 2 + milliseconds(random() % static_cast<unsigned>(whole.count() / 2 + 1)));
}

/// The errors that say "too much, later" and nothing was done; botocore's list for its standard mode.
bool is_throttled(const http::ClientResponse& response) {
  if (response.status == 429 || response.status == 503) return true;
  if (response.status != 400) return false;
  constexpr std::string_view words[] = {"Throttling",
                                        "ThrottlingException",
                                        "ThrottledException",
                                        "RequestThrottled",
                                        "TooManyRequestsException",
                                        "RequestLimitExceeded",
                                        "BandwidthLimitExceeded",
                                        "SlowDown",
                                        "PriorRequestNotComplete"};
  return std::ranges::any_of(words, [&](std::string_view word) {
    // As JSON's __type, with or without a namespace, or as XML's Code.
    return response.body.find("\"" + std::string(word) + "\"") != std::string::npos ||
           response.body.find("#" + std::string(word) + "\"") != std::string::npos ||
           response.body.find("<Code>" + std::string(word) + "<") != std::string::npos;
  });
}

}  // namespace

Result<http::ClientResponse> send_signed(http::Client& client, const ServiceAccess& access, const SignedCall& call) {
  const std::string hash = hex(sha256(as_bytes(call.body)));
  for (int attempt = 0;; ++attempt) {
    http::ClientRequest request{.method = call.method,
                                .url = call.target.url.root + call.raw_path,
                                .headers = call.headers,
                                .body = call.body,
                                .timeout = call.timeout};
    if (!call.raw_query.empty()) request.url += "?" + call.raw_query;
    request.headers.set("Host", call.target.url.host);
    if (call.is_signed) {
      auto credentials = access.credentials->get();
      if (!credentials) {
        // Not to be taken for an object or a table that is not there.
        if (credentials.error().code == ErrorCode::not_found) credentials.error().code = ErrorCode::unauthorized;
        return std::unexpected(std::move(credentials).error());
      }
      sign(request.headers, call.method, call.raw_path, call.raw_query, hash, *credentials, call.target.region,
           call.service, SystemClock().now_ms());
    }
    // Behind the signature, for proxies may change them.
    request.headers.set("User-Agent", "tickerlake");
    request.headers.set("Accept-Encoding", "identity");
    auto response = client.send(request);
    const bool throttled = response && is_throttled(*response);
    bool again = throttled;
    if (response) {
      again = again || (response->status >= 500 && response->status != 501 && call.repeatable);
    } else {
      const ErrorCode code = response.error().code;
      again =
          code == ErrorCode::unavailable || ((code == ErrorCode::io || code == ErrorCode::timeout) && call.repeatable);
      if (code == ErrorCode::io) response.error().code = ErrorCode::unavailable;
    }
    if (!again || attempt + 1 >= (throttled ? max_throttled_attempts : max_attempts)) return response;
    pause_before(attempt);
  }
}

}  // namespace tickerlake::aws
