#pragma once
// What the index holds, and its bytes: docs/formats/object-store.md is the specification.
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "base/result.h"
#include "base/time.h"
#include "services/s3/store/blobs.h"
#include "services/s3/store/checksum.h"

namespace tickerlake::s3 {

using Pairs = std::vector<std::pair<std::string, std::string>>;

struct BucketRecord {
  TimestampMs created = 0;
  std::string region;
};

struct ObjectPart {
  std::int64_t size = 0;
  std::string checksum;  // base64, of the object's algorithm; may be empty
};

struct ObjectRecord {
  BlobId blob;
  std::int64_t size = 0;
  std::string etag;  // without quotes; with "-N" when it came from N parts
  TimestampMs modified = 0;
  Pairs headers;  // as they are answered, names in lower case: content-type, x-amz-meta-..., x-amz-storage-class
  Pairs tags;
  std::optional<Checksum> checksum;
  std::vector<ObjectPart> parts;  // of a multipart upload
  std::string upload_id;          // the same
};

struct UploadRecord {
  TimestampMs initiated = 0;
  Pairs headers;
  Pairs tags;
  std::optional<ChecksumAlgorithm> algorithm;
  ChecksumType checksum_type = ChecksumType::composite;
};

struct PartRecord {
  BlobId blob;
  std::int64_t size = 0;
  std::string etag;  // MD5 in hex
  TimestampMs modified = 0;
  std::optional<Checksum> checksum;
};

std::string encode(const BucketRecord& record);
std::string encode(const ObjectRecord& record);
std::string encode(const UploadRecord& record);
std::string encode(const PartRecord& record);
/// ErrorCode::internal for bytes that are not such a record.
Result<BucketRecord> decode_bucket(std::string_view bytes);
Result<ObjectRecord> decode_object(std::string_view bytes);
Result<UploadRecord> decode_upload(std::string_view bytes);
Result<PartRecord> decode_part(std::string_view bytes);

/// The index's keys. Bucket names hold no NUL, so one ends them; objects of a bucket are ordered by their keys' bytes.
namespace keys {
std::string bucket(std::string_view name);                                               // 'B' name
std::string object(std::string_view bucket, std::string_view key);                       // 'O' bucket NUL key
std::string upload(std::string_view bucket, std::string_view key, std::string_view id);  // 'U' bucket NUL key* id
std::string part(std::string_view upload_id, std::uint32_t number);                      // 'P' id number
std::string buckets();
std::string objects_of(std::string_view bucket);
std::string uploads_of(std::string_view bucket);
std::string parts_of(std::string_view upload_id);

struct UploadName {
  std::string key;
  std::string id;
};
/// The inverse of upload(), given an index key that starts with uploads_of(bucket).
std::optional<UploadName> parse_upload(std::string_view index_key, std::string_view bucket);
/// The part's number of a key that starts with parts_of(id).
std::optional<std::uint32_t> parse_part(std::string_view index_key);
}  // namespace keys

}  // namespace tickerlake::s3
