#include "services/s3/api/operations.h"

namespace tickerlake::s3 {

ApiResult<void> abort_multipart_upload(Store& store, S3Request& request, S3Response& response) {
  CHECK(store.abort_upload(request.bucket, request.key, request.text("uploadId")));
  response.no_content();
  return {};
}

}  // namespace tickerlake::s3
