#pragma once
// A blocking HTTP client over libcurl that keeps connections; thread-safe.
#include <chrono>
#include <memory>
#include <string>

#include "base/result.h"
#include "http/server.h"

namespace tickerlake::http {

struct ClientRequest {
  std::string method = "GET";
  std::string url;  // with its query, encoded: it is sent as it is
  Headers headers;
  std::string_view body;                      // must outlive the call
  std::chrono::milliseconds timeout{60'000};  // the whole exchange
};

struct ClientResponse {
  int status = 0;
  Headers headers;
  std::string body;
};

/// Any status is a value; errors are unavailable (no connection, reset) and timeout. Tries once.
class Client {
 public:
  Client();
  ~Client();
  Result<ClientResponse> send(const ClientRequest& request);

 private:
  struct Pool;
  std::unique_ptr<Pool> pool_;
};

}  // namespace tickerlake::http
