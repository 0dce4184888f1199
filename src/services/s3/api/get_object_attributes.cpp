#include "services/s3/api/listing.h"
#include "services/s3/api/object_headers.h"
#include "services/s3/api/operations.h"

namespace tickerlake::s3 {
namespace {

ApiResult<void> write_parts(Xml& xml, const S3Request& request, const ObjectRecord& record) {
  const std::int64_t marker = parse_number(request.header("x-amz-part-number-marker").value_or("0")).value_or(0);
  const std::int64_t limit = parse_number(request.header("x-amz-max-parts").value_or("1000")).value_or(1000);
  if (marker < 0 || limit < 0) return fail(Code::InvalidArgument);
  const auto count = static_cast<std::int64_t>(record.parts.size());
  const std::int64_t end = std::min(count, marker + std::min<std::int64_t>(limit, 1000));
  xml.open("ObjectParts").element("PartsCount", count).element("PartNumberMarker", marker);
  xml.element("NextPartNumberMarker", std::max(end, marker)).element("MaxParts", std::min<std::int64_t>(limit, 1000));
  xml.element("IsTruncated", end < count);
  for (std::int64_t i = marker; i < end; ++i) {
    const ObjectPart& part = record.parts[static_cast<std::size_t>(i)];
    if (part.checksum.empty() || !record.checksum) continue;  // AWS lists parts only when they have checksums
    xml.open("Part").element("PartNumber", i + 1).element("Size", part.size);
    xml.element(row(record.checksum->algorithm).element, part.checksum).close("Part");
  }
  xml.close("ObjectParts");
  return {};
}

}  // namespace

ApiResult<void> get_object_attributes(Store& store, S3Request& request, S3Response& response) {
  CHECK(check_version(request.text("versionId")));
  std::string wanted;
  for (const auto& [field, value] : request.http.headers.fields()) {
    if (lower(field) == "x-amz-object-attributes") wanted += "," + value;
  }
  std::erase(wanted, ' ');
  wanted += ',';
  if (wanted == ",") return fail(Code::InvalidArgument, "The x-amz-object-attributes header must name attributes");
  const auto asks = [&](std::string_view attribute) {
    return wanted.find("," + std::string(attribute) + ",") != std::string::npos;
  };
  TRY(const auto record, store.find(request.bucket, request.key));
  Xml xml("GetObjectAttributesResponse");
  if (asks("ETag")) xml.element("ETag", record.etag);
  if (asks("Checksum") && record.checksum) {
    xml.open("Checksum");
    // Without the "-N" here.
    Checksum plain = *record.checksum;
    plain.value = plain.value.substr(0, plain.value.find('-'));
    write_checksum(xml, plain, true);
    xml.close("Checksum");
  }
  if (asks("ObjectParts") && !record.parts.empty()) CHECK(write_parts(xml, request, record));
  if (asks("StorageClass")) xml.element("StorageClass", storage_class(record.headers));
  if (asks("ObjectSize")) xml.element("ObjectSize", record.size);
  response.header("Last-Modified", http_date(record.modified));
  response.xml(xml.take());
  return {};
}

}  // namespace tickerlake::s3
