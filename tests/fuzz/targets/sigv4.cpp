// Signatures over a request: what it carries itself is read and refused or verified; what we sign then verifies, and
// does not once anything that counts was changed.
#include "aws/sigv4.h"

#include "aws/verify.h"
#include "http_input.h"

namespace tickerlake::fuzz {
namespace {

constexpr TimestampMs now = 1'480'000'000'000;
const aws::Credentials credentials{"AKIAEXAMPLE", "secret"};

std::expected<void, aws::AuthError> verify(const http::Request& request, std::string_view hash) {
  const auto authorization = aws::read_authorization(request);
  if (!authorization) return std::unexpected(authorization.error());
  return aws::verify(request, *authorization, credentials, hash, now);
}

bool can_be_signed(const http::Request& request, std::string_view service) {
  const auto query = http::parse_query(request.raw_query());
  return request.target.starts_with('/') && query && aws::canonical_path(request.raw_path(), service) &&
         std::ranges::none_of(*query, [](const auto& pair) { return pair.first.starts_with("X-Amz-"); });
}

void check_signed(http::Request request, std::string_view service) {
  request.headers.set("Host", "127.0.0.1:4566");
  aws::sign(request.headers, request.method, request.raw_path(), request.raw_query(), aws::unsigned_payload,
            credentials, "us-east-1", service, now);
  require(verify(request, aws::unsigned_payload).has_value(), "what was signed verifies");

  http::Request other = request;
  other.method += 'X';
  require(!verify(other, aws::unsigned_payload), "another method does not");
  other = request;
  other.target.insert(request.raw_path().size(), "x");
  require(!verify(other, aws::unsigned_payload), "another path does not");
  other = request;
  other.target += request.raw_query().empty() ? "?x=1" : "&x=1";
  require(!verify(other, aws::unsigned_payload), "another query does not");
  other = request;
  other.headers.set("Host", "127.0.0.1:4567");
  require(!verify(other, aws::unsigned_payload), "another host does not");
  require(!verify(request, "another hash"), "another body does not");
  if (service == "s3") {
    other = request;
    other.headers.add("x-amz-acl-of-a-stranger", "public-read");
    require(!verify(other, aws::unsigned_payload), "a header that means something and is not signed does not");
  }
}

void check_presigned(http::Request request) {
  // A presigned URL covers the host alone.
  request.headers = {};
  request.headers.set("Host", "127.0.0.1:4566");
  const std::string query = aws::presign(request.method, "127.0.0.1:4566", request.raw_path(), request.raw_query(),
                                         credentials, "us-east-1", "s3", now, std::chrono::seconds(60));
  const std::string path(request.raw_path());
  request.target = path + "?" + query;
  require(verify(request, aws::unsigned_payload).has_value(), "a presigned URL verifies");
  request.target = path + "x?" + query;
  require(!verify(request, aws::unsigned_payload), "one with another path does not");
  request.target = path + "?" + query + "&x=1";
  require(!verify(request, aws::unsigned_payload), "one with another parameter does not");
}

}  // namespace
}  // namespace tickerlake::fuzz

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace tickerlake;
  const auto parsed = fuzz::parse_request(as_text(fuzz::as_input(data, size)));
  if (!parsed) return 0;
  (void)fuzz::verify(parsed->request, aws::unsigned_payload);
  for (const char* service : {"s3", "glue"}) {
    if (fuzz::can_be_signed(parsed->request, service)) fuzz::check_signed(parsed->request, service);
  }
  if (fuzz::can_be_signed(parsed->request, "s3")) fuzz::check_presigned(parsed->request);
  return 0;
}
