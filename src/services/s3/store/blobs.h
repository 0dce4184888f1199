#pragma once
// Blobs: immutable files that hold objects' and parts' bytes. docs/formats/object-store.md says where they lie.
//
// A blob is written under its final name, made durable by seal(), and belongs to the store once an index entry names
// it; until then its writer removes it, and what a crash leaves is swept on the next start. Freed blobs stay until
// their last reader has gone.
#include <atomic>
#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "base/bytes.h"
#include "base/log.h"
#include "base/mutex.h"
#include "base/result.h"
#include "io/file.h"
#include "services/s3/store/blob_id.h"
#include "services/s3/store/blob_lifecycle.h"

namespace tickerlake::s3 {

class Blobs;
struct BlobFolder;

/// A blob that is open for reading and stays while this lives.
class Blob {
 public:
  Blob(Blobs& blobs, BlobId id, io::File file) : blobs_(blobs), id_(id), file_(std::move(file)) {}
  ~Blob();
  Blob(const Blob&) = delete;
  Blob& operator=(const Blob&) = delete;
  const BlobId& id() const { return id_; }
  const io::File& file() const { return file_; }

 private:
  Blobs& blobs_;
  const BlobId id_;
  const io::File file_;
};

/// A blob in the making; removed at the end of its life unless kept. One thread at a time.
class BlobWriter {
 public:
  BlobWriter(BlobWriter&& other) noexcept;
  BlobWriter& operator=(BlobWriter&&) = delete;
  ~BlobWriter();
  Result<void> write(ByteView bytes);
  Result<void> append(const Blob& from, std::int64_t position, std::int64_t length);
  /// Durable, the name included, when it returns.
  Result<void> seal();
  /// An index entry names it now.
  void keep() { kept_ = true; }
  const BlobId& id() const { return id_; }
  std::int64_t size() const { return size_; }

 private:
  friend class Blobs;
  BlobWriter(Blobs& blobs, BlobId id, std::shared_ptr<BlobFolder> folder)
      : blobs_(blobs), id_(id), folder_(std::move(folder)) {}
  Blobs& blobs_;
  BlobId id_;
  std::shared_ptr<BlobFolder> folder_;
  io::File file_;  // not open for a blob that is a second name of another's file
  std::int64_t size_ = 0;
  std::int64_t begun_ = 0;  // up to here the kernel was asked to begin writing
  bool kept_ = false;
};

/// Thread-safe. Outlives every Blob and BlobWriter. A failed sync of a folder ends the process.
class Blobs {
 public:
  static Result<std::unique_ptr<Blobs>> open(const io::Path& root, Log log);

  Result<BlobWriter> create();
  /// A new blob with the bytes of another, sharing its file.
  Result<BlobWriter> create_link(const Blob& source, std::int64_t size);
  /// ErrorCode::not_found when it has been freed: the index has changed meanwhile, look again.
  Result<std::shared_ptr<const Blob>> pin(const BlobId& id);
  /// No index entry names it any more.
  void free(const BlobId& id);
  /// Frees what earlier runs left: their blobs for which is_named says no. Stops early when `stop` becomes true.
  void sweep(const std::function<bool(const BlobId&)>& is_named, const std::atomic<bool>& stop);

  struct Counts {
    std::size_t pinned = 0;  // have readers
    std::size_t freed = 0;   // of them, those that go with their last reader
  };
  Counts counts() const TL_EXCLUDES(mutex_);

  /// For logs and tests.
  io::Path path(const BlobId& id) const;

 private:
  friend class Blob;
  friend class BlobWriter;
  Blobs(io::Path root, std::uint32_t first_folder, Log log)
      : root_(std::move(root)), first_folder_(first_folder), log_(std::move(log)), next_folder_(first_folder) {}
  io::Path folder_path(std::uint32_t folder) const;
  Result<std::shared_ptr<BlobFolder>> folder_for_one_more() TL_EXCLUDES(mutex_);
  void sync_folder(BlobFolder& folder);
  void unpin(const BlobId& id) TL_EXCLUDES(mutex_);
  void remove(const BlobId& id);
  void remove_freed(const BlobId& id) TL_EXCLUDES(mutex_);

  // constant after construction
  const io::Path root_;
  const std::uint32_t first_folder_;  // of this run; every run begins a new one
  const Log log_;

  mutable Mutex mutex_;
  BlobLifecycle lifecycle_ TL_GUARDED_BY(mutex_);
  std::shared_ptr<BlobFolder> current_ TL_GUARDED_BY(mutex_);
  std::uint32_t next_folder_ TL_GUARDED_BY(mutex_);
};

}  // namespace tickerlake::s3
