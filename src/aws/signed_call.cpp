#include "aws/signed_call.h"

#include <random>
#include <thread>

#include "aws/sigv4.h"

namespace tickerlake::aws {
namespace {

using std::chrono::milliseconds;

constexpr milliseconds pauses[max_attempts - 1] = {milliseconds(100), milliseconds(300), milliseconds(900),
                                                   milliseconds(2000)};

/// Half of the pause is random, so that clients that failed together don't come back together.
void pause_before(int attempt) {
  const milliseconds whole = pauses[attempt];
  thread_local std::minstd_rand random{std::random_device{}()};
  std::this_thread::sleep_for(whole / 2 + milliseconds(random() % static_cast<unsigned>(whole.count() / 2 + 1)));
}

bool is_throttled(const http::ClientResponse& response) {
  if (response.status == 429 || response.status == 503) return true;
  return response.status == 400 && (response.body.find("ThrottlingException") != std::string::npos ||
                                    response.body.find("TooManyRequestsException") != std::string::npos);
}

}  // namespace

Result<UrlRoot> UrlRoot::of(std::string_view url) {
  const std::size_t scheme = url.find("://");
  if (scheme == std::string_view::npos || (url.substr(0, scheme) != "http" && url.substr(0, scheme) != "https")) {
    return fail(ErrorCode::invalid_argument, "the endpoint \"" + std::string(url) + "\" is no http:// or https:// URL");
  }
  const std::size_t end = std::min(url.find('/', scheme + 3), url.size());
  const std::string_view host = url.substr(scheme + 3, end - scheme - 3);
  if (host.empty() || host.find('@') != std::string_view::npos || end + 1 < url.size()) {
    return fail(ErrorCode::invalid_argument, "the endpoint \"" + std::string(url) + "\" must be SCHEME://HOST[:PORT]");
  }
  return UrlRoot{std::string(url.substr(0, end)), std::string(host)};
}

Result<http::ClientResponse> send_signed(http::Client& client, const ServiceAccess& access, const SignedCall& call) {
  const std::string hash = hex(sha256(as_bytes(call.body)));
  for (int attempt = 0;; ++attempt) {
    http::ClientRequest request{.method = call.method,
                                .url = call.root + call.raw_path,
                                .headers = call.headers,
                                .body = call.body,
                                .timeout = call.timeout};
    if (!call.raw_query.empty()) request.url += "?" + call.raw_query;
    request.headers.set("Host", call.host);
    sign(request.headers, call.method, call.raw_path, call.raw_query, hash, access.credentials, access.region,
         call.service, SystemClock().now_ms());
    auto response = client.send(request);
    const bool last = attempt + 1 >= max_attempts;
    bool again = false;
    if (response) {
      again = is_throttled(*response) || (response->status >= 500 && response->status != 501 && call.repeatable);
    } else {
      const ErrorCode code = response.error().code;
      again =
          code == ErrorCode::unavailable || ((code == ErrorCode::io || code == ErrorCode::timeout) && call.repeatable);
      if (code == ErrorCode::io) response.error().code = ErrorCode::unavailable;
    }
    if (!again || last) return response;
    pause_before(attempt);
  }
}

}  // namespace tickerlake::aws
