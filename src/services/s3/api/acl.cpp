// ACLs: the owner has full control, and nobody else can be given any.
#include "services/s3/api/operations.h"
#include "services/s3/api/xml.h"

namespace tickerlake::s3 {
namespace {

std::string owners_acl(const S3Request& request) {
  Xml xml("AccessControlPolicy");
  xml.owner("Owner", request.owner_id()).open("AccessControlList").open("Grant");
  xml.open("Grantee", " xmlns:xsi=\"http://www.w3.org/2001/XMLSchema-instance\" xsi:type=\"CanonicalUser\"");
  xml.element("ID", request.owner_id()).element("DisplayName", "tickerlake").close("Grantee");
  xml.element("Permission", "FULL_CONTROL").close("Grant").close("AccessControlList");
  return xml.take();
}

// Setting the canned ACL that everything has anyway; check_headers() has refused the others.
ApiResult<void> only_private(const S3Request& request) {
  if (request.header("x-amz-acl")) return {};
  return fail(Code::NotImplemented, "ACLs other than the canned ACL 'private' are not implemented by this server");
}

}  // namespace

ApiResult<void> put_bucket_acl(Store& store, S3Request& request, S3Response& response) {
  CHECK(store.bucket(request.bucket));
  CHECK(only_private(request));
  response.empty();
  return {};
}

ApiResult<void> put_object_acl(Store& store, S3Request& request, S3Response& response) {
  CHECK(store.find(request.bucket, request.key));
  CHECK(only_private(request));
  response.empty();
  return {};
}

ApiResult<void> get_bucket_acl(Store& store, S3Request& request, S3Response& response) {
  CHECK(store.bucket(request.bucket));
  response.xml(owners_acl(request));
  return {};
}

ApiResult<void> get_object_acl(Store& store, S3Request& request, S3Response& response) {
  CHECK(store.find(request.bucket, request.key));
  response.xml(owners_acl(request));
  return {};
}

}  // namespace tickerlake::s3
