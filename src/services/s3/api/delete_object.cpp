#include "services/s3/api/object_headers.h"
#include "services/s3/api/operations.h"

namespace tickerlake::s3 {

ApiResult<void> delete_object(Store& store, S3Request& request, S3Response& response) {
  CHECK(check_version(request.text("versionId")));
  TRY(const auto conditions, write_conditions(request));
  CHECK(store.remove_object(request.bucket, request.key, conditions));
  response.no_content();
  return {};
}

}  // namespace tickerlake::s3
