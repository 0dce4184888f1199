#include "services/gateway/body.h"

#include <charconv>

namespace tickerlake::gateway {
namespace {

using aws::AuthError;
using aws::Refusal;

bool is_hash(std::string_view text) {
  return text.size() == 64 && text.find_first_not_of("0123456789abcdef") == std::string_view::npos;
}

/// "aws-chunked,gzip" describes the transfer by its first word and the object by the rest.
void remove_aws_chunked(http::Headers& headers) {
  const auto encoding = headers.find("Content-Encoding");
  if (!encoding) return;
  std::string rest;
  for (std::string_view left = *encoding; !left.empty();) {
    const std::size_t end = std::min(left.find(','), left.size());
    std::string_view word = left.substr(0, end);
    left.remove_prefix(std::min(end + 1, left.size()));
    while (word.starts_with(' ')) word.remove_prefix(1);
    while (word.ends_with(' ')) word.remove_suffix(1);
    if (word.empty() || word == "aws-chunked") continue;
    if (!rest.empty()) rest += ",";
    rest += word;
  }
  headers.remove("Content-Encoding");
  if (!rest.empty()) headers.add("Content-Encoding", rest);
}

}  // namespace

std::expected<std::unique_ptr<http::BodyReader>, AuthError> unwrap_body(const aws::Authorization& authorization,
                                                                        const aws::Credentials& credentials,
                                                                        http::Request& request) {
  // A presigned URL does not know the body; the header that comes with it may.
  const std::string declared(request.headers.find("X-Amz-Content-Sha256").value_or(authorization.payload_hash));
  remove_aws_chunked(request.headers);
  if (declared == aws::unsigned_payload) return nullptr;
  if (is_hash(declared)) return aws::check_hash(*request.body, request.content_length, declared);
  const bool trailer = declared.ends_with("-TRAILER");
  const bool signed_chunks =
      declared == "STREAMING-AWS4-HMAC-SHA256-PAYLOAD" || declared == "STREAMING-AWS4-HMAC-SHA256-PAYLOAD-TRAILER";
  if (!signed_chunks && declared != "STREAMING-UNSIGNED-PAYLOAD-TRAILER") {
    const bool v4a = declared.starts_with("STREAMING-AWS4-ECDSA-");
    return std::unexpected(AuthError{
        Refusal::bad_hash, v4a ? "Signature Version 4A is not supported."
                               : "x-amz-content-sha256 must be UNSIGNED-PAYLOAD, STREAMING-UNSIGNED-PAYLOAD-TRAILER, "
                                 "STREAMING-AWS4-HMAC-SHA256-PAYLOAD, STREAMING-AWS4-HMAC-SHA256-PAYLOAD-TRAILER or a "
                                 "valid sha256 value."});
  }
  aws::ChunkedForm form{.decoded_length = {}, .signatures = {}, .has_trailer = trailer};
  if (const auto text = request.headers.find("X-Amz-Decoded-Content-Length")) {
    std::int64_t length = -1;
    const auto [end, error] = std::from_chars(text->data(), text->data() + text->size(), length);
    if (error != std::errc{} || end != text->data() + text->size() || length < 0) {
      return std::unexpected(AuthError{Refusal::bad_hash, "x-amz-decoded-content-length must be a number"});
    }
    form.decoded_length = length;
  }
  if (signed_chunks) {
    form.signatures = aws::ChunkSignatures{aws::signing_key(credentials.secret_access_key, authorization.scope),
                                           authorization.timestamp, authorization.scope, authorization.signature};
  }
  request.content_length = form.decoded_length;
  return aws::decode_chunks(*request.body, std::move(form));
}

}  // namespace tickerlake::gateway
