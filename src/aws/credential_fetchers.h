#pragma once
// The places that give temporary keys. Each returns a function that fetches once.
// https://docs.aws.amazon.com/sdkref/latest/guide/standardized-credentials.html
#include "aws/credential_source.h"
#include "aws/endpoint.h"
#include "aws/profile.h"
#include "http/client.h"

namespace tickerlake::aws {

using SharedClient = std::shared_ptr<http::Client>;

/// The instance's role, by version 2 of the metadata service; by version 1 where there is no 2 and
/// AWS_EC2_METADATA_V1_DISABLED does not forbid it. ErrorCode::not_found: no such service here, or no role.
FetchCredentials instance_credentials(SharedClient http, const Environment& environment);

/// The task's or pod's, from the address that AWS_CONTAINER_CREDENTIALS_RELATIVE_URI or _FULL_URI says.
/// ErrorCode::invalid_argument: a host that must not get the token.
Result<FetchCredentials> container_credentials(SharedClient http, const Environment& environment);

/// What a program prints: credential_process of a profile. Its arguments are split as a shell does, without one.
FetchCredentials process_credentials(std::string command);

/// Everything that the two below have in common.
struct AssumedRole {
  ServiceAccess sts;  // its credentials: whose right it is to assume the role; not used for a web identity
  std::string arn;
  std::string session_name;  // empty: chosen
  std::string external_id = {};
  std::string duration_seconds = {};
};
FetchCredentials assumed_role_credentials(SharedClient http, AssumedRole role);
/// The token is read from its file each time: it gets renewed there.
FetchCredentials web_identity_credentials(SharedClient http, AssumedRole role, std::string token_file);

}  // namespace tickerlake::aws
