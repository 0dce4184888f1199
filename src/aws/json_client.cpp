#include "aws/json_client.h"

#include <algorithm>
#include <array>
#include <boost/json.hpp>

#include "aws/signed_call.h"

namespace tickerlake::aws {
namespace {

struct Kind {
  std::string_view exception;
  ErrorCode code;
};

constexpr auto kinds = std::to_array<Kind>({
    {"EntityNotFoundException", ErrorCode::not_found},
    {"ResourceNotFoundException", ErrorCode::not_found},
    {"AlreadyExistsException", ErrorCode::already_exists},
    {"CrawlerRunningException", ErrorCode::conflict},
    {"CrawlerStoppingException", ErrorCode::conflict},
    {"CrawlerNotRunningException", ErrorCode::conflict},
    {"ConcurrentModificationException", ErrorCode::conflict},
    {"VersionMismatchException", ErrorCode::conflict},
    {"AccessDeniedException", ErrorCode::unauthorized},
    {"UnrecognizedClientException", ErrorCode::unauthorized},
    {"InvalidSignatureException", ErrorCode::unauthorized},
    {"MissingAuthenticationTokenException", ErrorCode::unauthorized},
    {"ExpiredTokenException", ErrorCode::unauthorized},
    {"UnknownOperationException", ErrorCode::unsupported},
    {"ResourceNumberLimitExceededException", ErrorCode::exhausted},
    {"TooManyRequestsException", ErrorCode::exhausted},
    {"ThrottlingException", ErrorCode::exhausted},
    {"OperationTimeoutException", ErrorCode::timeout},
});

ErrorCode code_of(std::string_view exception, int status) {
  for (const Kind& kind : kinds) {
    if (kind.exception == exception) return kind.code;
  }
  if (status >= 500) return ErrorCode::unavailable;
  return status == 403 ? ErrorCode::unauthorized : ErrorCode::invalid_argument;
}

Error error_of(const http::ClientResponse& response, const boost::json::object& body) {
  std::string exception = text_member(body, "__type");
  if (exception.empty()) exception = response.headers.find("x-amzn-ErrorType").value_or("");
  if (const std::size_t mark = exception.find('#'); mark != std::string::npos) exception.erase(0, mark + 1);
  exception = exception.substr(0, exception.find(':'));
  std::string message = text_member(body, "message");
  if (message.empty()) message = text_member(body, "Message");
  if (exception.empty()) exception = "HTTP status " + std::to_string(response.status);
  return {code_of(exception, response.status), exception + (message.empty() ? "" : ": " + message)};
}

bool only_reads(std::string_view operation) {
  return operation.starts_with("Get") || operation.starts_with("List") || operation.starts_with("BatchGet") ||
         operation.starts_with("Search");
}

}  // namespace

Result<boost::json::object> JsonClient::call(std::string_view operation, const boost::json::object& input) {
  TRY(const Target target, target_of(access_, service_));
  const std::string body = boost::json::serialize(input);
  SignedCall call{.service = service_,
                  .method = "POST",
                  .target = target,
                  .raw_path = "/",
                  .body = body,
                  .repeatable = only_reads(operation) || input.contains("ClientRequestToken")};
  call.headers.add("Content-Type", "application/x-amz-json-1.1");
  call.headers.add("X-Amz-Target", target_prefix_ + "." + std::string(operation));
  auto sent = send_signed(http_, access_, call);
  if (!sent) return std::unexpected(std::move(sent).error().within(service_ + " " + std::string(operation)));
  boost::system::error_code error;
  const auto value = boost::json::parse(sent->body.empty() ? "{}" : std::string_view(sent->body), error);
  const bool proper = !error && value.is_object();
  if (sent->status != 200) return std::unexpected(error_of(*sent, proper ? value.get_object() : boost::json::object{}));
  if (!proper)
    return fail(ErrorCode::corrupt, service_ + " " + std::string(operation) + ": the answer is no JSON object");
  return value.get_object();
}

std::string text_member(const boost::json::object& object, std::string_view name) {
  const auto* value = object.if_contains(name);
  return value != nullptr && value->is_string() ? std::string(value->get_string()) : std::string{};
}

double number_member(const boost::json::object& object, std::string_view name) {
  const auto* value = object.if_contains(name);
  if (value == nullptr || !value->is_number()) return 0;
  boost::system::error_code ignored;
  return value->to_number<double>(ignored);
}

std::int64_t integer_member(const boost::json::object& object, std::string_view name) {
  const auto* value = object.if_contains(name);
  if (value == nullptr || !value->is_number()) return 0;
  boost::system::error_code error;
  const auto integer = value->to_number<std::int64_t>(error);
  return error ? static_cast<std::int64_t>(number_member(object, name)) : integer;
}

const boost::json::object& object_member(const boost::json::object& object, std::string_view name) {
  static const boost::json::object none;
  const auto* value = object.if_contains(name);
  return value != nullptr && value->is_object() ? value->get_object() : none;
}

const boost::json::array& array_member(const boost::json::object& object, std::string_view name) {
  static const boost::json::array none;
  const auto* value = object.if_contains(name);
  return value != nullptr && value->is_array() ? value->get_array() : none;
}

}  // namespace tickerlake::aws
