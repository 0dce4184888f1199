#include "base/digest.h"
#include "services/s3/api/listing.h"
#include "services/s3/api/operations.h"

namespace tickerlake::s3 {
namespace {

// A token is the last name of the page before in base64, behind a version byte.
std::string make_token(std::string_view last) { return base64(as_bytes("1" + std::string(last))); }

ApiResult<std::string> read_token(std::string_view token) {
  const auto bytes = unbase64(token);
  if (!bytes || bytes->empty() || bytes->front() != std::byte{'1'}) {
    return fail(Code::InvalidArgument, "The continuation token provided is incorrect");
  }
  return std::string(as_text(*bytes).substr(1));
}

}  // namespace

ApiResult<void> list_objects_v2(Store& store, S3Request& request, S3Response& response) {
  TRY(const auto encoded, NameEncoding::of(request));
  TRY(auto query, list_query(request, "max-keys"));
  const std::string start_after = request.text("start-after");
  query.start_after = start_after;
  const auto token = request.parameter("continuation-token");
  if (token && !token->empty()) {
    TRY(query.start_after, read_token(*token));
  }
  TRY(const auto page, store.list_objects(request.bucket, query));
  Xml xml("ListBucketResult");
  xml.element("Name", request.bucket).element("Prefix", encoded(query.prefix));
  xml.element("KeyCount", static_cast<std::int64_t>(page.items.size() + page.common_prefixes.size()));
  xml.element("MaxKeys", static_cast<std::int64_t>(query.limit));
  if (!query.delimiter.empty()) xml.element("Delimiter", encoded(query.delimiter));
  encoded.announce(xml);
  xml.element("IsTruncated", page.truncated);
  if (token) xml.element("ContinuationToken", *token);
  if (page.truncated) xml.element("NextContinuationToken", make_token(page.last));
  if (!start_after.empty()) xml.element("StartAfter", encoded(start_after));
  list_contents(xml, page, encoded, request.text("fetch-owner") == "true" ? request.owner_id() : "");
  list_common_prefixes(xml, page.common_prefixes, encoded);
  response.xml(xml.take());
  return {};
}

}  // namespace tickerlake::s3
