#include "services/s3/api/copy_source.h"

#include <algorithm>

#include "base/digest.h"
#include "services/s3/api/object_headers.h"

namespace tickerlake::s3 {

ApiResult<CopySource> copy_source(const S3Request& request) {
  std::string_view header = request.header("x-amz-copy-source").value_or("");
  const std::size_t question = header.find("?versionId=");
  if (question != std::string_view::npos) {
    CHECK(check_version(header.substr(question + 11)));
    header = header.substr(0, question);
  }
  const auto decoded = http::decode_path(header);
  if (decoded) {
    std::string_view path = *decoded;
    if (path.starts_with('/')) path.remove_prefix(1);
    const std::size_t slash = path.find('/');
    if (slash != std::string_view::npos && slash > 0 && slash + 1 < path.size()) {
      return CopySource{std::string(path.substr(0, slash)), std::string(path.substr(slash + 1))};
    }
  }
  return std::unexpected(
      ApiError(Code::InvalidArgument, "Copy Source must mention the source bucket and key: sourcebucket/sourcekey")
          .with("ArgumentName", "x-amz-copy-source")
          .with("ArgumentValue", std::string(header.substr(0, 200))));
}

ApiResult<OpenObject> open_copy_source(Store& store, const S3Request& request, const CopySource& source) {
  TRY(auto object, store.open_object(source.bucket, source.key));
  CHECK(check_read_conditions(request, object.record, "x-amz-copy-source-"));
  return object;
}

ApiResult<Digests> digest(const Blob& blob, std::int64_t position, std::int64_t length, ChecksumAlgorithm algorithm) {
  Digest md5("MD5");
  ChecksumStream checksum(algorithm);
  Buffer buffer(static_cast<std::size_t>(std::clamp<std::int64_t>(length, 1, 256_KiB)));
  while (length > 0) {
    const auto part =
        MutableBytes(buffer).first(static_cast<std::size_t>(std::min<std::int64_t>(length, std::ssize(buffer))));
    CHECK(blob.file().read_exactly_at(position, part));
    md5.update(part);
    checksum.update(part);
    position += std::ssize(part);
    length -= std::ssize(part);
  }
  return Digests{hex(md5.finish()), {algorithm, ChecksumType::full_object, base64(checksum.finish())}};
}

}  // namespace tickerlake::s3
