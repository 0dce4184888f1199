#pragma once
// A blocking HTTP client over libcurl that keeps connections; thread-safe.
#include <chrono>
#include <memory>
#include <string>
#include <string_view>

#include "base/result.h"
#include "http/server.h"

namespace tickerlake::http {

struct ClientRequest {
  std::string method = "GET";
  std::string url;  // with its query, encoded: it is sent as it is
  Headers headers;
  std::string_view body;                      // must outlive the call
  std::chrono::milliseconds timeout{60'000};  // the whole exchange
  /// An exchange in which not a byte moves for so long is given up: a peer that is gone without a word. 0: not.
  std::chrono::seconds stall_timeout{30};
  std::int64_t max_response_bytes = 1_GiB;
};

struct ClientResponse {
  int status = 0;
  Headers headers;
  std::string body;
};

struct ClientOptions {
  std::string ca_bundle = {};  // a file of certificates to trust; empty: the system's
};

/// Any status is a value. Errors: unavailable (no connection: the request was not sent), io (the connection was lost:
/// the request may have been carried out), timeout (likewise), exhausted (a longer response), invalid_argument (the
/// URL). Tries once; redirects are not followed.
class Client {
 public:
  explicit Client(ClientOptions options = {});
  ~Client();
  Client(const Client&) = delete;
  Client& operator=(const Client&) = delete;
  Result<ClientResponse> send(const ClientRequest& request);

 private:
  struct Pool;
  const ClientOptions options_;
  std::unique_ptr<Pool> pool_;
};

}  // namespace tickerlake::http
