// Buckets have no versions: each object is listed as its only one, "null", as AWS lists such buckets.
#include "services/s3/api/listing.h"
#include "services/s3/api/object_headers.h"
#include "services/s3/api/operations.h"

namespace tickerlake::s3 {

ApiResult<void> list_object_versions(Store& store, S3Request& request, S3Response& response) {
  TRY(const auto encoded, NameEncoding::of(request));
  TRY(auto query, list_query(request, "max-keys"));
  query.start_after = request.text("key-marker");
  TRY(const auto page, store.list_objects(request.bucket, query));
  Xml xml("ListVersionsResult");
  xml.element("Name", request.bucket).element("Prefix", encoded(query.prefix));
  xml.element("KeyMarker", encoded(query.start_after)).element("VersionIdMarker", request.text("version-id-marker"));
  xml.element("MaxKeys", static_cast<std::int64_t>(query.limit));
  if (!query.delimiter.empty()) xml.element("Delimiter", encoded(query.delimiter));
  encoded.announce(xml);
  xml.element("IsTruncated", page.truncated);
  if (page.truncated) xml.element("NextKeyMarker", encoded(page.last)).element("NextVersionIdMarker", "null");
  for (const ListedObject& object : page.items) {
    xml.open("Version").element("Key", encoded(object.key)).element("VersionId", "null").element("IsLatest", true);
    xml.element("LastModified", iso8601(object.record.modified)).element("ETag", quote(object.record.etag));
    list_checksum_kind(xml, object.record.checksum);
    xml.element("Size", object.record.size).owner("Owner", request.owner_id());
    xml.element("StorageClass", storage_class(object.record.headers)).close("Version");
  }
  list_common_prefixes(xml, page.common_prefixes, encoded);
  response.xml(xml.take());
  return {};
}

}  // namespace tickerlake::s3
