// The store's buckets.
#include <algorithm>

#include "services/s3/store/store.h"

namespace tickerlake::s3 {

bool is_bucket_name(std::string_view name) {
  const auto is_digit = [](char c) { return c >= '0' && c <= '9'; };
  const auto is_alnum = [&](char c) { return is_digit(c) || (c >= 'a' && c <= 'z'); };
  if (name.size() < 3 || name.size() > 63 || !is_alnum(name.front()) || !is_alnum(name.back())) return false;
  if (!std::all_of(name.begin(), name.end(), [&](char c) { return is_alnum(c) || c == '.' || c == '-'; })) return false;
  if (name.find("..") != std::string_view::npos || name.starts_with("xn--")) return false;
  // Reserved by AWS for names of other kinds.
  if (name.starts_with("sthree-") || name.ends_with("-s3alias") || name.ends_with("--ol-s3")) return false;
  const bool like_ip = std::count(name.begin(), name.end(), '.') == 3 &&
                       std::all_of(name.begin(), name.end(), [&](char c) { return is_digit(c) || c == '.'; });
  return !like_ip;
}

ApiResult<BucketRecord> Store::bucket(std::string_view name) const {
  TRY(const auto bytes, index_->get(keys::bucket(name)));
  if (!bytes) return std::unexpected(ApiError(Code::NoSuchBucket).with("BucketName", std::string(name)));
  TRY(auto record, decode_bucket(*bytes));
  return record;
}

ApiResult<void> Store::create_bucket(std::string_view name, std::string_view region) {
  if (!is_bucket_name(name)) {
    return std::unexpected(ApiError(Code::InvalidBucketName).with("BucketName", std::string(name)));
  }
  MutexLock lock(buckets_mutex_);
  TRY(const auto present, index_->get(keys::bucket(name)));
  if (present) return std::unexpected(ApiError(Code::BucketAlreadyOwnedByYou).with("BucketName", std::string(name)));
  const BucketRecord record{.created = SystemClock().now_ms(), .region = std::string(region)};
  CHECK(index_->commit({.puts = {{keys::bucket(name), encode(record)}}, .removals = {}}));
  return {};
}

ApiResult<std::vector<std::pair<std::string, BucketRecord>>> Store::buckets() const {
  std::vector<std::pair<std::string, BucketRecord>> found;
  const std::string prefix = keys::buckets();
  const auto cursor = index_->cursor();
  for (cursor->seek(prefix); cursor->valid() && cursor->key().starts_with(prefix); cursor->next()) {
    TRY(auto record, decode_bucket(cursor->value()));
    found.emplace_back(cursor->key().substr(prefix.size()), std::move(record));
  }
  return found;
}

ApiResult<void> Store::delete_bucket(std::string_view name) {
  MutexLock lock(buckets_mutex_);
  CHECK(bucket(name));
  IndexBatch batch;
  std::vector<BlobId> freed;
  {
    // No commit of any key may come between the look into the bucket and its end.
    std::vector<std::unique_ptr<MutexLock>> locks;
    for (Mutex& stripe : stripes_) locks.push_back(std::make_unique<MutexLock>(stripe));
    const auto cursor = index_->cursor();
    cursor->seek(keys::objects_of(name));
    if (cursor->valid() && cursor->key().starts_with(keys::objects_of(name))) {
      return std::unexpected(ApiError(Code::BucketNotEmpty).with("BucketName", std::string(name)));
    }
    const std::string uploads = keys::uploads_of(name);
    for (cursor->seek(uploads); cursor->valid() && cursor->key().starts_with(uploads); cursor->next()) {
      const auto upload = keys::parse_upload(cursor->key(), name);
      batch.removals.emplace_back(cursor->key());
      if (!upload) continue;
      TRY(const auto parts, parts_of(upload->id));
      for (const ListedPart& part : parts) {
        batch.removals.push_back(keys::part(upload->id, part.number));
        freed.push_back(part.record.blob);
      }
    }
    batch.removals.push_back(keys::bucket(name));
    CHECK(index_->commit(batch));
  }
  for (const BlobId& blob : freed) blobs_->free(blob);
  return {};
}

}  // namespace tickerlake::s3
