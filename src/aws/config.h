#pragma once
// Where a client finds S3, Glue and Athena and with what it signs: flags, the AWS SDKs' variables and files, or the
// embedded services. https://docs.aws.amazon.com/sdkref/latest/guide/settings-reference.html
#include <optional>
#include <string>

#include "aws/endpoint.h"
#include "aws/profile.h"
#include "http/client.h"

namespace tickerlake::aws {

struct ClientConfig {
  ServiceAccess s3, glue, athena;
  http::ClientOptions http;  // for all of them: AWS_CA_BUNDLE
};

/// What is used when neither variables nor a profile say anything.
struct EmbeddedServices {
  std::string endpoint;
  Credentials credentials;
};

/// Whose services are meant.
enum class Services {
  automatic,  // the embedded ones, unless variables or flags name others
  embedded,   // whatever variables say
  aws,        // those of the SDKs' settings, also when these are files or the instance's role alone
};
/// "auto", "embedded", "aws"; ErrorCode::invalid_argument for anything else.
Result<Services> parse_services(std::string_view text);

/// What a command line says; it beats the environment.
struct ClientFlags {
  Services services = Services::automatic;
  std::string s3_endpoint = {};
  std::string s3_addressing = {};  // "auto", "path", "virtual"
};

/// Each service by itself: AWS_ENDPOINT_URL[_S3|_GLUE|_ATHENA] and the profile's endpoints, AWS_REGION or
/// AWS_DEFAULT_REGION or the profile's, keys by find_credentials().
///
/// Nobody's account is reached by accident, and nobody's own services are missed in silence: a service is the embedded
/// one unless an endpoint is set for it, or keys are named in the environment (AWS_ACCESS_KEY_ID, AWS_PROFILE, a web
/// identity, a container's credentials), or `services` says so. An endpoint that is the embedded one's has its keys.
/// Errors: not_found (no keys; nothing embedded), invalid_argument (an unknown profile, half a key), those of
/// find_credentials().
Result<ClientConfig> load_client_config(const Environment& environment, const std::optional<EmbeddedServices>& embedded,
                                        const ClientFlags& flags = {});

}  // namespace tickerlake::aws
