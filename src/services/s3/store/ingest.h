#pragma once
// Bytes on their way into a blob, with the digests that S3 keeps of them.
#include <optional>

#include "base/digest.h"
#include "services/s3/store/blobs.h"
#include "services/s3/store/checksum.h"

namespace tickerlake::s3 {

/// One thread at a time.
class Ingest {
 public:
  /// checksum: the algorithm to compute beside MD5.
  Ingest(BlobWriter blob, ChecksumAlgorithm checksum) : blob_(std::move(blob)), md5_("MD5"), checksum_(checksum) {}

  Result<void> write(ByteView bytes) {
    md5_.update(bytes);
    checksum_.update(bytes);
    return blob_.write(bytes);
  }
  std::int64_t size() const { return blob_.size(); }

  struct Done {
    BlobWriter blob;
    Buffer md5;
    Checksum checksum;  // of type full_object
  };
  Done finish() && {
    return {std::move(blob_),
            md5_.finish(),
            {checksum_.algorithm(), ChecksumType::full_object, base64(checksum_.finish())}};
  }

 private:
  BlobWriter blob_;
  Digest md5_;
  ChecksumStream checksum_;
};

}  // namespace tickerlake::s3
