#pragma once
// An ordered map of bytes to bytes on disk with atomic, durable batches. Hides RocksDB.
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "base/log.h"
#include "base/result.h"
#include "io/file.h"

namespace tickerlake::s3 {

/// What one commit changes: all of it or nothing.
struct IndexBatch {
  std::vector<std::pair<std::string, std::string>> puts;
  std::vector<std::string> removals;
};

/// Entries in the order of their bytes, as they were when the cursor was made. One thread at a time.
class IndexCursor {
 public:
  virtual ~IndexCursor() = default;
  /// At the first entry that is not before key.
  virtual void seek(std::string_view key) = 0;
  virtual void next() = 0;
  virtual bool valid() const = 0;
  /// Valid until the cursor moves.
  virtual std::string_view key() const = 0;
  virtual std::string_view value() const = 0;
};

/// Thread-safe. A full disk fails commits (ErrorCode::exhausted) until there is room again; any other write that the
/// disk refuses ends the process: what is on it then is unknown.
class Index {
 public:
  static Result<std::unique_ptr<Index>> open(const io::Path& path, const Log& log);
  /// For looking only: nothing on disk changes, commit() fails. ErrorCode::not_found when there is none.
  static Result<std::unique_ptr<Index>> open_read_only(const io::Path& path);
  /// Reads every file and compares its checksums. ErrorCode::internal.
  virtual Result<void> verify() const = 0;
  /// Builds it anew out of what can still be read of its files; entries may be missing or, having been deleted, be
  /// back. The caller has a copy.
  static Result<void> salvage(const io::Path& path);
  virtual ~Index() = default;
  virtual Result<std::optional<std::string>> get(std::string_view key) const = 0;
  /// Durable when it returns; commits of several threads share one sync.
  virtual Result<void> commit(const IndexBatch& batch) = 0;
  virtual std::unique_ptr<IndexCursor> cursor() const = 0;
};

/// The first byte string behind all those that start with prefix; nothing when there is none.
std::optional<std::string> after_prefix(std::string_view prefix);

}  // namespace tickerlake::s3
