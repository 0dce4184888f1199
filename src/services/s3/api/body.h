#pragma once
// Receiving a body and checking it against the digests its sender stated, in headers or trailers.
#include <cstdint>
#include <optional>
#include <string>

#include "services/s3/api/request.h"
#include "services/s3/store/ingest.h"

namespace tickerlake::s3 {

/// What the headers say about the body.
struct ExpectedBody {
  std::optional<Buffer> md5;
  std::optional<ChecksumAlgorithm> algorithm;
  std::optional<std::string> checksum;  // of the header; when only the algorithm is known the trailer holds it
  std::optional<std::int64_t> size;
};

/// InvalidDigest, InvalidRequest (more than one checksum, unknown algorithms, values of the wrong form),
/// EntityTooLarge.
ApiResult<ExpectedBody> expected_body(const S3Request& request, std::int64_t max_size);
/// The checksum that a x-amz-checksum-ALGORITHM header states, if there is one.
ApiResult<std::optional<Checksum>> checksum_header(const http::Headers& headers);

/// Streams the body into the blob. BadDigest, IncompleteBody, EntityTooLarge.
ApiResult<Ingest::Done> receive(S3Request& request, const ExpectedBody& expected, Ingest ingest, std::int64_t max_size);
/// A small body, checked the same way; MalformedXML beyond limit.
ApiResult<std::string> receive_text(S3Request& request, std::int64_t limit);

}  // namespace tickerlake::s3
