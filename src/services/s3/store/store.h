#pragma once
// The object store: buckets, objects, multipart uploads. What it promises:
//  * A write is durable when its call returns; its one atomic moment is the commit of its index entry, made under its
//    conditions. Readers see the object before or after it, never a part.
//  * Whoever has opened or pinned an object can read it to its end, whatever happens to the key meanwhile.
// The API above parses requests; nothing here knows HTTP.
#include <array>
#include <atomic>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <thread>
#include <vector>

#include "base/log.h"
#include "base/metrics.h"
#include "base/mutex.h"
#include "services/objects.h"
#include "services/s3/error.h"
#include "services/s3/store/blobs.h"
#include "services/s3/store/index.h"
#include "services/s3/store/records.h"
#include "services/s3/store/usage.h"

namespace tickerlake::s3 {

constexpr std::size_t max_key_bytes = 1024;
constexpr std::int64_t max_object_bytes = std::int64_t{5} << 40;
constexpr std::int64_t max_put_bytes = 5_GiB;   // of a PUT and of a part
constexpr std::int64_t min_part_bytes = 5_MiB;  // but for the last one
constexpr std::uint32_t max_parts = 10'000;

/// Under which a write may happen; looked at in its atomic moment.
struct WriteConditions {
  std::optional<std::string> if_match;  // the present ETag, without quotes; or "*"
  bool if_none_match = false;           // If-None-Match: *
  bool any() const { return if_match || if_none_match; }
};

struct OpenObject {
  ObjectRecord record;
  std::shared_ptr<const Blob> blob;
};

struct ListQuery {
  std::string prefix;
  std::string delimiter;
  std::string start_after;  // a key, or a common prefix that the last page ended with
  std::size_t limit = 1000;
};

template <class Item>
struct Page {
  std::vector<Item> items;
  std::vector<std::string> common_prefixes;
  bool truncated = false;
  std::string last;  // the greatest key or common prefix of this page
};

struct ListedObject {
  std::string key;
  ObjectRecord record;
};

struct ListedUpload {
  std::string key;
  std::string id;
  UploadRecord record;
};

struct ListedPart {
  std::uint32_t number = 0;
  PartRecord record;
};

/// One entry of CompleteMultipartUpload.
struct CompletedPart {
  std::uint32_t number = 0;
  std::string etag;
  std::optional<Checksum> checksum;
};

/// What CompleteMultipartUpload may state about the whole.
struct CompleteExpectations {
  std::optional<Checksum> checksum;
  std::optional<ChecksumType> checksum_type;
  std::optional<std::int64_t> size;
};

/// Thread-safe. Lock order: buckets_mutex_, then stripes by their index; no reading or writing of blobs under them.
class Store final : public services::Objects {
 public:
  /// Creates the folder if it is missing. Sweeping orphaned blobs goes on in the background.
  static Result<std::unique_ptr<Store>> open(const io::Path& path, Log log);
  ~Store() override;
  Store(const Store&) = delete;
  Store& operator=(const Store&) = delete;

  // Buckets. BucketAlreadyOwnedByYou, NoSuchBucket, BucketNotEmpty, InvalidBucketName.
  ApiResult<void> create_bucket(std::string_view name, std::string_view region);
  ApiResult<BucketRecord> bucket(std::string_view name) const;
  ApiResult<std::vector<std::pair<std::string, BucketRecord>>> buckets() const;
  /// Drops the bucket's unfinished uploads too.
  ApiResult<void> delete_bucket(std::string_view name);

  // Objects. NoSuchBucket, NoSuchKey; PreconditionFailed for conditions.
  ApiResult<ObjectRecord> find(std::string_view bucket, std::string_view key) const;
  ApiResult<OpenObject> open_object(std::string_view bucket, std::string_view key);
  Result<BlobWriter> new_blob() { return blobs_->create(); }
  Result<BlobWriter> new_link(const Blob& source, std::int64_t size) { return blobs_->create_link(source, size); }
  /// Whether a write would be allowed now: lets a doomed one fail before its body is sent.
  ApiResult<void> check(std::string_view bucket, std::string_view key, const WriteConditions& conditions) const;
  /// Makes the blob the object's content. Sets record.blob, size and modified; gives the record as stored.
  ApiResult<ObjectRecord> commit(std::string_view bucket, std::string_view key, BlobWriter blob, ObjectRecord record,
                                 const WriteConditions& conditions);
  /// New headers for the same bytes: an object copied onto itself. The ETag must still be that of `seen`.
  ApiResult<ObjectRecord> replace_record(std::string_view bucket, std::string_view key, const ObjectRecord& seen,
                                         ObjectRecord record, const WriteConditions& conditions);
  ApiResult<void> set_tags(std::string_view bucket, std::string_view key, Pairs tags);
  /// Removing what is not there succeeds, unless a condition asks for it.
  ApiResult<void> remove_object(std::string_view bucket, std::string_view key, const WriteConditions& conditions);
  struct Removal {
    std::string key;
    WriteConditions conditions;
  };
  /// Many at once, with one commit; a result each.
  ApiResult<std::vector<ApiResult<void>>> remove_objects(std::string_view bucket, const std::vector<Removal>& removals);
  ApiResult<Page<ListedObject>> list_objects(std::string_view bucket, const ListQuery& query) const;

