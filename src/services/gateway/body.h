#pragma once
// The body of a signed S3 request: which of the forms it has, and the reader that undoes it.
#include <expected>
#include <memory>

#include "aws/payload.h"
#include "aws/verify.h"

namespace tickerlake::gateway {

/// The reader for the declared form; null where the body is plain. Changes the request's content_length and
/// Content-Encoding to those of what is inside.
std::expected<std::unique_ptr<http::BodyReader>, aws::AuthError> unwrap_body(const aws::Authorization& authorization,
                                                                             const aws::Credentials& credentials,
                                                                             http::Request& request);

}  // namespace tickerlake::gateway
