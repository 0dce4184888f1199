#include "services/s3/api/listing.h"
#include "services/s3/api/object_headers.h"
#include "services/s3/api/operations.h"

namespace tickerlake::s3 {

ApiResult<void> list_multipart_uploads(Store& store, S3Request& request, S3Response& response) {
  TRY(const auto encoded, NameEncoding::of(request));
  TRY(auto query, list_query(request, "max-uploads"));
  query.start_after = request.text("key-marker");
  const std::string id_marker = query.start_after.empty() ? "" : request.text("upload-id-marker");
  TRY(const auto page, store.list_uploads(request.bucket, query, id_marker));
  Xml xml("ListMultipartUploadsResult");
  xml.element("Bucket", request.bucket).element("KeyMarker", encoded(query.start_after));
  xml.element("UploadIdMarker", id_marker);
  if (page.truncated) {
    xml.element("NextKeyMarker", encoded(page.last));
    const bool ends_with_upload = !page.items.empty() && page.items.back().key == page.last;
    xml.element("NextUploadIdMarker", ends_with_upload ? page.items.back().id : "");
  }
  if (!query.delimiter.empty()) xml.element("Delimiter", encoded(query.delimiter));
  xml.element("Prefix", encoded(query.prefix));
  encoded.announce(xml);
  xml.element("MaxUploads", static_cast<std::int64_t>(query.limit)).element("IsTruncated", page.truncated);
  for (const ListedUpload& upload : page.items) {
    xml.open("Upload").element("Key", encoded(upload.key)).element("UploadId", upload.id);
    xml.owner("Initiator", request.owner_id()).owner("Owner", request.owner_id());
    xml.element("StorageClass", storage_class(upload.record.headers));
    xml.element("Initiated", iso8601(upload.record.initiated));
    if (upload.record.algorithm) {
      list_checksum_kind(xml, Checksum{*upload.record.algorithm, upload.record.checksum_type, {}});
    }
    xml.close("Upload");
  }
  list_common_prefixes(xml, page.common_prefixes, encoded);
  response.xml(xml.take());
  return {};
}

}  // namespace tickerlake::s3
