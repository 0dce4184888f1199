// The operations on buckets themselves; each is a few lines.
#include "services/s3/api/body.h"
#include "services/s3/api/operations.h"
#include "services/s3/api/xml.h"

namespace tickerlake::s3 {
namespace {

// LocationConstraint of the body, or the region that the request was signed for.
ApiResult<std::string> location(S3Request& request) {
  TRY(const std::string body, receive_text(request, 16_KiB));
  if (body.empty()) return request.caller.region;
  TRY(const auto document, parse_xml(body, "CreateBucketConfiguration"));
  for (const pugi::xml_node& node : document.document_element().children()) {
    const std::string_view name = local_name(node);
    if (name == "LocationConstraint" && *node.child_value() != '\0') return node.child_value();
    if (name == "Location" || name == "Bucket") {
      return fail(Code::NotImplemented, "Directory buckets are not supported");
    }
  }
  return request.caller.region;
}

}  // namespace

ApiResult<void> list_buckets(Store& store, S3Request& request, S3Response& response) {
  TRY(const std::int64_t limit, request.number("max-buckets", 10'000, 1, 10'000));
  const std::string prefix = request.text("prefix");
  const std::string after = request.text("continuation-token");  // the last name of the page before
  TRY(const auto buckets, store.buckets());
  Xml xml("ListAllMyBucketsResult");
  xml.owner("Owner", request.owner_id()).open("Buckets");
  std::int64_t count = 0;
  std::string last;
  bool truncated = false;
  for (const auto& [name, record] : buckets) {
    if (name <= after || !name.starts_with(prefix)) continue;
    if (count == limit) {
      truncated = true;
      break;
    }
    xml.open("Bucket").element("Name", name).element("CreationDate", iso8601(record.created));
    xml.element("BucketRegion", record.region).close("Bucket");
    last = name;
    ++count;
  }
  xml.close("Buckets");
  if (!prefix.empty()) xml.element("Prefix", prefix);
  if (truncated) xml.element("ContinuationToken", last);
  response.xml(xml.take());
  return {};
}

ApiResult<void> create_bucket(Store& store, S3Request& request, S3Response& response) {
  TRY(const std::string region, location(request));
  auto created = store.create_bucket(request.bucket, region);
  // us-east-1 answers the owner's second creation as it did the first.
  const bool again = !created && created.error().code == Code::BucketAlreadyOwnedByYou && region == "us-east-1";
  if (!created && !again) return created;
  response.header("Location", "/" + request.bucket);
  response.empty();
  return {};
}

ApiResult<void> head_bucket(Store& store, S3Request& request, S3Response& response) {
  TRY(const auto bucket, store.bucket(request.bucket));
  response.header("x-amz-bucket-region", bucket.region);
  response.header("x-amz-access-point-alias", "false");
  response.header("Content-Type", "application/xml");
  response.head(0);
  return {};
}

ApiResult<void> delete_bucket(Store& store, S3Request& request, S3Response& response) {
  CHECK(store.delete_bucket(request.bucket));
  response.no_content();
  return {};
}

ApiResult<void> get_bucket_location(Store& store, S3Request& request, S3Response& response) {
  TRY(const auto bucket, store.bucket(request.bucket));
  // The root itself holds the text; us-east-1 is written as nothing.
  std::string body = "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n<LocationConstraint xmlns=\"";
  body += xml_namespace;
  body += bucket.region == "us-east-1" ? "\"/>" : "\">" + bucket.region + "</LocationConstraint>";
  response.xml(body);
  return {};
}

}  // namespace tickerlake::s3
