#include "services/s3/api/listing.h"
#include "services/s3/api/object_headers.h"
#include "services/s3/api/operations.h"

namespace tickerlake::s3 {

ApiResult<void> list_parts(Store& store, S3Request& request, S3Response& response) {
  const std::string id = request.text("uploadId");
  TRY(const auto encoded, NameEncoding::of(request));
  TRY(const std::int64_t asked, request.number("max-parts", 1000, 0, INT32_MAX));
  TRY(const std::int64_t after, request.number("part-number-marker", 0, 0, INT32_MAX));
  const std::int64_t limit = std::min<std::int64_t>(asked, 1000);
  TRY(const auto upload, store.find_upload(request.bucket, request.key, id));
  TRY(const auto page, store.list_parts(request.bucket, request.key, id, static_cast<std::uint32_t>(after),
                                        static_cast<std::size_t>(limit)));
  Xml xml("ListPartsResult");
  xml.element("Bucket", request.bucket).element("Key", encoded(request.key)).element("UploadId", id);
  xml.owner("Initiator", request.owner_id()).owner("Owner", request.owner_id());
  xml.element("StorageClass", storage_class(upload.headers)).element("PartNumberMarker", after);
  xml.element("NextPartNumberMarker", page.items.empty() ? after : std::int64_t{page.items.back().number});
  xml.element("MaxParts", limit).element("IsTruncated", page.truncated);
  if (upload.algorithm) list_checksum_kind(xml, Checksum{*upload.algorithm, upload.checksum_type, {}});
  for (const ListedPart& part : page.items) {
    xml.open("Part").element("PartNumber", std::int64_t{part.number});
    xml.element("LastModified", iso8601(part.record.modified)).element("ETag", quote(part.record.etag));
    xml.element("Size", part.record.size);
    write_checksum(xml, part.record.checksum, false);
    xml.close("Part");
  }
  response.xml(xml.take());
  return {};
}

}  // namespace tickerlake::s3
