#include <algorithm>
#include <array>

#include "services/s3/api/operations.h"
#include "services/s3/api/xml.h"

namespace tickerlake::s3 {
namespace {

struct Configuration {
  std::string_view name;                     // the sub-resource
  std::string_view root;                     // of the document an empty configuration is read as, or
  Code missing = Code::NoSuchConfiguration;  // the error it is read as
};

constexpr std::array configurations{
    Configuration{"versioning", "VersioningConfiguration"},
    Configuration{"accelerate", "AccelerateConfiguration"},
    Configuration{"logging", "BucketLoggingStatus"},
    Configuration{"notification", "NotificationConfiguration"},
    Configuration{"requestPayment", "RequestPaymentConfiguration"},
    Configuration{"policy", "", Code::NoSuchBucketPolicy},
    Configuration{"policyStatus", "", Code::NoSuchBucketPolicy},
    Configuration{"cors", "", Code::NoSuchCORSConfiguration},
    Configuration{"lifecycle", "", Code::NoSuchLifecycleConfiguration},
    Configuration{"tagging", "", Code::NoSuchTagSet},
    Configuration{"website", "", Code::NoSuchWebsiteConfiguration},
    Configuration{"encryption", "", Code::ServerSideEncryptionConfigurationNotFoundError},
    Configuration{"replication", "", Code::ReplicationConfigurationNotFoundError},
    Configuration{"object-lock", "", Code::ObjectLockConfigurationNotFoundError},
    Configuration{"ownershipControls", "", Code::OwnershipControlsNotFoundError},
    Configuration{"publicAccessBlock", "", Code::NoSuchPublicAccessBlockConfiguration},
};

}  // namespace

ApiResult<void> bucket_configuration(Store& store, S3Request& request, S3Response& response) {
  CHECK(store.bucket(request.bucket));
  const auto asked = std::find_if(configurations.begin(), configurations.end(),
                                  [&](const Configuration& each) { return request.parameter(each.name).has_value(); });
  if (asked == configurations.end()) return fail(Code::NoSuchConfiguration);
  if (request.http.method == "DELETE") {  // there is none, so it is gone
    response.no_content();
    return {};
  }
  if (asked->root.empty()) {
    return std::unexpected(ApiError(asked->missing).with("BucketName", request.bucket));
  }
  Xml xml(asked->root);
  if (asked->name == "requestPayment") xml.element("Payer", "BucketOwner");
  response.xml(xml.take());
  return {};
}

}  // namespace tickerlake::s3
