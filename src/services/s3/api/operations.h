#pragma once
// Every operation of the service, one file each: it answers, or gives the error to answer with.
#include "services/s3/api/request.h"
#include "services/s3/store/store.h"

namespace tickerlake::s3 {

using Operation = ApiResult<void> (*)(Store&, S3Request&, S3Response&);

ApiResult<void> list_buckets(Store& store, S3Request& request, S3Response& response);

ApiResult<void> create_bucket(Store& store, S3Request& request, S3Response& response);
ApiResult<void> head_bucket(Store& store, S3Request& request, S3Response& response);
ApiResult<void> delete_bucket(Store& store, S3Request& request, S3Response& response);
ApiResult<void> get_bucket_location(Store& store, S3Request& request, S3Response& response);
ApiResult<void> get_bucket_acl(Store& store, S3Request& request, S3Response& response);
ApiResult<void> put_bucket_acl(Store& store, S3Request& request, S3Response& response);
ApiResult<void> list_objects(Store& store, S3Request& request, S3Response& response);
ApiResult<void> list_objects_v2(Store& store, S3Request& request, S3Response& response);
ApiResult<void> list_object_versions(Store& store, S3Request& request, S3Response& response);
ApiResult<void> delete_objects(Store& store, S3Request& request, S3Response& response);
ApiResult<void> list_multipart_uploads(Store& store, S3Request& request, S3Response& response);

ApiResult<void> put_object(Store& store, S3Request& request, S3Response& response);
ApiResult<void> copy_object(Store& store, S3Request& request, S3Response& response);
ApiResult<void> get_object(Store& store, S3Request& request, S3Response& response);  // HEAD too
ApiResult<void> delete_object(Store& store, S3Request& request, S3Response& response);
ApiResult<void> get_object_attributes(Store& store, S3Request& request, S3Response& response);
ApiResult<void> get_object_acl(Store& store, S3Request& request, S3Response& response);
ApiResult<void> put_object_acl(Store& store, S3Request& request, S3Response& response);
ApiResult<void> get_object_tagging(Store& store, S3Request& request, S3Response& response);
ApiResult<void> put_object_tagging(Store& store, S3Request& request, S3Response& response);
ApiResult<void> delete_object_tagging(Store& store, S3Request& request, S3Response& response);

ApiResult<void> create_multipart_upload(Store& store, S3Request& request, S3Response& response);
ApiResult<void> upload_part(Store& store, S3Request& request, S3Response& response);
ApiResult<void> upload_part_copy(Store& store, S3Request& request, S3Response& response);
ApiResult<void> complete_multipart_upload(Store& store, S3Request& request, S3Response& response);
ApiResult<void> abort_multipart_upload(Store& store, S3Request& request, S3Response& response);
ApiResult<void> list_parts(Store& store, S3Request& request, S3Response& response);

/// Configurations of buckets that nobody can set here: read as a bucket has them that never had any, as AWS answers.
ApiResult<void> bucket_configuration(Store& store, S3Request& request, S3Response& response);

/// The operation of a request. NotImplemented naming the sub-resource, MethodNotAllowed.
struct NamedOperation {
  Operation run;
  std::string_view name;  // as AWS names it, for metrics
};
ApiResult<NamedOperation> route(const S3Request& request);

}  // namespace tickerlake::s3
