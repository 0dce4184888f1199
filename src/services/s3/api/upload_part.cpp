#include <fmt/format.h>

#include "services/s3/api/body.h"
#include "services/s3/api/object_headers.h"
#include "services/s3/api/operations.h"
#include "services/s3/api/part_number.h"

namespace tickerlake::s3 {

ApiResult<std::uint32_t> part_number(const S3Request& request) {
  const auto number = parse_number(request.text("partNumber"));
  if (!number || *number < 1 || *number > max_parts) {
    return std::unexpected(
        ApiError(Code::InvalidArgument, "Part number must be an integer between 1 and 10000, inclusive")
            .with("ArgumentName", "partNumber")
            .with("ArgumentValue", request.text("partNumber").substr(0, 100)));
  }
  return static_cast<std::uint32_t>(*number);
}

ApiResult<void> upload_part(Store& store, S3Request& request, S3Response& response) {
  TRY(const std::uint32_t number, part_number(request));
  const std::string id = request.text("uploadId");
  TRY(const auto expected, expected_body(request, max_put_bytes));
  if (!expected.size && !request.header("transfer-encoding")) return fail(Code::MissingContentLength);
  TRY(const auto upload, store.find_upload(request.bucket, request.key, id));
  if (upload.algorithm && expected.algorithm && *expected.algorithm != *upload.algorithm) {
    return fail(Code::InvalidRequest,
                fmt::format("Checksum Type mismatch occurred, expected checksum Type: {}, actual checksum Type: {}",
                            lower(row(*upload.algorithm).name), lower(row(*expected.algorithm).name)));
  }
  TRY(auto blob, store.new_blob());
  const auto algorithm = expected.algorithm.value_or(upload.algorithm.value_or(ChecksumAlgorithm::crc64nvme));
  TRY(auto done, receive(request, expected, Ingest(std::move(blob), algorithm), max_put_bytes));
  PartRecord part;
  part.etag = hex(done.md5);
  part.checksum = done.checksum;
  TRY(const auto stored,
      store.put_part(request.bucket, request.key, id, number, std::move(done.blob), std::move(part)));
  response.header("ETag", quote(stored.etag));
  response.header(row(stored.checksum->algorithm).header, stored.checksum->value);
  response.empty();
  return {};
}

}  // namespace tickerlake::s3
