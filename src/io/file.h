#pragma once
// Files: every write, sync and rename of the program goes through here, so that faults can be put in one place.
#include <sys/uio.h>

#include <cstdint>
#include <filesystem>
#include <span>
#include <string>
#include <string_view>

#include "base/bytes.h"
#include "base/result.h"

namespace tickerlake::io {

using Path = std::filesystem::path;

/// A file descriptor with one owner. Reads and writes at positions are thread-safe; appends need one writer.
class File {
 public:
  enum class Mode {
    read,        // must exist
    read_write,  // created if missing
    create_new,  // read and write; ErrorCode::already_exists if it is there
  };
  static Result<File> open(const Path& path, Mode mode);

  File() = default;
  ~File();
  File(File&& other) noexcept;
  File& operator=(File&& other) noexcept;

  /// Reads up to into.size() bytes; fewer only at the end of the file.
  Result<std::size_t> read_at(std::int64_t position, MutableBytes into) const;
  /// ErrorCode::corrupt when the file ends before into is full.
  Result<void> read_exactly_at(std::int64_t position, MutableBytes into) const;
  Result<void> write_at(std::int64_t position, ByteView bytes) const;
  /// Writes the parts one after the other, as one pwritev where possible.
  Result<void> write_parts_at(std::int64_t position, std::span<const ByteView> parts) const;
  /// Copies length bytes of another file to a position here, inside the kernel; ErrorCode::corrupt when that file is
  /// shorter.
  Result<void> copy_from(const File& from, std::int64_t from_position, std::int64_t length,
                         std::int64_t position) const;
  Result<std::int64_t> size() const;
  /// When the content last changed, in milliseconds since 1970.
  Result<std::int64_t> modified_ms() const;
  Result<void> truncate(std::int64_t size) const;
  /// Asks the kernel to begin writing what is dirty, without waiting for it; sync() is still needed. A hint.
  void begin_sync() const;
  /// fdatasync. After a failure the pages may be lost: the caller must not go on as if they were written.
  Result<void> sync() const;

  int descriptor() const { return descriptor_; }
  const Path& path() const { return path_; }
  bool is_open() const { return descriptor_ >= 0; }

 private:
  File(int descriptor, Path path) : descriptor_(descriptor), path_(std::move(path)) {}
  int descriptor_ = -1;
  Path path_;
};

/// Whole files, for small ones.
Result<std::string> read_file(const Path& path);
/// Writes to a temporary name, syncs, renames, syncs the folder: readers see the old or the new content, never a part.
Result<void> write_file_atomically(const Path& path, std::string_view content);

Result<void> make_directories(const Path& path);
Result<void> sync_directory(const Path& path);
Result<void> rename(const Path& from, const Path& to);
/// A second name for the same bytes. ErrorCode::not_found, already_exists.
Result<void> hard_link(const Path& existing, const Path& name);
/// Removing what is not there is no error.
Result<void> remove_file(const Path& path);

/// Lets this process have as many open files as the system permits it; the usual default of 1024 is for shells. How
/// many that is.
std::int64_t raise_open_file_limit();

/// Holds an advisory lock on a folder (its file "lock") for as long as it lives.
class DirectoryLock {
 public:
  /// ErrorCode::conflict when another process holds it; the message names its process id.
  static Result<DirectoryLock> acquire(const Path& directory);

 private:
  explicit DirectoryLock(File file) : file_(std::move(file)) {}
  File file_;
};

/// A folder under the system's temporary folder, removed with its content at the end of its life.
class TemporaryDirectory {
 public:
  TemporaryDirectory();
  ~TemporaryDirectory();
  TemporaryDirectory(const TemporaryDirectory&) = delete;
  TemporaryDirectory& operator=(const TemporaryDirectory&) = delete;
  const Path& path() const { return path_; }

 private:
  Path path_;
};

}  // namespace tickerlake::io
