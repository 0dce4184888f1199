#pragma once
// In which order places are looked at for signing keys: that of the AWS SDKs (botocore's), docs/stores.md.
#include "aws/credential_fetchers.h"

namespace tickerlake::aws {

struct ChainContext {
  const Environment& environment;
  const Profiles& profiles;
  std::string profile_name;
  ServiceAccess sts;  // where roles are asked for; without credentials
  SharedClient http;
  const Clock& clock;  // must outlive the source
};

/// The first place that has keys: variables, a role of the profile, a web identity, the profile's keys or process, the
/// container, the instance. What is asked over the network is asked here once, so that what does not work shows now.
/// Errors: not_found (nowhere), invalid_argument (half a key, a profile that leads nowhere), unsupported (SSO, MFA),
/// and those of the place.
Result<std::shared_ptr<CredentialSource>> find_credentials(const ChainContext& context);

}  // namespace tickerlake::aws
