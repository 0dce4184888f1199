#pragma once
// AWS JSON 1.1, the protocol of Glue and Athena: POST /, X-Amz-Target: PREFIX.Operation, a JSON object each way.
#include <boost/json/object.hpp>
#include <expected>
#include <functional>
#include <map>
#include <string>
#include <string_view>

#include "aws/caller.h"
#include "aws/request_metrics.h"
#include "http/server.h"

namespace tickerlake::aws {

/// What a client sees as {"__type": type, "message": message} with the status. More members may follow in extra.
struct JsonError {
  std::string type;  // "EntityNotFoundException"
  std::string message;
  int status = 400;
  boost::json::object extra = {};
};

using JsonResult = std::expected<boost::json::object, JsonError>;
using JsonOperation = std::function<JsonResult(const Caller&, const boost::json::object& input)>;

inline std::unexpected<JsonError> json_fail(std::string type, std::string message, int status = 400) {
  return std::unexpected(JsonError{std::move(type), std::move(message), status});
}

/// Answers with {"__type": …, "message": …} and the status.
void answer_json_error(http::Response& response, const JsonError& error);

/// A table of operations. Filled before it serves, constant afterwards; thread-safe then.
class JsonService {
 public:
  /// target_prefix: "AWSGlue", "AmazonAthena".
  /// service: its name among the metrics.
  JsonService(std::string target_prefix, std::string service, Metrics metrics = {})
      : target_prefix_(std::move(target_prefix)), metrics_(std::move(metrics), std::move(service)) {}
  void add(std::string operation, JsonOperation run) { operations_[std::move(operation)] = std::move(run); }
  /// Answers one request: unknown operations with UnknownOperationException, bad JSON with SerializationException.
  void handle(const Caller& caller, http::Request& request, http::Response& response) const;

 private:
  void run(const Caller& caller, http::Request& request, http::Response& response, std::string_view& operation) const;

  const std::string target_prefix_;
  const RequestMetrics metrics_;
  std::map<std::string, JsonOperation, std::less<>> operations_;
};

}  // namespace tickerlake::aws
