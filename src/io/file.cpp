#include "io/file.h"

#include <fcntl.h>
#include <sys/file.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <climits>
#include <cstdlib>
#include <vector>

#include "base/panic.h"
#include "io/fault_point.h"

namespace tickerlake::io {

Result<File> File::open(const Path& path, Mode mode) {
  int flags = O_CLOEXEC;
  switch (mode) {
    case Mode::read:
      flags |= O_RDONLY;
      break;
    case Mode::read_write:
      flags |= O_RDWR | O_CREAT;
      break;
    case Mode::create_new:
      flags |= O_RDWR | O_CREAT | O_EXCL;
      break;
  }
  const int descriptor = ::open(path.c_str(), flags, 0644);
  if (descriptor < 0) {
    if (errno == ENOENT) return fail(ErrorCode::not_found, path.string() + ": no such file or folder");
    if (errno == EEXIST) return fail(ErrorCode::already_exists, path.string() + ": exists already");
    return fail_errno("can't open " + path.string(), errno);
  }
  return File(descriptor, path);
}

File::~File() {
  if (descriptor_ >= 0) ::close(descriptor_);
}
File::File(File&& other) noexcept : descriptor_(std::exchange(other.descriptor_, -1)), path_(std::move(other.path_)) {}
File& File::operator=(File&& other) noexcept {
  std::swap(descriptor_, other.descriptor_);
  std::swap(path_, other.path_);
  return *this;
}

Result<std::size_t> File::read_at(std::int64_t position, MutableBytes into) const {
  std::size_t done = 0;
  while (done < into.size()) {
    const ssize_t n =
        ::pread(descriptor_, into.data() + done, into.size() - done, position + static_cast<std::int64_t>(done));
    if (n == 0) break;
    if (n < 0) {
      if (errno == EINTR) continue;
      return fail_errno("can't read " + path_.string(), errno);
    }
    done += static_cast<std::size_t>(n);
  }
  return done;
}

Result<void> File::read_exactly_at(std::int64_t position, MutableBytes into) const {
  TRY(const std::size_t n, read_at(position, into));
  if (n < into.size()) {
    return fail(ErrorCode::corrupt, path_.string() + " ends at byte " +
                                        std::to_string(position + static_cast<std::int64_t>(n)) + ", " +
                                        std::to_string(into.size() - n) + " bytes early");
  }
  return {};
}

Result<void> File::write_at(std::int64_t position, ByteView bytes) const {
  const ByteView parts[] = {bytes};
  return write_parts_at(position, parts);
}

Result<void> File::write_parts_at(std::int64_t position, std::span<const ByteView> parts) const {
  std::vector<iovec> vectors;
  vectors.reserve(parts.size());
  for (ByteView part : parts) {
    if (!part.empty()) vectors.push_back({const_cast<std::byte*>(part.data()), part.size()});
  }
  std::size_t first = 0;
  while (first < vectors.size()) {
    const int count = static_cast<int>(std::min<std::size_t>(vectors.size() - first, IOV_MAX));
    ssize_t n = ::pwritev(descriptor_, &vectors[first], count, position);
    if (n < 0) {
      if (errno == EINTR) continue;
      return fail_errno("can't write " + path_.string(), errno);
    }
    position += n;
    while (n > 0 && first < vectors.size()) {
      const std::size_t step = std::min(static_cast<std::size_t>(n), vectors[first].iov_len);
      vectors[first].iov_base = static_cast<std::byte*>(vectors[first].iov_base) + step;
      vectors[first].iov_len -= step;
      n -= static_cast<ssize_t>(step);
      if (vectors[first].iov_len == 0) ++first;
    }
  }
  return {};
}

Result<void> File::copy_from(const File& from, std::int64_t from_position, std::int64_t length,
                             std::int64_t position) const {
  while (length > 0) {
    off_t source = from_position;
    off_t target = position;
    const ssize_t n =
        ::copy_file_range(from.descriptor_, &source, descriptor_, &target, static_cast<std::size_t>(length), 0);
    if (n < 0 && errno == EINTR) continue;
    if (n < 0 && (errno == EXDEV || errno == EINVAL || errno == EOPNOTSUPP || errno == ENOSYS)) {
      // File systems that can't do it inside the kernel.
      Buffer buffer(static_cast<std::size_t>(std::min<std::int64_t>(length, 256_KiB)));
      CHECK(from.read_exactly_at(from_position, buffer));
      CHECK(write_at(position, buffer));
      const auto copied = static_cast<std::int64_t>(buffer.size());
      from_position += copied, position += copied, length -= copied;
      continue;
    }
    if (n < 0) return fail_errno("can't copy " + from.path_.string() + " to " + path_.string(), errno);
    if (n == 0) return fail(ErrorCode::corrupt, from.path_.string() + " is shorter than expected");
    from_position += n, position += n, length -= n;
  }
  return {};
}

Result<std::int64_t> File::size() const {
  struct stat status{};
  if (::fstat(descriptor_, &status) != 0) return fail_errno("can't stat " + path_.string(), errno);
  return status.st_size;
}

Result<std::int64_t> File::modified_ms() const {
  struct stat status{};
  if (::fstat(descriptor_, &status) != 0) return fail_errno("can't stat " + path_.string(), errno);
  return static_cast<std::int64_t>(status.st_mtim.tv_sec) * 1000 + status.st_mtim.tv_nsec / 1'000'000;
}

void File::begin_sync() const { ::sync_file_range(descriptor_, 0, 0, SYNC_FILE_RANGE_WRITE); }

Result<void> File::truncate(std::int64_t size) const {
  if (::ftruncate(descriptor_, size) != 0) return fail_errno("can't truncate " + path_.string(), errno);
  return {};
}

Result<void> File::sync() const {
  if (::fdatasync(descriptor_) != 0) return fail_errno("can't sync " + path_.string(), errno);
  return {};
}

std::int64_t raise_open_file_limit() {
  rlimit limit{};
  if (::getrlimit(RLIMIT_NOFILE, &limit) != 0) return 0;
  limit.rlim_cur = limit.rlim_max;
  ::setrlimit(RLIMIT_NOFILE, &limit);
  return limit.rlim_max > INT32_MAX ? INT32_MAX : static_cast<std::int64_t>(limit.rlim_max);
}

Result<std::string> read_file(const Path& path) {
  TRY(const File file, File::open(path, File::Mode::read));
  TRY(const std::int64_t size, file.size());
  std::string content(static_cast<std::size_t>(size), '\0');
  TRY(const std::size_t n, file.read_at(0, std::as_writable_bytes(std::span(content))));
  content.resize(n);
  return content;
}

Result<void> write_file_atomically(const Path& path, std::string_view content) {
  Path temporary = path;
  temporary += ".new";
  {
    TRY(const File file, File::open(temporary, File::Mode::read_write));
    CHECK(file.truncate(0));
    CHECK(file.write_at(0, as_bytes(content)));
    CHECK(file.sync());
  }
  io::fault_point("io.replace_file.rename.before");
  CHECK(io::rename(temporary, path));
  io::fault_point("io.replace_file.rename.after");
  return sync_directory(path.has_parent_path() ? path.parent_path() : Path("."));
}

// The names last when it returns: what is synced below a folder is nowhere if the folder's own name is not.
Result<void> make_directories(const Path& path) {
  std::error_code error;
  if (path.empty() || std::filesystem::is_directory(path, error)) return {};
  CHECK(make_directories(path.parent_path()));
  std::filesystem::create_directory(path, error);
  if (error) return fail_errno("can't make the folder " + path.string(), error.value());
  return sync_directory(path.has_parent_path() ? path.parent_path() : Path("."));
}

Result<void> sync_directory(const Path& path) {
  const int descriptor = ::open(path.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC);
  if (descriptor < 0) return fail_errno("can't open the folder " + path.string(), errno);
  const int failed = ::fsync(descriptor) != 0 ? errno : 0;
  ::close(descriptor);
  if (failed != 0) return fail_errno("can't sync the folder " + path.string(), failed);
  return {};
}

Result<void> rename(const Path& from, const Path& to) {
  if (::rename(from.c_str(), to.c_str()) != 0) {
    return fail_errno("can't rename " + from.string() + " to " + to.string(), errno);
  }
  return {};
}

Result<void> hard_link(const Path& existing, const Path& name) {
  if (::link(existing.c_str(), name.c_str()) != 0) {
    if (errno == ENOENT) return fail(ErrorCode::not_found, existing.string() + ": no such file or folder");
    if (errno == EEXIST) return fail(ErrorCode::already_exists, name.string() + ": exists already");
    return fail_errno("can't link " + existing.string() + " to " + name.string(), errno);
  }
  return {};
}

Result<void> remove_file(const Path& path) {
  if (::unlink(path.c_str()) != 0 && errno != ENOENT) return fail_errno("can't remove " + path.string(), errno);
  return {};
}

Result<DirectoryLock> DirectoryLock::acquire(const Path& directory) {
  TRY(File file, File::open(directory / "lock", File::Mode::read_write));
  if (::flock(file.descriptor(), LOCK_EX | LOCK_NB) != 0) {
    if (errno != EWOULDBLOCK) return fail_errno("can't lock " + file.path().string(), errno);
    const std::string holder = read_file(file.path()).value_or("");
    return fail(ErrorCode::conflict, directory.string() + " is in use by process " + (holder.empty() ? "?" : holder));
  }
  CHECK(file.truncate(0));
  CHECK(file.write_at(0, as_bytes(std::to_string(::getpid()))));
  return DirectoryLock(std::move(file));
}

TemporaryDirectory::TemporaryDirectory() {
  std::string name = (std::filesystem::temp_directory_path() / "tickerlake-XXXXXX").string();
  ensure(::mkdtemp(name.data()) != nullptr, "the temporary folder can be written");
  path_ = name;
}

TemporaryDirectory::~TemporaryDirectory() {
  std::error_code ignored;
  std::filesystem::remove_all(path_, ignored);
}

}  // namespace tickerlake::io
