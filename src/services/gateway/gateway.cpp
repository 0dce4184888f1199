#include "services/gateway/gateway.h"

#include "services/gateway/body.h"
#include "services/gateway/sts.h"

namespace tickerlake::gateway {
namespace {

/// A body that is in memory already.
class TextBody final : public http::BodyReader {
 public:
  explicit TextBody(std::string_view text) : left_(text) {}
  Result<std::size_t> read(MutableBytes into) override {
    const std::size_t n = std::min(into.size(), left_.size());
    std::copy_n(as_bytes(left_).begin(), n, into.begin());
    left_.remove_prefix(n);
    return n;
  }
  const http::Headers& trailers() const override { return none_; }

 private:
  std::string_view left_;
  http::Headers none_;
};

bool is_health_check(const http::Request& request) {
  return (request.method == "GET" || request.method == "HEAD") && request.raw_path() == "/health";
}

Dialect dialect_of(std::string_view service, const http::Request& request) {
  if (service == "s3") return Dialect::s3;
  if (service == "sts") return Dialect::query;
  if (service == "glue" || service == "athena") return Dialect::json;
  return guess_dialect(request);
}

}  // namespace

Gateway::Gateway(aws::Credentials credentials, Services services, const Clock& clock, Log log)
    : credentials_(std::move(credentials)),
      services_(std::move(services)),
      sts_(serve_sts),
      clock_(clock),
      log_(std::move(log)) {}

void Gateway::refuse(Dialect dialect, const aws::AuthError& error, const http::Request& request,
                     http::Response& response) const {
  log_.with("peer", request.peer)
      .with("method", request.method)
      .with("path", request.raw_path())
      .debug("refused: {}", error.message);
  answer_refusal(dialect, error, request, response);
}

void Gateway::handle(http::Request& request, http::Response& response) const {
  const auto authorization = aws::read_authorization(request);
  if (!authorization) {
    if (authorization.error().refusal == aws::Refusal::missing && is_health_check(request)) {
      response.headers.set("Content-Type", "application/json");
      (void)response.send("{\"status\":\"ok\"}\n");
      return;
    }
    return refuse(guess_dialect(request), authorization.error(), request, response);
  }
  const std::string& service = authorization->scope.service;
  const Dialect dialect = dialect_of(service, request);
  const aws::Caller caller{authorization->access_key, credentials_.account_id, authorization->scope.region};
  if (service == "s3" && services_.s3) return serve_s3(*authorization, caller, request, response);
  if (service == "glue" && services_.glue)
    return serve_buffered(services_.glue, dialect, *authorization, caller, request, response);
  if (service == "athena" && services_.athena)
    return serve_buffered(services_.athena, dialect, *authorization, caller, request, response);
  if (service == "sts") return serve_buffered(sts_, dialect, *authorization, caller, request, response);
  answer_error(dialect, 501, "NotImplemented",
               "The service \"" + service + "\" is not served here: s3, glue, athena and sts are.", request, response);
}

void Gateway::serve_s3(const aws::Authorization& authorization, const aws::Caller& caller, http::Request& request,
                       http::Response& response) const {
  if (authorization.payload_hash.empty()) {
    return refuse(Dialect::s3,
                  {aws::Refusal::missing_hash, "Missing required header for this request: x-amz-content-sha256"},
                  request, response);
  }
  const auto verified = aws::verify(request, authorization, credentials_, authorization.payload_hash, clock_.now_ms());
  if (!verified) return refuse(Dialect::s3, verified.error(), request, response);
  const auto body = unwrap_body(authorization, credentials_, request);
  if (!body) return refuse(Dialect::s3, body.error(), request, response);
  http::BodyReader* const plain = request.body;
  if (*body) request.body = body->get();
  services_.s3(caller, request, response);
  request.body = plain;
}

void Gateway::serve_buffered(const Service& service, Dialect dialect, const aws::Authorization& authorization,
                             const aws::Caller& caller, http::Request& request, http::Response& response) const {
  // The signature covers a hash that the request does not state, so the body comes first. What can be refused without
  // it is refused before, to make a stranger's bytes cost nothing.
  if (!aws::equal_in_constant_time(authorization.access_key, credentials_.access_key_id)) {
    return refuse(dialect, {aws::Refusal::unknown_key, "The security token included in the request is invalid."},
                  request, response);
  }
  if (request.content_length.value_or(0) > max_unproved_body_bytes) {
    return answer_error(dialect, 413, "RequestEntityTooLarge", "the body is longer than 16 MiB", request, response);
  }
  const auto text = http::read_all(*request.body, max_unproved_body_bytes);
  if (!text) {
    response.close_after();
    const bool too_long = text.error().code == ErrorCode::exhausted;
    return answer_error(dialect, too_long ? 413 : 400, too_long ? "RequestEntityTooLarge" : "MalformedInput",
                        text.error().message, request, response);
  }
  const auto verified =
      aws::verify(request, authorization, credentials_, hex(sha256(as_bytes(*text))), clock_.now_ms());
  if (!verified) return refuse(dialect, verified.error(), request, response);
  http::BodyReader* const plain = request.body;
  TextBody body(*text);
  request.body = &body;
  request.content_length = static_cast<std::int64_t>(text->size());
  service(caller, request, response);
  request.body = plain;
}

}  // namespace tickerlake::gateway
