// The store as the crawler and the query engine see it.
#include "services/s3/store/ingest.h"
#include "services/s3/store/store.h"

namespace tickerlake::s3 {
namespace {

template <class T>
Result<T> plain(ApiResult<T> result) {
  if (!result) return std::unexpected(to_error(result.error()));
  if constexpr (std::is_void_v<T>) {
    return {};
  } else {
    return *std::move(result);
  }
}

Result<void> store_ingested(Store& store, std::string_view bucket, std::string_view key, std::string_view content_type,
                            Ingest ingest) {
  auto done = std::move(ingest).finish();
  ObjectRecord record;
  record.etag = hex(done.md5);
  record.headers = {{"content-type", std::string(content_type)}};
  record.checksum = std::move(done.checksum);
  CHECK(plain(store.commit(bucket, key, std::move(done.blob), std::move(record), {})));
  return {};
}

}  // namespace

Result<std::vector<services::ObjectInfo>> Store::list(std::string_view bucket, std::string_view prefix,
                                                      std::string_view start_after, std::size_t limit) {
  const ListQuery query{
      .prefix = std::string(prefix), .delimiter = {}, .start_after = std::string(start_after), .limit = limit};
  TRY(auto page, plain(list_objects(bucket, query)));
  std::vector<services::ObjectInfo> objects;
  objects.reserve(page.items.size());
  for (ListedObject& item : page.items) {
    objects.push_back({std::move(item.key), item.record.size, std::move(item.record.etag), item.record.modified});
  }
  return objects;
}

Result<services::PinnedObject> Store::pin(std::string_view bucket, std::string_view key) {
  TRY(auto object, plain(open_object(bucket, key)));
  return services::PinnedObject{blobs_->path(object.record.blob), object.record.size, std::move(object.blob)};
}

Result<void> Store::put(std::string_view bucket, std::string_view key, std::string_view content_type,
                        std::string_view bytes) {
  CHECK(plain(this->bucket(bucket)));
  if (key.empty() || key.size() > max_key_bytes) return fail(ErrorCode::invalid_argument, "a key has 1 to 1024 bytes");
  TRY(auto blob, new_blob());
  Ingest ingest(std::move(blob), ChecksumAlgorithm::crc64nvme);
  CHECK(ingest.write(as_bytes(bytes)));
  return store_ingested(*this, bucket, key, content_type, std::move(ingest));
}

Result<void> Store::put_file(std::string_view bucket, std::string_view key, std::string_view content_type,
                             const std::filesystem::path& file) {
  CHECK(plain(this->bucket(bucket)));
  if (key.empty() || key.size() > max_key_bytes) return fail(ErrorCode::invalid_argument, "a key has 1 to 1024 bytes");
  TRY(const io::File source, io::File::open(file, io::File::Mode::read));
  TRY(auto blob, new_blob());
  Ingest ingest(std::move(blob), ChecksumAlgorithm::crc64nvme);
  Buffer buffer(static_cast<std::size_t>(256_KiB));
  while (true) {
    TRY(const std::size_t n, source.read_at(ingest.size(), buffer));
    if (n == 0) break;
    CHECK(ingest.write(ByteView(buffer).first(n)));
  }
  return store_ingested(*this, bucket, key, content_type, std::move(ingest));
}

Result<void> Store::remove(std::string_view bucket, std::string_view key) {
  return plain(remove_object(bucket, key, {}));
}

Result<void> Store::make_bucket(std::string_view bucket) {
  const auto created = create_bucket(bucket, "us-east-1");
  if (!created && created.error().code != Code::BucketAlreadyOwnedByYou) {
    return std::unexpected(to_error(created.error()));
  }
  return {};
}

}  // namespace tickerlake::s3