  // Multipart uploads. NoSuchUpload, InvalidPart, EntityTooSmall.
  ApiResult<std::string> create_upload(std::string_view bucket, std::string_view key, const UploadRecord& record);
  ApiResult<UploadRecord> find_upload(std::string_view bucket, std::string_view key, std::string_view id) const;
  ApiResult<PartRecord> put_part(std::string_view bucket, std::string_view key, std::string_view id,
                                 std::uint32_t number, BlobWriter blob, PartRecord record);
  /// Up to limit parts with numbers above after.
  ApiResult<Page<ListedPart>> list_parts(std::string_view bucket, std::string_view key, std::string_view id,
                                         std::uint32_t after, std::size_t limit) const;
  /// The parts must be in ascending order. Completing the same upload again gives the same answer.
  ApiResult<ObjectRecord> complete_upload(std::string_view bucket, std::string_view key, std::string_view id,
                                          const std::vector<CompletedPart>& parts,
                                          const CompleteExpectations& expectations, const WriteConditions& conditions);
  ApiResult<void> abort_upload(std::string_view bucket, std::string_view key, std::string_view id);
  /// query.start_after is the key marker; uploads of that very key follow only behind id_marker (none when it is
  /// empty).
  ApiResult<Page<ListedUpload>> list_uploads(std::string_view bucket, const ListQuery& query,
                                             std::string_view id_marker) const;

  /// For metrics: the buckets' content, and what becomes of blobs.
  void collect(Exposition& into) const;

  // services::Objects
  Result<std::vector<services::ObjectInfo>> list(std::string_view bucket, std::string_view prefix,
                                                 std::string_view start_after, std::size_t limit) override;
  Result<services::PinnedObject> pin(std::string_view bucket, std::string_view key) override;
  Result<void> put(std::string_view bucket, std::string_view key, std::string_view content_type,
                   std::string_view bytes) override;
  Result<void> put_file(std::string_view bucket, std::string_view key, std::string_view content_type,
                        const std::filesystem::path& file) override;
  Result<void> remove(std::string_view bucket, std::string_view key) override;
  Result<void> make_bucket(std::string_view bucket) override;

 private:
  Store(std::unique_ptr<Index> index, std::unique_ptr<Blobs> blobs, Log log);
  void sweep();
  void count_usage(IndexCursor& at_opening);
  ApiResult<std::optional<ObjectRecord>> current(std::string_view bucket, std::string_view key) const;
  ApiResult<ObjectRecord> commit_record(std::string_view bucket, std::string_view key, BlobWriter& blob,
                                        ObjectRecord record, const WriteConditions& conditions, IndexBatch batch);
  ApiResult<std::vector<ListedPart>> parts_of(std::string_view id) const;
  ApiResult<ObjectRecord> plan_complete(const UploadRecord& upload, const std::vector<ListedPart>& uploaded,
                                        const std::vector<CompletedPart>& parts,
                                        const CompleteExpectations& expectations,
                                        std::vector<ListedPart>& chosen) const;
  ApiResult<BlobWriter> join_parts(const std::vector<ListedPart>& parts);
  static constexpr std::size_t stripes =
      48;  // deleting a bucket holds them all; TSan follows up to 64 locks of a thread
  std::size_t stripe_of(std::string_view bucket, std::string_view key) const;

  // constant after construction
  const Log log_;
  const std::unique_ptr<Index> index_;
  const std::unique_ptr<Blobs> blobs_;
  Usage usage_;

  Mutex buckets_mutex_;                 // one creation or deletion of a bucket at a time
  std::array<Mutex, stripes> stripes_;  // the moment of a key's commit, chosen by its hash
  std::atomic<bool> stopping_ = false;
  std::thread sweeper_;  // last: starts when all else is there
};

/// What became of conditions against the present object.
ApiResult<void> check_conditions(const WriteConditions& conditions, const std::optional<ObjectRecord>& present);
/// 3 to 63 of a-z 0-9 . -, beginning and ending with a letter or digit, no two dots in a row, not like an IP address.
bool is_bucket_name(std::string_view name);
/// The common prefix a key rolls up into, or nothing.
std::optional<std::string_view> common_prefix_of(std::string_view key, std::string_view prefix,
                                                 std::string_view delimiter);

}  // namespace tickerlake::s3
