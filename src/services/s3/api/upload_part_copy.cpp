#include <fmt/format.h>

#include "services/s3/api/copy_source.h"
#include "services/s3/api/listing.h"
#include "services/s3/api/object_headers.h"
#include "services/s3/api/operations.h"
#include "services/s3/api/part_number.h"
#include "services/s3/api/range.h"

namespace tickerlake::s3 {
namespace {

// x-amz-copy-source-range must be "bytes=first-last" within the source.
ApiResult<ByteRange> source_range(const S3Request& request, std::int64_t size) {
  const auto header = request.header("x-amz-copy-source-range");
  if (!header) return ByteRange{0, size};
  const auto range = parse_range(*header, size);
  const std::string_view bounds = header->starts_with("bytes=") ? header->substr(6) : std::string_view();
  const std::size_t dash = bounds.find('-');
  const bool complete = dash != std::string_view::npos && dash > 0 && dash + 1 < bounds.size();
  if (!complete || (range && !*range)) {
    return fail(Code::InvalidArgument,
                "The x-amz-copy-source-range value must be of the form bytes=first-last where first and last are the "
                "zero-based offsets of the first and last bytes to copy");
  }
  if (!range || parse_number(bounds.substr(dash + 1)).value_or(size) >= size) {
    return fail(Code::InvalidRange, fmt::format("Range specified is not valid for source object of size: {}", size));
  }
  return **range;
}

}  // namespace

ApiResult<void> upload_part_copy(Store& store, S3Request& request, S3Response& response) {
  TRY(const std::uint32_t number, part_number(request));
  const std::string id = request.text("uploadId");
  TRY(const auto upload, store.find_upload(request.bucket, request.key, id));
  TRY(const auto source, copy_source(request));
  TRY(const auto object, open_copy_source(store, request, source));
  TRY(const auto range, source_range(request, object.record.size));
  if (range.length > max_put_bytes) return fail(Code::EntityTooLarge);

  const auto algorithm = upload.algorithm.value_or(ChecksumAlgorithm::crc64nvme);
  TRY(auto digests, digest(*object.blob, range.first, range.length, algorithm));
  const bool whole = range.length == object.record.size;
  auto blob = whole ? store.new_link(*object.blob, range.length) : store.new_blob();
  if (!blob) return std::unexpected(ApiError(blob.error()));
  if (!whole) CHECK(blob->append(*object.blob, range.first, range.length));
  PartRecord part;
  part.etag = std::move(digests.etag);
  part.checksum = std::move(digests.checksum);
  TRY(const auto stored, store.put_part(request.bucket, request.key, id, number, *std::move(blob), std::move(part)));
  Xml xml("CopyPartResult");
  xml.element("LastModified", iso8601(stored.modified)).element("ETag", quote(stored.etag));
  write_checksum(xml, stored.checksum, false);
  response.xml(xml.take());
  return {};
}

}  // namespace tickerlake::s3
