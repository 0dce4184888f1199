#pragma once
// The source of CopyObject and UploadPartCopy.
#include "services/s3/api/request.h"
#include "services/s3/store/store.h"

namespace tickerlake::s3 {

struct CopySource {
  std::string bucket;
  std::string key;
};
/// x-amz-copy-source: "/bucket/key" or "bucket/key", URL-encoded, with "?versionId=null" or without. InvalidArgument,
/// NoSuchVersion.
ApiResult<CopySource> copy_source(const S3Request& request);
/// Opens it and checks x-amz-copy-source-if-*.
ApiResult<OpenObject> open_copy_source(Store& store, const S3Request& request, const CopySource& source);

struct Digests {
  std::string etag;
  Checksum checksum;
};
/// MD5 and a checksum of some bytes of a blob, by reading them.
ApiResult<Digests> digest(const Blob& blob, std::int64_t position, std::int64_t length, ChecksumAlgorithm algorithm);

}  // namespace tickerlake::s3
