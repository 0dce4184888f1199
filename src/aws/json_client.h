#pragma once
// AWS JSON 1.1 from the client's side: one call, its errors told apart, tried again while that is safe.
#include <boost/json/object.hpp>
#include <string>
#include <string_view>

#include "aws/endpoint.h"
#include "http/client.h"

namespace tickerlake::aws {

/// Thread-safe.
class JsonClient {
 public:
  /// service: "glue"; target_prefix: "AWSGlue". Client and access must outlive this.
  JsonClient(http::Client& http, const ServiceAccess& access, std::string service, std::string target_prefix)
      : http_(http), access_(access), service_(std::move(service)), target_prefix_(std::move(target_prefix)) {}

  /// Errors carry the service's words, "EntityNotFoundException: Table t not found.", and a code by the exception's
  /// name: not_found, already_exists, conflict (running, busy), unauthorized, invalid_argument, unsupported, exhausted
  /// (limits), unavailable, timeout. Operations that only read, and those with a ClientRequestToken, survive lost
  /// connections.
  Result<boost::json::object> call(std::string_view operation, const boost::json::object& input);

 private:
  http::Client& http_;
  const ServiceAccess& access_;
  const std::string service_, target_prefix_;
};

/// The members of an answer; absent ones, or those of another type, are empty or zero.
std::string text_member(const boost::json::object& object, std::string_view name);
std::int64_t integer_member(const boost::json::object& object, std::string_view name);
double number_member(const boost::json::object& object, std::string_view name);
const boost::json::object& object_member(const boost::json::object& object, std::string_view name);
const boost::json::array& array_member(const boost::json::object& object, std::string_view name);

}  // namespace tickerlake::aws
