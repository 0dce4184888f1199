#include "http/same_origin.h"

#include <arpa/inet.h>

namespace tickerlake::http {
namespace {

/// "[::1]:8080" and "localhost:8080" without the port.
std::string name_of(std::string_view host) {
  if (host.starts_with('[')) {
    const std::size_t end = host.find(']');
    return end == std::string_view::npos ? std::string() : std::string(host.substr(1, end - 1));
  }
  return std::string(host.substr(0, host.find(':')));
}

bool is_address(const std::string& name) {
  in6_addr scratch{};
  return inet_pton(AF_INET, name.c_str(), &scratch) == 1 || inet_pton(AF_INET6, name.c_str(), &scratch) == 1;
}

}  // namespace

std::optional<std::string> foreign_origin(const Request& request, const io::Endpoint& listener) {
  const std::string_view host = request.headers.find("Host").value_or("");
  const std::string name = name_of(host);
  if (!is_address(name) && !same_header_name(name, "localhost") && !same_header_name(name, listener.host)) {
    return "this server is not called \"" + name + "\": use its address, or localhost";
  }
  const auto origin = request.headers.find("Origin");
  if (!origin) return std::nullopt;
  for (const std::string_view scheme : {"http://", "https://"}) {
    if (origin->starts_with(scheme) && same_header_name(origin->substr(scheme.size()), host)) return std::nullopt;
  }
  return "pages of other origins may not ask here";
}

Handler with_same_origin(io::Endpoint listener, Handler handler) {
  return [listener = std::move(listener), handler = std::move(handler)](Request& request, Response& response) {
    const auto refusal = foreign_origin(request, listener);
    if (!refusal) return handler(request, response);
    response.status = 403;
    response.headers.set("Content-Type", "text/plain; charset=utf-8");
    response.close_after();
    (void)response.send(*refusal + "\n");
  };
}

}  // namespace tickerlake::http
