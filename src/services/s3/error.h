#pragma once
// S3's errors: one table of code, HTTP status and message. Nothing else of the service knows status numbers.
#include <expected>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "base/result.h"

namespace tickerlake::s3 {

/// https://docs.aws.amazon.com/AmazonS3/latest/API/ErrorResponses.html; the names are the wire's.
enum class Code {
  AccessDenied,
  BadDigest,
  BucketAlreadyExists,
  BucketAlreadyOwnedByYou,
  BucketNotEmpty,
  ConditionalRequestConflict,
  EntityTooLarge,
  EntityTooSmall,
  IncompleteBody,
  InternalError,
  InvalidArgument,
  InvalidBucketName,
  InvalidDigest,
  InvalidPart,
  InvalidPartNumber,
  InvalidPartOrder,
  InvalidRange,
  InvalidRequest,
  InvalidStorageClass,
  InvalidTag,
  InvalidURI,
  KeyTooLongError,
  MalformedXML,
  MetadataTooLarge,
  MethodNotAllowed,
  MissingContentLength,
  MissingRequestBodyError,
  NoSuchBucket,
  NoSuchBucketPolicy,
  NoSuchConfiguration,
  NoSuchCORSConfiguration,
  NoSuchKey,
  NoSuchLifecycleConfiguration,
  NoSuchTagSet,
  NoSuchUpload,
  NoSuchVersion,
  NoSuchWebsiteConfiguration,
  NotImplemented,
  NotModified,
  ObjectLockConfigurationNotFoundError,
  OwnershipControlsNotFoundError,
  PreconditionFailed,
  ReplicationConfigurationNotFoundError,
  RequestTimeout,
  ServerSideEncryptionConfigurationNotFoundError,
  ServiceUnavailable,
  SignatureDoesNotMatch,
  XAmzContentSHA256Mismatch,
  NoSuchPublicAccessBlockConfiguration,
};

struct CodeRow {
  std::string_view name;
  int status;
  std::string_view message;
};
/// The table's row of a code.
const CodeRow& row(Code code);

/// A failed operation: the code, a message (the table's when empty) and further elements of the XML.
struct ApiError {
  Code code = Code::InternalError;
  std::string message;
  std::vector<std::pair<std::string, std::string>> details;

  ApiError() = default;
  ApiError(Code error_code, std::string text = {}) : code(error_code), message(std::move(text)) {}
  /// What the layers below report: full disks are ServiceUnavailable, a peer that left IncompleteBody, else
  /// InternalError.
  ApiError(const Error& error);  // implicit, so that TRY and CHECK pass such errors on

  ApiError&& with(std::string element, std::string value) && {
    details.emplace_back(std::move(element), std::move(value));
    return std::move(*this);
  }
  std::string_view text() const { return message.empty() ? row(code).message : std::string_view(message); }
};

template <class T>
using ApiResult = std::expected<T, ApiError>;

inline std::unexpected<ApiError> fail(Code code, std::string message = {}) {
  return std::unexpected(ApiError(code, std::move(message)));
}

/// The same failure as the code that other parts of the program decide by.
Error to_error(const ApiError& error);

}  // namespace tickerlake::s3
