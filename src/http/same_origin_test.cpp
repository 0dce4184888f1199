#include "http/same_origin.h"

#include <gtest/gtest.h>

namespace tickerlake::http {
namespace {

bool passes(std::string_view host, std::optional<std::string_view> origin = {}) {
  Request request;
  if (!host.empty()) request.headers.add("Host", host);
  if (origin) request.headers.add("Origin", *origin);
  return !foreign_origin(request, {"lake.internal", 8080});
}

TEST(SameOrigin, addresses_localhost_and_the_listeners_own_name_are_served) {
  for (const auto* host :
       {"127.0.0.1:8080", "localhost:8080", "LOCALHOST", "[::1]:8080", "192.168.1.7", "lake.internal:1"})
    EXPECT_TRUE(passes(host)) << host;
}

TEST(SameOrigin, names_that_somebody_points_at_this_machine_are_not) {
  for (const auto* host : {"", "evil.example", "evil.example:8080", "localhost.evil.example", "127.0.0.1.evil.example",
                           "127.0.0.1evil", "[evil]", "[::1", "localhost@evil", "0x7f.1"})
    EXPECT_FALSE(passes(host)) << host;
}

TEST(SameOrigin, pages_of_other_origins_are_refused) {
  EXPECT_TRUE(passes("localhost:8080", "http://localhost:8080"));
  EXPECT_TRUE(passes("localhost", "https://localhost"));
  for (const auto* origin :
       {"http://evil.example", "null", "", "http://localhost:8081", "http://localhost:8080.evil.example",
        "http://127.0.0.1:8080", "file://", "localhost:8080"})
    EXPECT_FALSE(passes("localhost:8080", origin)) << origin;
}

}  // namespace
}  // namespace tickerlake::http
