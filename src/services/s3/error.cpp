#include "services/s3/error.h"

#include <array>

#include "base/panic.h"

namespace tickerlake::s3 {
namespace {

struct Entry {
  Code code;
  CodeRow row;
};

constexpr std::array code_rows{
    Entry{Code::AccessDenied, {"AccessDenied", 403, "Access Denied"}},
    Entry{Code::BadDigest, {"BadDigest", 400, "The Content-MD5 you specified did not match what we received."}},
    Entry{Code::BucketAlreadyExists, {"BucketAlreadyExists", 409, "The requested bucket name is not available."}},
    Entry{Code::BucketAlreadyOwnedByYou,
          {"BucketAlreadyOwnedByYou", 409,
           "Your previous request to create the named bucket succeeded and you already own it."}},
    Entry{Code::BucketNotEmpty, {"BucketNotEmpty", 409, "The bucket you tried to delete is not empty"}},
    Entry{Code::ConditionalRequestConflict,
          {"ConditionalRequestConflict", 409,
           "The conditional request cannot succeed due to a conflicting operation against this resource."}},
    Entry{Code::EntityTooLarge,
          {"EntityTooLarge", 400, "Your proposed upload exceeds the maximum allowed object size."}},
    Entry{Code::EntityTooSmall,
          {"EntityTooSmall", 400, "Your proposed upload is smaller than the minimum allowed size"}},
    Entry{
        Code::IncompleteBody,
        {"IncompleteBody", 400, "You did not provide the number of bytes specified by the Content-Length HTTP header"}},
    Entry{Code::InternalError, {"InternalError", 500, "We encountered an internal error. Please try again."}},
    Entry{Code::InvalidArgument, {"InvalidArgument", 400, "Invalid Argument"}},
    Entry{Code::InvalidBucketName, {"InvalidBucketName", 400, "The specified bucket is not valid."}},
    Entry{Code::InvalidDigest, {"InvalidDigest", 400, "The Content-MD5 you specified was invalid."}},
    Entry{Code::InvalidPart,
          {"InvalidPart", 400,
           "One or more of the specified parts could not be found.  The part may not have been uploaded, or the "
           "specified entity tag may not match the part's entity tag."}},
    Entry{Code::InvalidPartNumber, {"InvalidPartNumber", 416, "The requested partnumber is not satisfiable"}},
    Entry{Code::InvalidPartOrder,
          {"InvalidPartOrder", 400,
           "The list of parts was not in ascending order. Parts must be ordered by part number."}},
    Entry{Code::InvalidRange, {"InvalidRange", 416, "The requested range is not satisfiable"}},
    Entry{Code::InvalidRequest, {"InvalidRequest", 400, "Invalid Request"}},
    Entry{Code::InvalidStorageClass, {"InvalidStorageClass", 400, "The storage class you specified is not valid"}},
    Entry{Code::InvalidTag, {"InvalidTag", 400, "The tag provided was not a valid tag."}},
    Entry{Code::InvalidURI, {"InvalidURI", 400, "Couldn't parse the specified URI."}},
    Entry{Code::KeyTooLongError, {"KeyTooLongError", 400, "Your key is too long"}},
    Entry{Code::MalformedXML,
          {"MalformedXML", 400,
           "The XML you provided was not well-formed or did not validate against our published schema"}},
    Entry{Code::MetadataTooLarge,
          {"MetadataTooLarge", 400, "Your metadata headers exceed the maximum allowed metadata size"}},
    Entry{Code::MethodNotAllowed,
          {"MethodNotAllowed", 405, "The specified method is not allowed against this resource."}},
    Entry{Code::MissingContentLength,
          {"MissingContentLength", 411, "You must provide the Content-Length HTTP header."}},
    Entry{Code::MissingRequestBodyError, {"MissingRequestBodyError", 400, "Request Body is empty"}},
    Entry{Code::NoSuchBucket, {"NoSuchBucket", 404, "The specified bucket does not exist"}},
    Entry{Code::NoSuchBucketPolicy, {"NoSuchBucketPolicy", 404, "The bucket policy does not exist"}},
    Entry{Code::NoSuchConfiguration, {"NoSuchConfiguration", 404, "The specified configuration does not exist."}},
    Entry{Code::NoSuchCORSConfiguration, {"NoSuchCORSConfiguration", 404, "The CORS configuration does not exist"}},
    Entry{Code::NoSuchKey, {"NoSuchKey", 404, "The specified key does not exist."}},
    Entry{Code::NoSuchLifecycleConfiguration,
          {"NoSuchLifecycleConfiguration", 404, "The lifecycle configuration does not exist"}},
    Entry{Code::NoSuchTagSet, {"NoSuchTagSet", 404, "The TagSet does not exist"}},
    Entry{Code::NoSuchUpload,
          {"NoSuchUpload", 404,
           "The specified upload does not exist. The upload ID may be invalid, or the upload may have been aborted or "
           "completed."}},
    Entry{Code::NoSuchVersion, {"NoSuchVersion", 404, "The specified version does not exist."}},
    Entry{Code::NoSuchWebsiteConfiguration,
          {"NoSuchWebsiteConfiguration", 404, "The specified bucket does not have a website configuration"}},
    Entry{Code::NotImplemented,
          {"NotImplemented", 501, "A header you provided implies functionality that is not implemented"}},
    Entry{Code::NotModified, {"NotModified", 304, "Not Modified"}},
    Entry{Code::ObjectLockConfigurationNotFoundError,
          {"ObjectLockConfigurationNotFoundError", 404, "Object Lock configuration does not exist for this bucket"}},
    Entry{Code::OwnershipControlsNotFoundError,
          {"OwnershipControlsNotFoundError", 404, "The bucket ownership controls were not found"}},
    Entry{Code::PreconditionFailed,
          {"PreconditionFailed", 412, "At least one of the pre-conditions you specified did not hold"}},
    Entry{Code::ReplicationConfigurationNotFoundError,
          {"ReplicationConfigurationNotFoundError", 404, "The replication configuration was not found"}},
    Entry{Code::RequestTimeout,
          {"RequestTimeout", 400,
           "Your socket connection to the server was not read from or written to within the timeout period."}},
    Entry{Code::ServerSideEncryptionConfigurationNotFoundError,
          {"ServerSideEncryptionConfigurationNotFoundError", 404,
           "The server side encryption configuration was not found"}},
    Entry{Code::ServiceUnavailable, {"ServiceUnavailable", 503, "Service is unable to handle request."}},
    Entry{Code::SignatureDoesNotMatch,
          {"SignatureDoesNotMatch", 403,
           "The request signature we calculated does not match the signature you provided."}},
    Entry{Code::XAmzContentSHA256Mismatch,
          {"XAmzContentSHA256Mismatch", 400,
           "The provided 'x-amz-content-sha256' header does not match what was computed."}},
    Entry{Code::NoSuchPublicAccessBlockConfiguration,
          {"NoSuchPublicAccessBlockConfiguration", 404, "The public access block configuration was not found"}},
};

constexpr bool in_the_order_of_the_codes() {
  for (std::size_t i = 0; i < code_rows.size(); ++i) {
    if (static_cast<std::size_t>(code_rows[i].code) != i) return false;
  }
  return true;
}
static_assert(in_the_order_of_the_codes());

Code code_of(const Error& error) {
  switch (error.code) {
    case ErrorCode::exhausted:
      return Code::ServiceUnavailable;
    case ErrorCode::timeout:
      return Code::RequestTimeout;
    case ErrorCode::unauthorized:
      return Code::SignatureDoesNotMatch;
    case ErrorCode::invalid_argument:
      return Code::XAmzContentSHA256Mismatch;
    case ErrorCode::unavailable:
    case ErrorCode::corrupt:
      return Code::IncompleteBody;
    default:
      return Code::InternalError;
  }
}

}  // namespace

const CodeRow& row(Code code) {
  ensure(static_cast<std::size_t>(code) < code_rows.size(), "every code has a row");
  return code_rows[static_cast<std::size_t>(code)].row;
}

ApiError::ApiError(const Error& error) : code(code_of(error)), message(error.message) {}

Error to_error(const ApiError& error) {
  ErrorCode code = ErrorCode::invalid_argument;
  switch (error.code) {
    case Code::NoSuchBucket:
    case Code::NoSuchKey:
    case Code::NoSuchUpload:
      code = ErrorCode::not_found;
      break;
    case Code::PreconditionFailed:
      code = ErrorCode::already_exists;
      break;
    case Code::ConditionalRequestConflict:
      code = ErrorCode::conflict;
      break;
    case Code::ServiceUnavailable:
      code = ErrorCode::exhausted;
      break;
    case Code::InternalError:
      code = ErrorCode::io;
      break;
    case Code::NotImplemented:
      code = ErrorCode::unsupported;
      break;
    default:
      break;
  }
  return {code, std::string(row(error.code).name) + ": " + std::string(error.text())};
}

}  // namespace tickerlake::s3
