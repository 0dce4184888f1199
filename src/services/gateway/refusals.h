#pragma once
// How each service says no before it has looked at a request: names, statuses and forms of errors.
#include <string>
#include <string_view>

#include "aws/verify.h"
#include "http/server.h"

namespace tickerlake::gateway {

/// The form of a service's errors: S3's XML, the query protocol's XML (STS), JSON 1.1 (Glue, Athena).
enum class Dialect { s3, query, json };

/// The dialect of a request that nobody has signed, by its looks.
Dialect guess_dialect(const http::Request& request);

void answer_refusal(Dialect dialect, const aws::AuthError& error, const http::Request& request,
                    http::Response& response);
/// Any other error by its name.
void answer_error(Dialect dialect, int status, std::string_view code, std::string_view message,
                  const http::Request& request, http::Response& response);

std::string escape_xml(std::string_view text);

}  // namespace tickerlake::gateway
