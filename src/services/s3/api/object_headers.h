#pragma once
// The headers that objects are stored with, described by, and made conditional on.
#include "services/s3/api/request.h"
#include "services/s3/store/store.h"

namespace tickerlake::s3 {

/// NotImplemented naming the header for what this service does not do (encryption keys, ACLs, locks); AccessDenied for
/// another owner in x-amz-expected-bucket-owner.
ApiResult<void> check_headers(const S3Request& request);
/// What a PUT stores with the object: content-type and the like, x-amz-meta-*, storage class. MetadataTooLarge.
ApiResult<Pairs> stored_headers(const S3Request& request);
/// x-amz-tagging. InvalidTag.
ApiResult<Pairs> stored_tags(const S3Request& request);
/// At most ten, keys of 1 to 128 and values of up to 256 characters, each key once. InvalidTag.
ApiResult<void> check_tags(const Pairs& tags);

/// If-Match and If-None-Match: * of a write. NotImplemented for other forms.
ApiResult<WriteConditions> write_conditions(const S3Request& request);
/// The conditions of GET and HEAD (prefix "") and of a copy's source ("x-amz-copy-source-"): PreconditionFailed,
/// NotModified.
ApiResult<void> check_read_conditions(const S3Request& request, const ObjectRecord& record, std::string_view prefix);

/// ETag, Last-Modified and the stored headers.
void describe(const ObjectRecord& record, S3Response& response);
void describe_checksum(const std::optional<Checksum>& checksum, S3Response& response);
std::string_view storage_class(const Pairs& headers);
/// x-amz-checksum-algorithm and -type of CreateMultipartUpload. InvalidRequest.
ApiResult<void> read_checksum_choice(const S3Request& request, UploadRecord& upload);

/// NoSuchVersion for a versionId other than "null": buckets have no versions.
ApiResult<void> check_version(std::string_view version_id);

}  // namespace tickerlake::s3
