#include "services/s3/api/listing.h"

#include "services/s3/api/object_headers.h"

namespace tickerlake::s3 {
namespace {

constexpr std::int64_t max_listed_keys = 1000;  // of a page

}  // namespace

ApiResult<NameEncoding> NameEncoding::of(const S3Request& request) {
  NameEncoding encoding;
  const auto type = request.parameter("encoding-type");
  if (!type) return encoding;
  if (lower(*type) != "url") return fail(Code::InvalidArgument, "Invalid Encoding Method specified in Request");
  encoding.url_ = true;
  return encoding;
}

std::string NameEncoding::operator()(std::string_view name) const {
  return url_ ? http::percent_encode(name, true) : std::string(name);
}

void NameEncoding::announce(Xml& xml) const {
  if (url_) xml.element("EncodingType", "url");
}

ApiResult<ListQuery> list_query(const S3Request& request, std::string_view limit_name) {
  TRY(const std::int64_t limit, request.number(limit_name, max_listed_keys, 0, INT32_MAX));
  return ListQuery{.prefix = request.text("prefix"),
                   .delimiter = request.text("delimiter"),
                   .start_after = {},
                   .limit = static_cast<std::size_t>(std::min(limit, max_listed_keys))};
}

void list_contents(Xml& xml, const Page<ListedObject>& page, const NameEncoding& encoded, const std::string& owner_id) {
  for (const ListedObject& object : page.items) {
    xml.open("Contents").element("Key", encoded(object.key));
    xml.element("LastModified", iso8601(object.record.modified)).element("ETag", quote(object.record.etag));
    list_checksum_kind(xml, object.record.checksum);
    xml.element("Size", object.record.size);
    if (!owner_id.empty()) xml.owner("Owner", owner_id);
    xml.element("StorageClass", storage_class(object.record.headers)).close("Contents");
  }
}

void list_common_prefixes(Xml& xml, const std::vector<std::string>& prefixes, const NameEncoding& encoded) {
  for (const std::string& prefix : prefixes) {
    xml.open("CommonPrefixes").element("Prefix", encoded(prefix)).close("CommonPrefixes");
  }
}

void list_checksum_kind(Xml& xml, const std::optional<Checksum>& checksum) {
  if (!checksum) return;
  xml.element("ChecksumAlgorithm", row(checksum->algorithm).name).element("ChecksumType", name(checksum->type));
}

void write_checksum(Xml& xml, const std::optional<Checksum>& checksum, bool with_type) {
  if (!checksum) return;
  xml.element(row(checksum->algorithm).element, checksum->value);
  if (with_type) xml.element("ChecksumType", name(checksum->type));
}

}  // namespace tickerlake::s3
