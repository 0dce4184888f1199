#include "services/s3/api/object_headers.h"
#include "services/s3/api/operations.h"
#include "services/s3/api/xml.h"

namespace tickerlake::s3 {

ApiResult<void> create_multipart_upload(Store& store, S3Request& request, S3Response& response) {
  UploadRecord upload;
  upload.initiated = SystemClock().now_ms();
  TRY(upload.headers, stored_headers(request));
  TRY(upload.tags, stored_tags(request));
  CHECK(read_checksum_choice(request, upload));
  TRY(const std::string id, store.create_upload(request.bucket, request.key, upload));
  if (upload.algorithm) {
    response.header("x-amz-checksum-algorithm", row(*upload.algorithm).name);
    response.header("x-amz-checksum-type", name(upload.checksum_type));
  }
  Xml xml("InitiateMultipartUploadResult");
  xml.element("Bucket", request.bucket).element("Key", request.key).element("UploadId", id);
  response.xml(xml.take());
  return {};
}

}  // namespace tickerlake::s3
