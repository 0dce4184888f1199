#pragma once
// When a blob's file may go: once no index entry names it and nobody reads it.
#include <map>

#include "services/s3/store/blob_id.h"

namespace tickerlake::s3 {

/// A state machine without I/O or threads: the mutex of Blobs covers it, and tests/simulation runs it through all
/// interleavings. Who is told to remove a file does that without the mutex and then calls removed(); until then nobody
/// can pin the blob. So a file goes once, and never under a reader who knows it by its path.
class BlobLifecycle {
 public:
  struct Use {
    int readers = 0;
    bool freed = false;
  };

  /// False when it has been freed: the index has changed since the caller looked, which has to look again.
  [[nodiscard]] bool pin(const BlobId& id) {
    Use& use = uses_[id];
    if (use.freed) return false;
    ++use.readers;
    return true;
  }
  /// True when the last reader of a freed blob leaves: the caller removes its file.
  [[nodiscard]] bool unpin(const BlobId& id) {
    const auto found = uses_.find(id);
    if (--found->second.readers > 0) return false;
    if (found->second.freed) return true;
    uses_.erase(found);
    return false;
  }
  /// No index entry names it, nor will again. True when the caller removes its file; otherwise the last reader does, or
  /// somebody who freed it before. Both who replaces an object and the sweep may free the same blob.
  [[nodiscard]] bool free(const BlobId& id) {
    Use& use = uses_[id];
    if (use.freed) return false;
    use.freed = true;
    return use.readers == 0;
  }
  void removed(const BlobId& id) { uses_.erase(id); }

  /// Blobs that are read, or freed and not removed yet.
  const std::map<BlobId, Use>& uses() const { return uses_; }

 private:
  std::map<BlobId, Use> uses_;
};

}  // namespace tickerlake::s3
