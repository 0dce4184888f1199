#pragma once
// Where a client finds S3, Glue and Athena and with what it signs: the AWS SDKs' variables and files.
// https://docs.aws.amazon.com/sdkref/latest/guide/settings-reference.html
#include <functional>
#include <optional>
#include <string>
#include <string_view>

#include "aws/credentials.h"

namespace tickerlake::aws {

/// How to reach one service.
struct ServiceAccess {
  std::string endpoint;  // "http://127.0.0.1:4566"; empty: AWS's own for the region
  std::string region;
  Credentials credentials;
};

struct ClientConfig {
  ServiceAccess s3, glue, athena;
  bool embedded = false;  // nothing was set: the services of this machine's `tickerlake up`
};

/// What is used when neither variables nor a profile say anything.
struct EmbeddedServices {
  std::string endpoint;
  Credentials credentials;
};

using Environment = std::function<std::optional<std::string>(const char* name)>;
Environment process_environment();

/// AWS_ENDPOINT_URL[_S3|_GLUE|_ATHENA], AWS_ACCESS_KEY_ID with AWS_SECRET_ACCESS_KEY and AWS_SESSION_TOKEN, AWS_REGION
/// or AWS_DEFAULT_REGION, AWS_PROFILE with ~/.aws/config and ~/.aws/credentials (or AWS_CONFIG_FILE,
/// AWS_SHARED_CREDENTIALS_FILE). Without an endpoint, keys and a profile in the environment it is `embedded`, so that
/// nobody's account is reached by accident. Keys of an endpoint that is the embedded one default to its own.
/// Errors: not_found (no keys; nothing embedded), invalid_argument (an unknown profile, half a key).
Result<ClientConfig> load_client_config(const Environment& environment,
                                        const std::optional<EmbeddedServices>& embedded);

/// The root of a service: endpoint, or "https://glue.eu-west-1.amazonaws.com". Without a slash at its end.
std::string service_url(const ServiceAccess& access, std::string_view service);

}  // namespace tickerlake::aws
