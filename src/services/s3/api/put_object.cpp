#include "services/s3/api/body.h"
#include "services/s3/api/object_headers.h"
#include "services/s3/api/operations.h"

namespace tickerlake::s3 {

ApiResult<void> put_object(Store& store, S3Request& request, S3Response& response) {
  TRY(auto headers, stored_headers(request));
  TRY(auto tags, stored_tags(request));
  TRY(const auto conditions, write_conditions(request));
  TRY(const auto expected, expected_body(request, max_put_bytes));
  if (!expected.size && !request.header("transfer-encoding")) return fail(Code::MissingContentLength);
  CHECK(store.check(request.bucket, request.key, conditions));

  TRY(auto blob, store.new_blob());
  // Without a checksum of the sender's the object gets a CRC-64/NVME, as AWS does it.
  Ingest ingest(std::move(blob), expected.algorithm.value_or(ChecksumAlgorithm::crc64nvme));
  TRY(auto done, receive(request, expected, std::move(ingest), max_put_bytes));

  ObjectRecord record;
  record.etag = hex(done.md5);
  record.headers = std::move(headers);
  record.tags = std::move(tags);
  record.checksum = std::move(done.checksum);
  auto stored = store.commit(request.bucket, request.key, std::move(done.blob), std::move(record), conditions);
  if (!stored) {
    // It was there when the body began, so somebody removed it meanwhile: the client may try again.
    if (conditions.if_match && stored.error().code == Code::NoSuchKey) return fail(Code::ConditionalRequestConflict);
    return std::unexpected(std::move(stored).error());
  }
  response.header("ETag", quote(stored->etag));
  describe_checksum(stored->checksum, response);
  response.empty();
  return {};
}

}  // namespace tickerlake::s3
