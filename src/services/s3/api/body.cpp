#include "services/s3/api/body.h"

#include <fmt/format.h>

namespace tickerlake::s3 {
namespace {

constexpr std::int64_t read_size = 256_KiB;

ApiResult<void> check_checksum_form(ChecksumAlgorithm algorithm, std::string_view value, std::string_view header) {
  const auto digest = unbase64(value);
  if (!digest || digest->size() != row(algorithm).size) {
    return fail(Code::InvalidRequest, fmt::format("Value for {} header is invalid.", header));
  }
  return {};
}

// "x-amz-checksum-crc32" of x-amz-trailer.
ApiResult<std::optional<ChecksumAlgorithm>> trailer_algorithm(const S3Request& request) {
  const auto trailer = request.header("x-amz-trailer");
  if (!trailer) return std::nullopt;
  for (const AlgorithmRow& each : checksum_algorithms()) {
    if (lower(*trailer) == each.header) return each.algorithm;
  }
  return fail(Code::InvalidRequest, "The value specified in the x-amz-trailer header is not supported");
}

ApiResult<void> check_digests(const S3Request& request, const ExpectedBody& expected, const Buffer& md5,
                              const Checksum& computed) {
  if (expected.md5 && *expected.md5 != md5) {
    return std::unexpected(
        ApiError(Code::BadDigest).with("ExpectedDigest", base64(*expected.md5)).with("CalculatedDigest", base64(md5)));
  }
  if (!expected.algorithm) return {};
  std::optional<std::string> stated = expected.checksum;
  const AlgorithmRow& algorithm = row(*expected.algorithm);
  if (!stated) {
    const auto value = request.http.body->trailers().find(algorithm.header);
    if (!value) {
      return fail(Code::InvalidRequest, fmt::format("The trailer {} was announced but not sent", algorithm.header));
    }
    CHECK(check_checksum_form(*expected.algorithm, *value, algorithm.header));
    stated = *value;
  }
  if (*stated != computed.value) {
    return fail(Code::BadDigest,
                fmt::format("The {} you specified did not match the calculated checksum.", algorithm.name));
  }
  return {};
}

}  // namespace

ApiResult<std::optional<Checksum>> checksum_header(const http::Headers& headers) {
  std::optional<Checksum> found;
  for (const auto& [field, value] : headers.fields()) {
    const std::string header = lower(field);
    if (!header.starts_with("x-amz-checksum-")) continue;
    if (header == "x-amz-checksum-algorithm" || header == "x-amz-checksum-type" || header == "x-amz-checksum-mode") {
      continue;
    }
    const auto algorithm = parse_checksum_algorithm(std::string_view(header).substr(15));
    if (!algorithm) {
      return fail(Code::NotImplemented, fmt::format("The checksum of the header {} is not supported", header));
    }
    if (found) {
      return fail(Code::InvalidRequest,
                  "Expecting a single x-amz-checksum- header. Multiple checksum Types are not allowed.");
    }
    found = Checksum{*algorithm, ChecksumType::full_object, value};
  }
  return found;
}

ApiResult<ExpectedBody> expected_body(const S3Request& request, std::int64_t max_size) {
  ExpectedBody expected;
  if (const auto md5 = request.header("content-md5")) {
    expected.md5 = unbase64(*md5);
    if (!expected.md5 || expected.md5->size() != 16) return fail(Code::InvalidDigest);
  }
  TRY(const auto stated, checksum_header(request.http.headers));
  TRY(const auto in_trailer, trailer_algorithm(request));
  if (stated && in_trailer) {
    return fail(Code::InvalidRequest,
                "Expecting a single x-amz-checksum- header. Multiple checksum Types are not allowed.");
  }
  if (stated) {
    CHECK(check_checksum_form(stated->algorithm, stated->value, row(stated->algorithm).header));
    expected.algorithm = stated->algorithm;
    expected.checksum = stated->value;
  }
  if (in_trailer) expected.algorithm = *in_trailer;
  if (const auto named = request.header("x-amz-sdk-checksum-algorithm")) {
    const auto algorithm = parse_checksum_algorithm(*named);
    if (!algorithm) {
      return fail(Code::InvalidRequest, "Value for x-amz-sdk-checksum-algorithm header is invalid.");
    }
    if (!expected.algorithm) {
      return fail(Code::InvalidRequest,
                  "x-amz-sdk-checksum-algorithm specified, but no corresponding x-amz-checksum-* or x-amz-trailer "
                  "headers were found.");
    }
    if (*algorithm != *expected.algorithm) {
      return fail(Code::InvalidRequest, "Value for x-amz-sdk-checksum-algorithm header is invalid.");
    }
  }
  if (const auto decoded = request.header("x-amz-decoded-content-length")) {
    expected.size = parse_number(*decoded);
    if (!expected.size || *expected.size < 0) {
      return fail(Code::InvalidArgument, "The x-amz-decoded-content-length header is not a length");
    }
  } else {
    expected.size = request.http.content_length;
  }
  if (expected.size && *expected.size > max_size) {
    return std::unexpected(ApiError(Code::EntityTooLarge)
                               .with("ProposedSize", std::to_string(*expected.size))
                               .with("MaxSizeAllowed", std::to_string(max_size)));
  }
  return expected;
}

ApiResult<Ingest::Done> receive(S3Request& request, const ExpectedBody& expected, Ingest ingest,
                                std::int64_t max_size) {
  Buffer buffer(static_cast<std::size_t>(expected.size ? std::clamp<std::int64_t>(*expected.size + 1, 4096, read_size)
                                                       : read_size));
  while (true) {
    // Fill the buffer before writing it: small chunks on the wire should not be small writes on disk.
    std::size_t filled = 0;
    bool ended = false;
    while (filled < buffer.size() && !ended) {
      TRY(const std::size_t n, request.http.body->read(MutableBytes(buffer).subspan(filled)));
      filled += n;
      ended = n == 0;
    }
    if (ingest.size() + static_cast<std::int64_t>(filled) > max_size) return fail(Code::EntityTooLarge);
    CHECK(ingest.write(ByteView(buffer).first(filled)));
    if (ended) break;
  }
  if (expected.size && *expected.size != ingest.size()) return fail(Code::IncompleteBody);
  Ingest::Done done = std::move(ingest).finish();
  CHECK(check_digests(request, expected, done.md5, done.checksum));
  return done;
}

ApiResult<std::string> receive_text(S3Request& request, std::int64_t limit) {
  TRY(const ExpectedBody expected, expected_body(request, limit));
  auto text = http::read_all(*request.http.body, limit);
  if (!text) {
    if (text.error().code == ErrorCode::exhausted) return fail(Code::MalformedXML);
    return std::unexpected(ApiError(text.error()));
  }
  Digest md5("MD5");
  md5.update(as_bytes(*text));
  ChecksumStream checksum(expected.algorithm.value_or(ChecksumAlgorithm::crc32));
  checksum.update(as_bytes(*text));
  CHECK(check_digests(request, expected, md5.finish(),
                      {checksum.algorithm(), ChecksumType::full_object, base64(checksum.finish())}));
  return *std::move(text);
}

}  // namespace tickerlake::s3
