#pragma once
// AWS Signature Version 2 for S3 in its query form: what boto3 presigns by default for endpoints that are not AWS's.
// https://docs.aws.amazon.com/AmazonS3/latest/API/RESTAuthentication.html
#include <string>
#include <string_view>

#include "http/server.h"

namespace tickerlake::aws {

/// The base64 signature of a request that is valid until `expires` (text of seconds since 1970). The resource is the
/// path with its bucket: "/bucket/key", encoded as sent. Nothing for a broken escape in the query.
std::optional<std::string> sigv2_signature(std::string_view secret, const http::Request& request,
                                           std::string_view resource, std::string_view expires);

}  // namespace tickerlake::aws
