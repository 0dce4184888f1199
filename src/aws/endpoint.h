#pragma once
// Where a service's requests go: AWS's names of hosts by region and partition, and the two ways to name a bucket.
// Held against botocore's endpoint rules by tests/interop/test_aws_requests.py.
#include <memory>
#include <string>
#include <string_view>

#include "aws/credential_source.h"

namespace tickerlake::aws {

/// https://docs.aws.amazon.com/AmazonS3/latest/userguide/VirtualHosting.html
enum class Addressing {
  automatic,     // in the path with a given endpoint, in the host's name at AWS
  path,          // https://s3.eu-west-1.amazonaws.com/BUCKET/KEY
  virtual_host,  // https://BUCKET.s3.eu-west-1.amazonaws.com/KEY, where the bucket's name allows it
};
/// "auto", "path", "virtual"; ErrorCode::invalid_argument for anything else.
Result<Addressing> parse_addressing(std::string_view text);

/// How to reach one service.
struct ServiceAccess {
  std::string endpoint;  // "http://127.0.0.1:4566"; empty: AWS's own for the region
  std::string region;    // empty: none was said
  std::shared_ptr<CredentialSource> credentials;
  Addressing addressing = Addressing::automatic;  // of S3
  bool fips = false, dualstack = false;           // of AWS's own endpoints
};

/// "host:port" and "scheme://host:port" of a service's URL.
struct UrlRoot {
  std::string root, host;
  /// ErrorCode::invalid_argument for what is no http or https URL of a host alone.
  static Result<UrlRoot> of(std::string_view url);
};

/// Where a request goes, and the region that it is signed for.
struct Target {
  UrlRoot url;
  std::string region;
  bool bucket_in_host = false;
};

/// "glue", "athena", "sts", or "s3" without a bucket. ErrorCode::invalid_argument: no region where one is needed.
Result<Target> target_of(const ServiceAccess& access, std::string_view service);
/// A request for a bucket. region, when not empty, takes the place of the access's: of a bucket that is elsewhere.
Result<Target> target_of_bucket(const ServiceAccess& access, std::string_view bucket, std::string_view region = {});

}  // namespace tickerlake::aws
