#pragma once
// AWS Signature Version 2 for S3: what boto3 presigns by default for endpoints that are not AWS's, and old tools send.
// https://docs.aws.amazon.com/AmazonS3/latest/API/RESTAuthentication.html
#include <string>
#include <string_view>

#include "http/server.h"

namespace tickerlake::aws {

/// The base64 signature of a request. The date is the text of the Date header (empty where x-amz-date replaces it), or
/// of Expires in a presigned URL. The resource is the path with its bucket: "/bucket/key", encoded as sent. Nothing for
/// a broken escape in the query.
std::optional<std::string> sigv2_signature(std::string_view secret, const http::Request& request,
                                           std::string_view resource, std::string_view date);

}  // namespace tickerlake::aws
