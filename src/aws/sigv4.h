#pragma once
// AWS Signature Version 4: the forms that are signed, shared by the side that signs and the side that verifies.
// https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_sigv.html
#include <optional>
#include <span>
#include <string>
#include <string_view>

#include "aws/credentials.h"
#include "base/digest.h"
#include "base/time.h"
#include "http/server.h"

namespace tickerlake::aws {

constexpr std::string_view sigv4_algorithm = "AWS4-HMAC-SHA256";
constexpr std::string_view unsigned_payload = "UNSIGNED-PAYLOAD";

/// What a signature is good for.
struct Scope {
  std::string date;  // "20161123"
  std::string region;
  std::string service;
  std::string text() const;  // "20161123/us-east-1/s3/aws4_request"
};

/// A request as far as it gets signed. Views must outlive the call.
struct SignedParts {
  std::string_view method;
  std::string_view canonical_path;
  std::string_view canonical_query;
  const http::Headers& headers;
  std::span<const std::string> signed_headers;  // lower case, in their order in the signature
  std::string_view payload_hash;                // hex SHA-256 of the body, UNSIGNED-PAYLOAD or STREAMING-…
};

/// S3: each byte encoded once, nothing normalised ("a//b/../c" is a key). Others: dot segments and empty ones are
/// removed, and what is encoded already gets encoded again. Nothing for a broken escape.
std::optional<std::string> canonical_path(std::string_view raw_path, std::string_view service);
/// Decoded, encoded strictly, sorted; without the parameter named `without`. Nothing for a broken escape.
std::optional<std::string> canonical_query(std::string_view raw_query, std::string_view without = {});
std::string canonical_request(const SignedParts& parts);

/// The key that signs everything within a scope.
Sha256 signing_key(std::string_view secret, const Scope& scope);
/// The signature, in hex, of a request at that time ("20161123T140506Z").
std::string signature(const Sha256& key, std::string_view timestamp, const Scope& scope, std::string_view canonical);

/// Adds X-Amz-Date, X-Amz-Security-Token, X-Amz-Content-Sha256 (S3) and Authorization; signs every header there is,
/// and Host must be among them. The path and query are as they will be sent.
void sign(http::Headers& headers, std::string_view method, std::string_view raw_path, std::string_view raw_query,
          std::string_view payload_hash, const Credentials& credentials, std::string_view region,
          std::string_view service, TimestampMs now);

/// The query of a presigned URL: raw_query and the signature's parameters. Only Host is signed, the body is not.
std::string presign(std::string_view method, std::string_view host, std::string_view raw_path,
                    std::string_view raw_query, const Credentials& credentials, std::string_view region,
                    std::string_view service, TimestampMs now, std::chrono::seconds valid_for);

/// Whether two texts are equal, in a time that tells nothing about where they differ.
bool equal_in_constant_time(std::string_view a, std::string_view b);

}  // namespace tickerlake::aws
