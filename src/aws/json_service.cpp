#include "aws/json_service.h"

#include <algorithm>
#include <boost/json.hpp>

#include "base/digest.h"

namespace tickerlake::aws {
namespace {

constexpr std::int64_t max_body_bytes = 16_MiB;
constexpr std::size_t max_json_depth = 32;

void answer(http::Response& response, int status, const boost::json::object& body) {
  response.status = status;
  response.headers.set("Content-Type", "application/x-amz-json-1.1");
  response.headers.set("x-amzn-RequestId", random_uuid());
  // The peer may have left; nobody is there to be told.
  (void)response.send(boost::json::serialize(body));
}

}  // namespace

void answer_json_error(http::Response& response, const JsonError& error) {
  // Services differ in the message's case, and so do the SDKs that read it.
  boost::json::object body{{"__type", error.type}, {"message", error.message}, {"Message", error.message}};
  for (const auto& [name, value] : error.extra) body[name] = value;
  answer(response, error.status, body);
}

void JsonService::handle(const Caller& caller, http::Request& request, http::Response& response) const {
  const auto since = std::chrono::steady_clock::now();
  std::string_view operation = "unknown";
  run(caller, request, response, operation);
  metrics_.answered(operation, response.status, std::chrono::steady_clock::now() - since);
}

void JsonService::run(const Caller& caller, http::Request& request, http::Response& response,
                      std::string_view& name) const {
  const auto refuse = [&](std::string type, std::string message, int status = 400) {
    answer_json_error(response, {.type = std::move(type), .message = std::move(message), .status = status});
  };
  const auto body = http::read_all(*request.body, max_body_bytes);
  if (!body) {
    response.close_after();
    if (body.error().code == ErrorCode::exhausted)
      return refuse("RequestEntityTooLargeException", body.error().message, 413);
    return refuse("SerializationException", body.error().message);
  }
  const std::string_view target = request.headers.find("X-Amz-Target").value_or("");
  const std::size_t dot = target.rfind('.');
  if (request.method != "POST" || dot == std::string_view::npos || target.substr(0, dot) != target_prefix_) {
    return refuse("UnknownOperationException",
                  "X-Amz-Target must be " + target_prefix_ + ".OPERATION, in a POST request");
  }
  const auto operation = operations_.find(target.substr(dot + 1));
  if (operation == operations_.end()) {
    // JSON is UTF-8, a header any bytes.
    const bool readable = std::ranges::all_of(target, [](char c) { return c > ' ' && c <= '~'; });
    return refuse("UnknownOperationException",
                  (readable ? std::string(target) : "the operation of X-Amz-Target") + " is not supported");
  }
  name = operation->first;
  boost::system::error_code error;
  const auto input =
      boost::json::parse(body->empty() ? "{}" : std::string_view(*body), error, {}, {.max_depth = max_json_depth});
  if (error || !input.is_object()) {
    return refuse("SerializationException",
                  error ? "the body is no JSON: " + error.message() : "the body is no JSON object");
  }
  const JsonResult result = operation->second(caller, input.get_object());
  if (!result) return answer_json_error(response, result.error());
  answer(response, 200, *result);
}

}  // namespace tickerlake::aws
