// Which operation a request is: its scope, method and sub-resource say it.
#include <algorithm>
#include <array>

#include "services/s3/api/operations.h"

namespace tickerlake::s3 {
namespace {

enum class Scope { service, bucket, object };

struct Route {
  Scope scope;
  std::string_view method;
  std::string_view subresource;  // a parameter that must be there, with or without a value; may be empty
  Operation operation;
  std::string_view name;
  bool copies = false;  // only with x-amz-copy-source
};

// The first that fits; so plain operations come last.
constexpr std::array routes{
    Route{Scope::service, "GET", "", list_buckets, "ListBuckets"},
    Route{Scope::bucket, "GET", "location", get_bucket_location, "GetBucketLocation"},
    Route{Scope::bucket, "GET", "acl", get_bucket_acl, "GetBucketAcl"},
    Route{Scope::bucket, "PUT", "acl", put_bucket_acl, "PutBucketAcl"},
    Route{Scope::bucket, "GET", "uploads", list_multipart_uploads, "ListMultipartUploads"},
    Route{Scope::bucket, "GET", "versions", list_object_versions, "ListObjectVersions"},
    Route{Scope::bucket, "POST", "delete", delete_objects, "DeleteObjects"},
    Route{Scope::object, "GET", "acl", get_object_acl, "GetObjectAcl"},
    Route{Scope::object, "PUT", "acl", put_object_acl, "PutObjectAcl"},
    Route{Scope::object, "GET", "attributes", get_object_attributes, "GetObjectAttributes"},
    Route{Scope::object, "GET", "tagging", get_object_tagging, "GetObjectTagging"},
    Route{Scope::object, "PUT", "tagging", put_object_tagging, "PutObjectTagging"},
    Route{Scope::object, "DELETE", "tagging", delete_object_tagging, "DeleteObjectTagging"},
    Route{Scope::object, "POST", "uploads", create_multipart_upload, "CreateMultipartUpload"},
    Route{Scope::object, "PUT", "uploadId", upload_part_copy, "UploadPartCopy", true},
    Route{Scope::object, "PUT", "uploadId", upload_part, "UploadPart"},
    Route{Scope::object, "POST", "uploadId", complete_multipart_upload, "CompleteMultipartUpload"},
    Route{Scope::object, "DELETE", "uploadId", abort_multipart_upload, "AbortMultipartUpload"},
    Route{Scope::object, "GET", "uploadId", list_parts, "ListParts"},
};

// Sub-resources of S3 that nothing above serves: an answer must not pretend that they are not there.
constexpr std::array other_subresources{"abac",
                                        "accelerate",
                                        "acl",
                                        "analytics",
                                        "cors",
                                        "encryption",
                                        "intelligent-tiering",
                                        "inventory",
                                        "legal-hold",
                                        "lifecycle",
                                        "location",
                                        "logging",
                                        "metadataConfiguration",
                                        "metadataTable",
                                        "metrics",
                                        "notification",
                                        "object-lock",
                                        "ownershipControls",
                                        "policy",
                                        "policyStatus",
                                        "publicAccessBlock",
                                        "replication",
                                        "requestPayment",
                                        "restore",
                                        "retention",
                                        "renameObject",
                                        "select",
                                        "session",
                                        "tagging",
                                        "torrent",
                                        "versioning",
                                        "versions",
                                        "website",
                                        "append",
                                        "uploads",
                                        "delete",
                                        "attributes"};

constexpr std::array readable_configurations{"accelerate",     "cors",         "encryption",        "lifecycle",
                                             "logging",        "notification", "object-lock",       "ownershipControls",
                                             "policy",         "policyStatus", "publicAccessBlock", "replication",
                                             "requestPayment", "tagging",      "versioning",        "website"};

constexpr std::array plain_routes{
    Route{Scope::bucket, "GET", "list-type", list_objects_v2, "ListObjectsV2"},
    Route{Scope::bucket, "GET", "", list_objects, "ListObjects"},
    Route{Scope::bucket, "HEAD", "", head_bucket, "HeadBucket"},
    Route{Scope::bucket, "PUT", "", create_bucket, "CreateBucket"},
    Route{Scope::bucket, "DELETE", "", delete_bucket, "DeleteBucket"},
    Route{Scope::object, "GET", "", get_object, "GetObject"},
    Route{Scope::object, "HEAD", "", get_object, "HeadObject"},
    Route{Scope::object, "PUT", "", copy_object, "CopyObject", true},
    Route{Scope::object, "PUT", "", put_object, "PutObject"},
    Route{Scope::object, "DELETE", "", delete_object, "DeleteObject"},
};

}  // namespace

ApiResult<NamedOperation> route(const S3Request& request) {
  const Scope scope = request.bucket.empty() ? Scope::service : request.key.empty() ? Scope::bucket : Scope::object;
  const std::string_view method = request.http.method;
  const bool copies = request.header("x-amz-copy-source").has_value();
  const auto fits = [&](const Route& each) {
    return each.scope == scope && each.method == method && (!each.copies || copies) &&
           (each.subresource.empty() || request.parameter(each.subresource));
  };
  if (const auto found = std::find_if(routes.begin(), routes.end(), fits); found != routes.end()) {
    return NamedOperation{found->operation, found->name};
  }
  if (scope == Scope::bucket && (method == "GET" || method == "DELETE")) {
    for (const std::string_view name : readable_configurations) {
      if (request.parameter(name)) return NamedOperation{bucket_configuration, "GetBucketConfiguration"};
    }
  }
  for (const std::string_view name : other_subresources) {
    if (request.parameter(name)) {
      return fail(Code::NotImplemented, std::string(method) + " of the sub-resource '" + std::string(name) +
                                            "' is not implemented by this server");
    }
  }
  if (scope == Scope::bucket && method == "POST") {
    return fail(Code::NotImplemented, "Browser-based uploads (POST Object) are not implemented by this server");
  }
  if (const auto found = std::find_if(plain_routes.begin(), plain_routes.end(), fits); found != plain_routes.end()) {
    return NamedOperation{found->operation, found->name};
  }
  return std::unexpected(ApiError(Code::MethodNotAllowed).with("Method", std::string(method.substr(0, 20))));
}

}  // namespace tickerlake::s3
