#include "services/s3/api/copy_source.h"
#include "services/s3/api/listing.h"
#include "services/s3/api/object_headers.h"
#include "services/s3/api/operations.h"

namespace tickerlake::s3 {
namespace {

// COPY (the default) or REPLACE.
ApiResult<bool> replaces(const S3Request& request, std::string_view header) {
  const auto directive = request.header(header);
  if (!directive || *directive == "COPY") return false;
  if (*directive == "REPLACE") return true;
  return std::unexpected(ApiError(Code::InvalidArgument, "Unknown directive of " + std::string(header))
                             .with("ArgumentName", std::string(header))
                             .with("ArgumentValue", std::string(directive->substr(0, 100))));
}

void set_storage_class(Pairs& headers, std::string_view wanted) {
  std::erase_if(headers, [](const auto& each) { return each.first == "x-amz-storage-class"; });
  if (wanted != "STANDARD") headers.emplace_back("x-amz-storage-class", wanted);
}

// A copy is one whole: its ETag is the MD5 of its bytes, its checksum one of the full object. Both are taken from the
// source where it has them so, and computed otherwise.
ApiResult<void> set_digests(const S3Request& request, const OpenObject& source, ObjectRecord& copy) {
  std::optional<ChecksumAlgorithm> wanted;
  if (const auto named = request.header("x-amz-checksum-algorithm")) {
    wanted = parse_checksum_algorithm(*named);
    if (!wanted) return fail(Code::InvalidRequest, "Checksum algorithm provided is unsupported.");
  }
  const auto& checksum = source.record.checksum;
  const bool whole_checksum = checksum && checksum->type == ChecksumType::full_object;
  const bool whole_etag = source.record.etag.find('-') == std::string::npos;
  if (whole_etag && whole_checksum && (!wanted || *wanted == checksum->algorithm)) {
    copy.etag = source.record.etag;
    copy.checksum = checksum;
    return {};
  }
  const ChecksumAlgorithm algorithm = wanted.value_or(checksum ? checksum->algorithm : ChecksumAlgorithm::crc64nvme);
  TRY(auto computed, digest(*source.blob, 0, source.record.size, algorithm));
  copy.etag = std::move(computed.etag);
  copy.checksum = std::move(computed.checksum);
  return {};
}

}  // namespace

ApiResult<void> copy_object(Store& store, S3Request& request, S3Response& response) {
  TRY(const auto source, copy_source(request));
  TRY(const bool new_headers, replaces(request, "x-amz-metadata-directive"));
  TRY(const bool new_tags, replaces(request, "x-amz-tagging-directive"));
  TRY(const auto conditions, write_conditions(request));
  TRY(auto headers, stored_headers(request));
  TRY(auto tags, stored_tags(request));
  const auto wanted_class = request.header("x-amz-storage-class");
  const bool onto_itself = source.bucket == request.bucket && source.key == request.key;
  if (onto_itself && !new_headers && !new_tags && !wanted_class && !request.header("x-amz-checksum-algorithm") &&
      !request.header("x-amz-website-redirect-location")) {
    return fail(Code::InvalidRequest,
                "This copy request is illegal because it is trying to copy an object to itself without changing the "
                "object's metadata, storage class, website redirect location or encryption attributes.");
  }
  CHECK(store.check(request.bucket, request.key, conditions));
  TRY(const auto object, open_copy_source(store, request, source));
  if (object.record.size > max_put_bytes) {
    return fail(Code::InvalidRequest,
                "The specified copy source is larger than the maximum allowable size for a copy source: 5368709120");
  }

  ObjectRecord copy;
  copy.headers = new_headers ? std::move(headers) : object.record.headers;
  if (!new_headers) set_storage_class(copy.headers, wanted_class.value_or("STANDARD"));
  copy.tags = new_tags ? std::move(tags) : object.record.tags;
  CHECK(set_digests(request, object, copy));

  ApiResult<ObjectRecord> stored;
  if (onto_itself) {
    stored = store.replace_record(request.bucket, request.key, object.record, std::move(copy), conditions);
  } else {
    TRY(auto blob, store.new_link(*object.blob, object.record.size));
    stored = store.commit(request.bucket, request.key, std::move(blob), std::move(copy), conditions);
  }
  if (!stored) return std::unexpected(std::move(stored).error());
  Xml xml("CopyObjectResult");
  xml.element("LastModified", iso8601(stored->modified)).element("ETag", quote(stored->etag));
  write_checksum(xml, stored->checksum, true);
  response.xml(xml.take());
  return {};
}

}  // namespace tickerlake::s3
