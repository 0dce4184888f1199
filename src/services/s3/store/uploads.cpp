// The store's multipart uploads.
#include <fmt/format.h>

#include "base/digest.h"
#include "io/fault_point.h"
#include "services/s3/store/store.h"

namespace tickerlake::s3 {
namespace {

constexpr std::size_t upload_id_size = 32;

std::unexpected<ApiError> invalid_part(std::string_view upload_id, const CompletedPart& part) {
  return std::unexpected(ApiError(Code::InvalidPart)
                             .with("UploadId", std::string(upload_id))
                             .with("PartNumber", std::to_string(part.number))
                             .with("ETag", part.etag));
}

// The checksum of the whole out of those of its parts, when each has one of the same algorithm.
ApiResult<std::optional<Checksum>> checksum_of_whole(const UploadRecord& upload, const std::vector<ListedPart>& parts) {
  const ChecksumAlgorithm algorithm = upload.algorithm.value_or(ChecksumAlgorithm::crc64nvme);
  const ChecksumType type = upload.algorithm ? upload.checksum_type : ChecksumType::full_object;
  std::vector<PartChecksum> digests;
  for (const ListedPart& part : parts) {
    if (!part.record.checksum || part.record.checksum->algorithm != algorithm) return std::nullopt;
    auto digest = unbase64(part.record.checksum->value);
    if (!digest) return fail(Code::InternalError);
    digests.push_back({*std::move(digest), part.record.size});
  }
  if (type == ChecksumType::full_object) {
    return Checksum{algorithm, type, base64(join_crcs(algorithm, digests))};
  }
  return Checksum{algorithm, type,
                  fmt::format("{}-{}", base64(checksum_of_checksums(algorithm, digests)), parts.size())};
}

ApiResult<void> check_expectations(const UploadRecord& upload, const ObjectRecord& whole, std::int64_t size,
                                   const CompleteExpectations& expected) {
  if (expected.size && *expected.size != size) {
    return fail(Code::InvalidRequest,
                fmt::format("The provided 'x-amz-mp-object-size' header value {} does not match what was computed: {}",
                            *expected.size, size));
  }
  if (expected.checksum_type && upload.algorithm && *expected.checksum_type != upload.checksum_type) {
    return fail(Code::InvalidRequest,
                fmt::format("The upload was created using the {} checksum mode. The complete request must use the same "
                            "checksum mode.",
                            name(upload.checksum_type)));
  }
  if (expected.checksum) {
    std::string_view given = expected.checksum->value;
    const bool same = whole.checksum && whole.checksum->algorithm == expected.checksum->algorithm &&
                      (whole.checksum->value == given ||
                       (whole.checksum->type == ChecksumType::composite && whole.checksum->value.starts_with(given) &&
                        whole.checksum->value[given.size()] == '-'));
    if (!same) {
      return fail(Code::BadDigest, fmt::format("The {} you specified did not match the calculated checksum.",
                                               row(expected.checksum->algorithm).name));
    }
  }
  return {};
}

}  // namespace

ApiResult<std::string> Store::create_upload(std::string_view bucket, std::string_view key, const UploadRecord& record) {
  const std::string id = hex(random_bytes(upload_id_size / 2));
  MutexLock lock(stripes_[stripe_of(bucket, key)]);
  CHECK(this->bucket(bucket));
  CHECK(index_->commit({.puts = {{keys::upload(bucket, key, id), encode(record)}}, .removals = {}}));
  return id;
}

ApiResult<UploadRecord> Store::find_upload(std::string_view bucket, std::string_view key, std::string_view id) const {
  const ApiError missing = ApiError(Code::NoSuchUpload).with("UploadId", std::string(id.substr(0, 256)));
  CHECK(this->bucket(bucket));
  if (id.size() != upload_id_size) return std::unexpected(missing);
  TRY(const auto bytes, index_->get(keys::upload(bucket, key, id)));
  if (!bytes) return std::unexpected(missing);
  TRY(auto record, decode_upload(*bytes));
  return record;
}

ApiResult<PartRecord> Store::put_part(std::string_view bucket, std::string_view key, std::string_view id,
                                      std::uint32_t number, BlobWriter blob, PartRecord record) {
  CHECK(blob.seal());
  record.blob = blob.id();
  record.size = blob.size();
  record.modified = SystemClock().now_ms();
  std::optional<BlobId> freed;
  {
    MutexLock lock(stripes_[stripe_of(bucket, key)]);
    CHECK(find_upload(bucket, key, id));
    const std::string index_key = keys::part(id, number);
    TRY(const auto before, index_->get(index_key));
    if (before) {
      TRY(const auto replaced, decode_part(*before));
      freed = replaced.blob;
    }
    blob.keep();  // as in commit_record()
    CHECK(index_->commit({.puts = {{index_key, encode(record)}}, .removals = {}}));
  }
  if (freed) blobs_->free(*freed);
  return record;
}

ApiResult<std::vector<ListedPart>> Store::parts_of(std::string_view id) const {
  std::vector<ListedPart> parts;
  const std::string scope = keys::parts_of(id);
  const auto cursor = index_->cursor();
  for (cursor->seek(scope); cursor->valid() && cursor->key().starts_with(scope); cursor->next()) {
    TRY(auto record, decode_part(cursor->value()));
    parts.push_back({keys::parse_part(cursor->key()).value_or(0), std::move(record)});
  }
  return parts;
}

ApiResult<Page<ListedPart>> Store::list_parts(std::string_view bucket, std::string_view key, std::string_view id,
                                              std::uint32_t after, std::size_t limit) const {
  CHECK(find_upload(bucket, key, id));
  Page<ListedPart> page;
  const std::string scope = keys::parts_of(id);
  const auto cursor = index_->cursor();
  for (cursor->seek(keys::part(id, after + 1)); cursor->valid() && cursor->key().starts_with(scope); cursor->next()) {
    if (page.items.size() == limit) {
      page.truncated = true;
      break;
    }
    TRY(auto record, decode_part(cursor->value()));
    page.items.push_back({keys::parse_part(cursor->key()).value_or(0), std::move(record)});
  }
  return page;
}

// Chooses the parts, checks them against the request and gives the record of the whole, but for its blob.
ApiResult<ObjectRecord> Store::plan_complete(const UploadRecord& upload, const std::vector<ListedPart>& uploaded,
                                             const std::vector<CompletedPart>& parts,
                                             const CompleteExpectations& expectations,
                                             std::vector<ListedPart>& chosen) const {
  std::size_t at = 0;
  std::int64_t size = 0;
  Digest md5("MD5");
  for (std::size_t i = 0; i < parts.size(); ++i) {
    const CompletedPart& wanted = parts[i];
    while (at < uploaded.size() && uploaded[at].number < wanted.number) ++at;
    if (at == uploaded.size() || uploaded[at].number != wanted.number || uploaded[at].record.etag != wanted.etag) {
      return invalid_part("", wanted);
    }
    const PartRecord& part = uploaded[at].record;
    if (wanted.checksum && (!part.checksum || *part.checksum != *wanted.checksum)) return invalid_part("", wanted);
    if (!wanted.checksum && upload.algorithm && upload.checksum_type == ChecksumType::composite) {
      return fail(Code::InvalidRequest,
                  fmt::format("The upload was created using a {} checksum. The complete request must include the "
                              "checksum for each part. It was missing for part {} in the request.",
                              row(*upload.algorithm).element.substr(8), wanted.number));
    }
    if (part.size < min_part_bytes && i + 1 < parts.size()) {
      return std::unexpected(ApiError(Code::EntityTooSmall)
                                 .with("ETag", part.etag)
                                 .with("MinSizeAllowed", std::to_string(min_part_bytes))
                                 .with("ProposedSize", std::to_string(part.size))
                                 .with("PartNumber", std::to_string(wanted.number)));
    }
    size += part.size;
    md5.update(unhex(part.etag).value_or(Buffer()));
    chosen.push_back(uploaded[at]);
  }
  if (size > max_object_bytes) return fail(Code::EntityTooLarge);

  ObjectRecord whole;
  whole.etag = fmt::format("{}-{}", hex(md5.finish()), parts.size());
  whole.headers = upload.headers;
  whole.tags = upload.tags;
  TRY(whole.checksum, checksum_of_whole(upload, chosen));
  CHECK(check_expectations(upload, whole, size, expectations));
  for (const ListedPart& part : chosen) {
    const bool same = whole.checksum && part.record.checksum;
    whole.parts.push_back({part.record.size, same ? part.record.checksum->value : ""});
  }
  return whole;
}

ApiResult<BlobWriter> Store::join_parts(const std::vector<ListedPart>& parts) {
  if (parts.size() == 1) {
    TRY(const auto only, blobs_->pin(parts.front().record.blob));
    TRY(auto link, blobs_->create_link(*only, parts.front().record.size));
    return link;
  }
  TRY(auto whole, blobs_->create());
  for (const ListedPart& part : parts) {
    TRY(const auto blob, blobs_->pin(part.record.blob));
    CHECK(whole.append(*blob, 0, part.record.size));
  }
  return whole;
}

ApiResult<ObjectRecord> Store::complete_upload(std::string_view bucket, std::string_view key, std::string_view id,
                                               const std::vector<CompletedPart>& parts,
                                               const CompleteExpectations& expectations,
                                               const WriteConditions& conditions) {
  auto upload = find_upload(bucket, key, id);
  if (!upload) {
    // Completed already, and the client asks again because the answer was lost.
    if (upload.error().code == Code::NoSuchUpload) {
      TRY(auto present, current(bucket, key));
      if (present && present->upload_id == id) return *std::move(present);
    }
    return std::unexpected(std::move(upload).error());
  }
  CHECK(check(bucket, key, conditions));
  TRY(const auto uploaded, parts_of(id));
  std::vector<ListedPart> chosen;
  auto whole = plan_complete(*upload, uploaded, parts, expectations, chosen);
  if (!whole) {
    for (auto& [element, value] : whole.error().details) {
      if (element == "UploadId") value = id;
    }
    return std::unexpected(std::move(whole).error());
  }
  whole->upload_id = id;
  TRY(auto blob, join_parts(chosen));
  CHECK(blob.seal());

  std::vector<ListedPart> present_parts;
  ApiResult<ObjectRecord> stored;
  {
    MutexLock lock(stripes_[stripe_of(bucket, key)]);
    CHECK(find_upload(bucket, key, id));
    TRY(present_parts, parts_of(id));
    IndexBatch batch;
    batch.removals.push_back(keys::upload(bucket, key, id));
    for (const ListedPart& part : present_parts) batch.removals.push_back(keys::part(id, part.number));
    io::fault_point("s3.multipart.complete.before");
    stored = commit_record(bucket, key, blob, *std::move(whole), conditions, std::move(batch));
    io::fault_point("s3.multipart.complete.after");
  }
  if (!stored) return stored;
  for (const ListedPart& part : present_parts) blobs_->free(part.record.blob);
  return stored;
}

ApiResult<void> Store::abort_upload(std::string_view bucket, std::string_view key, std::string_view id) {
  std::vector<ListedPart> parts;
  {
    MutexLock lock(stripes_[stripe_of(bucket, key)]);
    CHECK(find_upload(bucket, key, id));
    TRY(parts, parts_of(id));
    IndexBatch batch;
    batch.removals.push_back(keys::upload(bucket, key, id));
    for (const ListedPart& part : parts) batch.removals.push_back(keys::part(id, part.number));
    CHECK(index_->commit(batch));
  }
  for (const ListedPart& part : parts) blobs_->free(part.record.blob);
  return {};
}

}  // namespace tickerlake::s3
