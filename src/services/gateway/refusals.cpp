#include "services/gateway/refusals.h"

#include <array>

#include "aws/json_service.h"

namespace tickerlake::gateway {
namespace {

using aws::Refusal;

struct Names {
  Refusal refusal;
  std::string_view s3;
  int s3_status;
  std::string_view query;
  std::string_view json;
};

/// S3: https://docs.aws.amazon.com/AmazonS3/latest/API/ErrorResponses.html. Others: "Common Errors" of each API
/// reference.
constexpr auto table = std::to_array<Names>({
    {Refusal::missing, "AccessDenied", 403, "MissingAuthenticationToken", "MissingAuthenticationTokenException"},
    {Refusal::malformed, "AuthorizationHeaderMalformed", 400, "IncompleteSignature", "IncompleteSignatureException"},
    {Refusal::bad_date, "AccessDenied", 403, "IncompleteSignature", "IncompleteSignatureException"},
    {Refusal::malformed_v2, "InvalidArgument", 400, "IncompleteSignature", "IncompleteSignatureException"},
    {Refusal::malformed_query, "AuthorizationQueryParametersError", 400, "IncompleteSignature",
     "IncompleteSignatureException"},
    {Refusal::unsupported, "InvalidRequest", 400, "IncompleteSignature", "IncompleteSignatureException"},
    {Refusal::unknown_key, "InvalidAccessKeyId", 403, "InvalidClientTokenId", "UnrecognizedClientException"},
    {Refusal::mismatch, "SignatureDoesNotMatch", 403, "SignatureDoesNotMatch", "InvalidSignatureException"},
    {Refusal::skewed, "RequestTimeTooSkewed", 403, "SignatureDoesNotMatch", "InvalidSignatureException"},
    {Refusal::expired, "AccessDenied", 403, "RequestExpired", "RequestExpiredException"},
    {Refusal::unsigned_header, "AccessDenied", 403, "SignatureDoesNotMatch", "InvalidSignatureException"},
    {Refusal::missing_hash, "InvalidRequest", 400, "IncompleteSignature", "IncompleteSignatureException"},
    {Refusal::bad_hash, "InvalidArgument", 400, "IncompleteSignature", "IncompleteSignatureException"},
});

const Names& names_of(Refusal refusal) {
  for (const Names& names : table) {
    if (names.refusal == refusal) return names;
  }
  return table.front();
}

std::string s3_request_id() {
  std::string id = hex(random_bytes(8));
  for (char& c : id) {
    if (c >= 'a') c = static_cast<char>(c - 'a' + 'A');
  }
  return id;
}

std::string s3_error(std::string_view code, std::string_view message, const http::Request& request,
                     std::string_view id) {
  return "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n<Error><Code>" + std::string(code) + "</Code><Message>" +
         escape_xml(message) + "</Message><Resource>" + escape_xml(request.raw_path()) + "</Resource><RequestId>" +
         std::string(id) + "</RequestId></Error>";
}

std::string query_error(int status, std::string_view code, std::string_view message, std::string_view id) {
  return "<ErrorResponse xmlns=\"https://sts.amazonaws.com/doc/2011-06-15/\"><Error><Type>" +
         std::string(status < 500 ? "Sender" : "Receiver") + "</Type><Code>" + std::string(code) + "</Code><Message>" +
         escape_xml(message) + "</Message></Error><RequestId>" + std::string(id) + "</RequestId></ErrorResponse>";
}

}  // namespace

Dialect guess_dialect(const http::Request& request) {
  if (request.headers.contains("X-Amz-Target")) return Dialect::json;
  const auto type = request.headers.find("Content-Type");
  const bool form = request.method == "POST" && request.raw_path() == "/" && type &&
                    type->starts_with("application/x-www-form-urlencoded");
  return form ? Dialect::query : Dialect::s3;
}

std::string escape_xml(std::string_view text) {
  std::string escaped;
  for (const char c : text) {
    switch (c) {
      case '<':
        escaped += "&lt;";
        break;
      case '>':
        escaped += "&gt;";
        break;
      case '&':
        escaped += "&amp;";
        break;
      case '"':
        escaped += "&quot;";
        break;
      default:
        // Other control characters can't appear in XML at all.
        escaped += static_cast<unsigned char>(c) < 0x20 && c != '\t' && c != '\n' ? '?' : c;
    }
  }
  return escaped;
}

void answer_error(Dialect dialect, int status, std::string_view code, std::string_view message,
                  const http::Request& request, http::Response& response) {
  if (dialect == Dialect::json) {
    return aws::answer_json_error(response,
                                  {.type = std::string(code), .message = std::string(message), .status = status});
  }
  response.status = status;
  std::string body;
  if (dialect == Dialect::s3) {
    const std::string id = s3_request_id();
    response.headers.set("Content-Type", "application/xml");
    response.headers.set("x-amz-request-id", id);
    body = s3_error(code, message, request, id);
  } else {
    const std::string id = random_uuid();
    response.headers.set("Content-Type", "text/xml");
    response.headers.set("x-amzn-RequestId", id);
    body = query_error(status, code, message, id);
  }
  // The peer may have left; nobody is there to be told. Answers to HEAD have no body.
  (void)(request.method == "HEAD" ? response.send_head(std::nullopt) : response.send(body));
}

void answer_refusal(Dialect dialect, const aws::AuthError& error, const http::Request& request,
                    http::Response& response) {
  const Names& names = names_of(error.refusal);
  switch (dialect) {
    case Dialect::s3: {
      const bool anonymous = error.refusal == Refusal::missing;
      return answer_error(dialect, names.s3_status, names.s3, anonymous ? "Access Denied" : error.message, request,
                          response);
    }
    case Dialect::query:
      return answer_error(dialect, 403, names.query, error.message, request, response);
    case Dialect::json:
      return answer_error(dialect, 403, names.json, error.message, request, response);
  }
}

}  // namespace tickerlake::gateway
