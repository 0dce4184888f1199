#include "services/s3/store/store.h"

#include <algorithm>
#include <functional>

#include "base/time.h"

namespace tickerlake::s3 {

Result<std::unique_ptr<Store>> Store::open(const io::Path& path, Log log) {
  CHECK(io::make_directories(path));
  TRY(auto index, Index::open(path / "index", log));
  TRY(auto blobs, Blobs::open(path / "blobs", log));
  return std::unique_ptr<Store>(new Store(std::move(index), std::move(blobs), std::move(log)));
}

Store::Store(std::unique_ptr<Index> index, std::unique_ptr<Blobs> blobs, Log log)
    : log_(std::move(log)),
      index_(std::move(index)),
      blobs_(std::move(blobs)),
      // The cursor sees the index as it is now, before any change that usage_ is told of.
      sweeper_([this, at_opening = index_->cursor()]() mutable {
        count_usage(*at_opening);
        at_opening.reset();  // or the index could not be opened anew
        sweep();
      }) {}

Store::~Store() {
  stopping_ = true;
  sweeper_.join();
}

void Store::count_usage(IndexCursor& at_opening) {
  std::map<std::string, BucketUsage, std::less<>> counted;
  for (at_opening.seek("O"); at_opening.valid() && at_opening.key().starts_with('O'); at_opening.next()) {
    if (stopping_) return;
    const auto record = decode_object(at_opening.value());
    if (!record) continue;  // said by the sweep
    const std::string_view name = at_opening.key().substr(1);
    BucketUsage& usage = counted[std::string(name.substr(0, name.find('\0')))];
    ++usage.objects;
    usage.bytes += record->size;
  }
  usage_.set_base(counted);
}

void Store::collect(Exposition& into) const {
  if (const auto usage = usage_.now()) {
    for (const auto& [bucket, of] : *usage) {
      into.gauge("tickerlake_s3_objects", "Objects in a bucket.", {{"bucket", bucket}},
                 static_cast<double>(of.objects));
      into.gauge("tickerlake_s3_bytes", "Bytes of a bucket's objects.", {{"bucket", bucket}},
                 static_cast<double>(of.bytes));
    }
  }
  const Blobs::Counts blobs = blobs_->counts();
  into.gauge("tickerlake_s3_blobs_pinned", "Blobs that are being read.", {}, static_cast<double>(blobs.pinned));
  into.gauge("tickerlake_s3_blobs_awaiting_removal", "Blobs of replaced or deleted objects that are still being read.",
             {}, static_cast<double>(blobs.freed));
}

// Blobs of earlier runs that no entry names. Entries made since then name blobs of this run, which are left alone.
void Store::sweep() {
  std::vector<BlobId> named;
  const auto collect = [&](std::string_view prefix, auto decode) {
    const auto cursor = index_->cursor();
    for (cursor->seek(prefix); cursor->valid() && cursor->key().starts_with(prefix) && !stopping_; cursor->next()) {
      const auto record = decode(cursor->value());
      if (!record) {
        log_.error("{}; leaving all blobs as they are", record.error().message);
        return false;
      }
      named.push_back(record->blob);
    }
    return !stopping_.load();
  };
  // Parts first: completing an upload moves a blob's name from a part to an object.
  if (!collect("P", decode_part) || !collect("O", decode_object)) return;
  std::sort(named.begin(), named.end());
  blobs_->sweep([&](const BlobId& id) { return std::binary_search(named.begin(), named.end(), id); }, stopping_);
}

std::size_t Store::stripe_of(std::string_view bucket, std::string_view key) const {
  const std::hash<std::string_view> hash;
  return (hash(bucket) * 31 + hash(key)) % stripes;
}

ApiResult<void> check_conditions(const WriteConditions& conditions, const std::optional<ObjectRecord>& present) {
  if (conditions.if_none_match && present) {
    return std::unexpected(ApiError(Code::PreconditionFailed).with("Condition", "If-None-Match"));
  }
  if (conditions.if_match) {
    if (!present) return fail(Code::NoSuchKey);
    if (*conditions.if_match != "*" && *conditions.if_match != present->etag) {
      return std::unexpected(ApiError(Code::PreconditionFailed).with("Condition", "If-Match"));
    }
  }
  return {};
}

ApiResult<std::optional<ObjectRecord>> Store::current(std::string_view bucket, std::string_view key) const {
  TRY(const auto bytes, index_->get(keys::object(bucket, key)));
  if (!bytes) {
    CHECK(this->bucket(bucket));
    return std::nullopt;
  }
  TRY(auto record, decode_object(*bytes));
  return record;
}

ApiResult<ObjectRecord> Store::find(std::string_view bucket, std::string_view key) const {
  TRY(auto record, current(bucket, key));
  if (!record) return std::unexpected(ApiError(Code::NoSuchKey).with("Key", std::string(key)));
  return *std::move(record);
}

ApiResult<OpenObject> Store::open_object(std::string_view bucket, std::string_view key) {
  constexpr int attempts = 100;  // each needs another writer to have replaced the object in between
  for (int attempt = 0; attempt < attempts; ++attempt) {
    TRY(auto record, find(bucket, key));
    auto blob = blobs_->pin(record.blob);
    if (blob) return OpenObject{std::move(record), *std::move(blob)};
    if (blob.error().code != ErrorCode::not_found) return std::unexpected(ApiError(blob.error()));
    TRY(const auto again, current(bucket, key));
    if (again && again->blob == record.blob) {
      log_.error("the blob {} of {}/{} is missing", blobs_->path(record.blob).string(), bucket, key);
      return fail(Code::InternalError, "The object's bytes are missing on disk");
    }
  }
  return fail(Code::ServiceUnavailable, "The object is replaced faster than it can be opened");
}

ApiResult<void> Store::check(std::string_view bucket, std::string_view key, const WriteConditions& conditions) const {
  if (!conditions.any()) {
    CHECK(this->bucket(bucket));
    return {};
  }
  TRY(const auto present, current(bucket, key));
  return check_conditions(conditions, present);
}

ApiResult<ObjectRecord> Store::commit_record(std::string_view bucket, std::string_view key, BlobWriter& blob,
                                             ObjectRecord record, const WriteConditions& conditions, IndexBatch batch) {
  CHECK(this->bucket(bucket));
  TRY(const auto present, current(bucket, key));
  CHECK(check_conditions(conditions, present));
  record.blob = blob.id();
  record.size = blob.size();
  record.modified = SystemClock().now_ms();
  batch.puts.emplace_back(keys::object(bucket, key), encode(record));
  // Also when the commit fails: it may be in the index's log all the same, and be there after the next start. If it is
  // not, the blob is swept then.
  blob.keep();
  CHECK(index_->commit(batch));
  usage_.change(bucket, present ? 0 : 1, record.size - (present ? present->size : 0));
  if (present) blobs_->free(present->blob);
  return record;
}

ApiResult<ObjectRecord> Store::commit(std::string_view bucket, std::string_view key, BlobWriter blob,
                                      ObjectRecord record, const WriteConditions& conditions) {
  CHECK(blob.seal());
  MutexLock lock(stripes_[stripe_of(bucket, key)]);
  return commit_record(bucket, key, blob, std::move(record), conditions, {});
}

ApiResult<ObjectRecord> Store::replace_record(std::string_view bucket, std::string_view key, const ObjectRecord& seen,
                                              ObjectRecord record, const WriteConditions& conditions) {
  MutexLock lock(stripes_[stripe_of(bucket, key)]);
  TRY(const auto present, current(bucket, key));
  CHECK(check_conditions(conditions, present));
  if (!present || present->blob != seen.blob) return fail(Code::ConditionalRequestConflict);
  record.blob = seen.blob;
  record.size = seen.size;
  record.modified = SystemClock().now_ms();
  CHECK(index_->commit({.puts = {{keys::object(bucket, key), encode(record)}}, .removals = {}}));
  return record;
}

ApiResult<void> Store::set_tags(std::string_view bucket, std::string_view key, Pairs tags) {
  MutexLock lock(stripes_[stripe_of(bucket, key)]);
  TRY(auto record, find(bucket, key));
  record.tags = std::move(tags);
  CHECK(index_->commit({.puts = {{keys::object(bucket, key), encode(record)}}, .removals = {}}));
  return {};
}

ApiResult<void> Store::remove_object(std::string_view bucket, std::string_view key, const WriteConditions& conditions) {
  TRY(auto results, remove_objects(bucket, {{std::string(key), conditions}}));
  return std::move(results.front());
}

ApiResult<std::vector<ApiResult<void>>> Store::remove_objects(std::string_view bucket,
                                                              const std::vector<Removal>& removals) {
  std::vector<std::size_t> needed;
  for (const Removal& removal : removals) needed.push_back(stripe_of(bucket, removal.key));
  std::sort(needed.begin(), needed.end());
  needed.erase(std::unique(needed.begin(), needed.end()), needed.end());

  CHECK(this->bucket(bucket));
  std::vector<ApiResult<void>> results;
  std::vector<BlobId> freed;
  std::int64_t freed_bytes = 0;
  {
    std::vector<std::unique_ptr<MutexLock>> locks;
    for (const std::size_t stripe : needed) locks.push_back(std::make_unique<MutexLock>(stripes_[stripe]));
    IndexBatch batch;
    for (const Removal& removal : removals) {
      TRY(const auto present, current(bucket, removal.key));
      auto allowed = check_conditions(removal.conditions, present);
      if (allowed && present && std::find(freed.begin(), freed.end(), present->blob) == freed.end()) {
        batch.removals.push_back(keys::object(bucket, removal.key));
        freed.push_back(present->blob);
        freed_bytes += present->size;
      }
      results.push_back(std::move(allowed));
    }
    if (!batch.removals.empty()) CHECK(index_->commit(batch));
    usage_.change(bucket, -std::ssize(freed), -freed_bytes);
  }
  for (const BlobId& blob : freed) blobs_->free(blob);
  return results;
}

}  // namespace tickerlake::s3
