#include "services/s3/service.h"

#include "base/digest.h"
#include "services/s3/api/object_headers.h"
#include "services/s3/api/operations.h"
#include "services/s3/api/xml.h"

namespace tickerlake::s3 {
namespace {

// Knows whether the body has been read to its end.
class WatchedBody final : public http::BodyReader {
 public:
  explicit WatchedBody(http::BodyReader& body) : body_(body) {}
  Result<std::size_t> read(MutableBytes into) override {
    auto n = body_.read(into);
    if (n) bytes_ += *n;
    touched_ = true;
    if (n && *n == 0 && !into.empty()) ended_ = true;
    return n;
  }
  const http::Headers& trailers() const override { return body_.trailers(); }
  std::size_t bytes() const { return bytes_; }
  bool touched() const { return touched_; }
  bool ended() const { return ended_; }

 private:
  http::BodyReader& body_;
  std::size_t bytes_ = 0;
  bool touched_ = false;
  bool ended_ = false;
};

// An answer may leave a body on the wire. A short one is read, so that the connection lives on; the client of a long
// one, or of one that waits for "100 Continue", is told that the connection ends.
void finish_body(const http::Request& request, WatchedBody& body, http::Response& response) {
  const bool has_body = request.content_length.value_or(0) > 0 || request.headers.contains("transfer-encoding");
  if (!has_body || body.ended()) return;
  constexpr std::int64_t drain_limit = 1_MiB;
  const bool waits = !body.touched() && request.headers.contains("expect");
  if (!waits && request.content_length.value_or(drain_limit + 1) <= drain_limit) {
    Buffer sink(static_cast<std::size_t>(64_KiB));
    while (!body.ended() && body.read(sink)) {
    }
    if (body.ended()) return;
  }
  response.close_after();
}

void answer_error(const S3Request& request, const ApiError& error, S3Response& response) {
  response.status(row(error.code).status);
  if (error.code == Code::NotModified) return response.head(std::nullopt);
  if (request.is_head()) {
    response.header("Content-Type", "application/xml");
    return response.head(0);
  }
  Xml xml("Error", false);
  xml.element("Code", row(error.code).name).element("Message", error.text());
  for (const auto& [element, value] : error.details) xml.element(element, value);
  xml.element("Resource", request.resource()).element("RequestId", request.id).element("HostId", request.id);
  response.xml(xml.take());
}

ApiResult<void> run(Store& store, S3Request& request, S3Response& response, std::string_view& name) {
  CHECK(parse_target(request));
  CHECK(check_headers(request));
  TRY(const NamedOperation operation, route(request));
  name = operation.name;
  return operation.run(store, request, response);
}

}  // namespace

Service::Service(Store& store, Log log, const Metrics& metrics)
    : store_(store),
      log_(std::move(log)),
      metrics_(metrics),
      requests_(metrics, "s3"),
      bytes_in_(metrics.counter("tickerlake_s3_bytes_in_total", "Bytes of requests' bodies.")),
      bytes_out_(metrics.counter("tickerlake_s3_bytes_out_total", "Bytes of answers' bodies.")) {}

void Service::handle(const aws::Caller& caller, http::Request& request, http::Response& response) {
  const auto since = std::chrono::steady_clock::now();
  WatchedBody body(*request.body);
  request.body = &body;
  S3Request s3_request{request, caller, {}, {}, {}, {}};
  for (const std::byte b : random_bytes(8)) {
    constexpr std::string_view digits = "0123456789ABCDEF";
    s3_request.id += digits[std::to_integer<unsigned>(b) >> 4];
    s3_request.id += digits[std::to_integer<unsigned>(b) & 15];
  }
  S3Response s3_response(response, [&] { finish_body(request, body, response); });
  s3_response.header("x-amz-request-id", s3_request.id);
  s3_response.header("x-amz-id-2", s3_request.id);
  std::string_view operation = "unknown";
  const auto result = run(store_, s3_request, s3_response, operation);
  if (!result) {
    const ApiError& error = result.error();
    if (row(error.code).status >= 500) {
      log_.warning("{} {}: {}: {}", request.method, request.raw_path(), row(error.code).name, error.text());
    } else {
      log_.debug("{} {}: {}: {}", request.method, request.raw_path(), row(error.code).name, error.text());
    }
    if (!s3_response.started()) answer_error(s3_request, error, s3_response);
  }
  bytes_in_.add(body.bytes());
  bytes_out_.add(static_cast<std::uint64_t>(s3_response.sent()));
  requests_.answered(operation, response.status, std::chrono::steady_clock::now() - since);
}

}  // namespace tickerlake::s3
