#include "services/s3/api/listing.h"
#include "services/s3/api/operations.h"

namespace tickerlake::s3 {

ApiResult<void> list_objects(Store& store, S3Request& request, S3Response& response) {
  TRY(const auto encoded, NameEncoding::of(request));
  TRY(auto query, list_query(request, "max-keys"));
  query.start_after = request.text("marker");
  TRY(const auto page, store.list_objects(request.bucket, query));
  Xml xml("ListBucketResult");
  xml.element("Name", request.bucket).element("Prefix", encoded(query.prefix));
  xml.element("Marker", encoded(query.start_after)).element("MaxKeys", static_cast<std::int64_t>(query.limit));
  if (!query.delimiter.empty()) xml.element("Delimiter", encoded(query.delimiter));
  encoded.announce(xml);
  xml.element("IsTruncated", page.truncated);
  if (page.truncated && !query.delimiter.empty()) xml.element("NextMarker", encoded(page.last));
  list_contents(xml, page, encoded, request.owner_id());
  list_common_prefixes(xml, page.common_prefixes, encoded);
  response.xml(xml.take());
  return {};
}

}  // namespace tickerlake::s3
