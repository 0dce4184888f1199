#pragma once
// Request bodies as S3's signatures wrap them: with the hash of the whole, or cut into (signed) chunks.
// https://docs.aws.amazon.com/AmazonS3/latest/API/sigv4-streaming.html
//
// Readers report what is wrong with a body as errors of read(), at its end at the latest:
//   invalid_argument  the SHA-256 differs from the signed one    XAmzContentSHA256Mismatch
//   unauthorized      a chunk's or the trailers' signature       SignatureDoesNotMatch
//   corrupt           broken framing, or more or fewer bytes than declared
// besides unavailable and timeout from the connection. What was read before an error must be thrown away.
#include <memory>
#include <optional>

#include "aws/sigv4.h"

namespace tickerlake::aws {

constexpr std::size_t max_chunk_header_bytes = 1024;
constexpr std::size_t max_trailer_bytes = 8 * 1024;

/// Passes a body through and compares its SHA-256 at the end, or once content_length bytes are read if that is known.
std::unique_ptr<http::BodyReader> check_hash(http::BodyReader& body, std::optional<std::int64_t> content_length,
                                             std::string expected_hex);

/// How each chunk's signature continues that of the request.
struct ChunkSignatures {
  Sha256 key;
  std::string timestamp;
  Scope scope;
  std::string seed;  // the request's own signature
};

struct ChunkedForm {
  std::optional<std::int64_t> decoded_length;  // x-amz-decoded-content-length
  std::optional<ChunkSignatures> signatures;   // none: STREAMING-UNSIGNED-PAYLOAD-TRAILER
  bool has_trailer = false;                    // the forms that end in -TRAILER
};

/// Decodes aws-chunked. Trailing fields (x-amz-checksum-…) appear in trailers().
std::unique_ptr<http::BodyReader> decode_chunks(http::BodyReader& body, ChunkedForm form);

}  // namespace tickerlake::aws
