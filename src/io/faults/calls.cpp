// The functions of libc that change files, as the program and its libraries call them.
#include "io/faults/calls.h"

#include <fnmatch.h>
#include <stdarg.h>
#include <sys/uio.h>
#include <time.h>

#include <array>
#include <atomic>
#include <cerrno>
#include <climits>
#include <cstring>

#include "io/faults/raw.h"

namespace faults {
namespace {

constexpr int most_descriptors = 1 << 16;
enum class Kind : std::uint8_t { other, file, folder };
std::array<std::atomic<Kind>, most_descriptors> kinds;

Kind kind_of(int descriptor) {
  if (descriptor < 0 || descriptor >= most_descriptors || !is_ready()) return Kind::other;
  return kinds[static_cast<std::size_t>(descriptor)];
}
void set_kind(int descriptor, Kind kind) {
  if (descriptor >= 0 && descriptor < most_descriptors) kinds[static_cast<std::size_t>(descriptor)] = kind;
}

/// The absolute name if the library watches it, else an empty one. SQLite maps its -shm files and makes them anew.
std::string watched(int folder, const char* path) {
  if (!is_ready() || path == nullptr) return {};
  const std::string& data = state().config.data;
  if (data.empty()) return {};
  std::string name = path;
  if (!name.starts_with('/')) {
    char here[PATH_MAX];
    if (folder == AT_FDCWD) {
      name = std::string(::getcwd(here, sizeof here) == nullptr ? "" : here) + "/" + name;
    } else {
      name = path_of(folder) + "/" + name;
    }
  }
  if (!name.starts_with(data) || name.size() <= data.size() + 1 || name[data.size()] != '/') return {};
  if (name.ends_with("-shm")) return {};
  while (name.ends_with('/')) name.pop_back();
  return name;
}

/// Whether the call shall fail now; sets errno. The caller holds the mutex.
bool fails(std::string_view call, const std::string& path) {
  State& all = state();
  for (Failure& failure : all.config.failures) {
    if (failure.call != call || ::fnmatch(failure.glob.c_str(), path.c_str(), 0) != 0) continue;
    ++failure.seen;
    all.random = all.random * 6364136223846793005u + 1442695040888963407u;
    const bool now =
        failure.at > 0 ? failure.seen == failure.at : static_cast<int>((all.random >> 33) % 100) < failure.percent;
    if (!now) continue;
    errno = failure.error;
    return true;
  }
  return false;
}

bool is_ignored(std::string_view call, const std::string& path) {
  for (const Ignored& ignored : state().config.ignored) {
    if (ignored.call == call && ::fnmatch(ignored.glob.c_str(), path.c_str(), 0) == 0) return true;
  }
  return false;
}

/// How much of a write the disk has room for; -1 with errno when there is none.
ssize_t take_space(std::size_t size) {
  std::int64_t& space = state().config.space;
  if (space < 0 || size == 0) return static_cast<ssize_t>(size);
  if (space == 0) {
    errno = ENOSPC;
    return -1;
  }
  const auto taken = std::min<std::int64_t>(space, static_cast<std::int64_t>(size));
  space -= taken;
  return taken;
}

/// A write of the watched kind: `call` writes up to a number of bytes.
template <class Call>
ssize_t write_watched(int descriptor, off_t position, std::size_t size, const Call& call) {
  State& all = state();
  const std::lock_guard lock(all.disk.mutex);
  if (fails("write", all.config.failures.empty() ? std::string() : path_of(descriptor))) return -1;
  const ssize_t room = take_space(size);
  if (room < 0) return -1;
  if (position < 0) {
    struct stat status{};
    ::fstat(descriptor, &status);
    position = (::fcntl(descriptor, F_GETFL) & O_APPEND) != 0 ? status.st_size : ::lseek(descriptor, 0, SEEK_CUR);
  }
  all.disk.will_write(descriptor, position, static_cast<std::size_t>(room));
  return call(static_cast<std::size_t>(room));
}

std::size_t total(const iovec* parts, int count) {
  std::size_t sum = 0;
  for (int i = 0; i < count; ++i) sum += parts[i].iov_len;
  return sum;
}

ssize_t write_parts(int descriptor, const iovec* parts, int count, off_t position) {
  const auto raw_call = [&](const iovec* vector, int length) {
    return position < 0 ? ::syscall(SYS_writev, descriptor, vector, length)
                        : ::syscall(SYS_pwritev, descriptor, vector, length, position, 0);
  };
  if (kind_of(descriptor) != Kind::file) return raw_call(parts, count);
  return write_watched(descriptor, position, total(parts, count), [&](std::size_t room) -> ssize_t {
    std::vector<iovec> fitting(parts, parts + count);
    std::size_t left = room;
    for (iovec& part : fitting) {
      part.iov_len = std::min(part.iov_len, left);
      left -= part.iov_len;
    }
    return raw_call(fitting.data(), count);
  });
}

int open_any(int folder, const char* path, int flags, mode_t mode) {
  const auto plain = [&](int its_flags) {
    return static_cast<int>(::syscall(SYS_openat, folder, path, its_flags, mode));
  };
  const std::string name = watched(folder, path);
  if (name.empty()) {
    const int descriptor = plain(flags);
    if (descriptor >= 0 && is_ready()) {
      const bool root = (flags & O_DIRECTORY) != 0 && path_of(descriptor) == state().config.data;
      set_kind(descriptor, root ? Kind::folder : Kind::other);
    }
    return descriptor;
  }
  State& all = state();
  const std::lock_guard lock(all.disk.mutex);
  struct stat status{};
  const bool there = ::lstat(name.c_str(), &status) == 0;
  if (!there && (flags & O_CREAT) != 0) {
    if (fails("make", name)) return -1;
    if (all.config.space == 0) {
      errno = ENOSPC;
      return -1;
    }
  }
  const bool truncates = there && (flags & O_TRUNC) != 0 && S_ISREG(status.st_mode) && status.st_size > 0;
  const int descriptor = plain(truncates ? flags & ~O_TRUNC : flags);
  if (descriptor < 0) return -1;
  ::fstat(descriptor, &status);
  set_kind(descriptor, S_ISDIR(status.st_mode) ? Kind::folder : S_ISREG(status.st_mode) ? Kind::file : Kind::other);
  if (!there && (flags & O_CREAT) != 0) all.disk.created(name, false);
  if (truncates) {
    all.disk.will_truncate(descriptor, 0);
    raw::ftruncate(descriptor, 0);
  }
  return descriptor;
}

int sync_any(int descriptor, long number) {
  const Kind kind = kind_of(descriptor);
  if (kind == Kind::other) return static_cast<int>(::syscall(number, descriptor));
  State& all = state();
  const std::string path = path_of(descriptor);
  const char* call = kind == Kind::folder ? "foldersync" : "sync";
  std::uint64_t covered = 0;
  long pause_us = 0;
  {
    const std::lock_guard lock(all.disk.mutex);
    if (is_ignored(call, path)) return 0;
    if (fails(call, path)) return -1;
    covered = kind == Kind::folder ? all.disk.begin_folder_sync() : all.disk.begin_file_sync(descriptor);
    if (all.config.slow_ms > 0) {
      all.random = all.random * 6364136223846793005u + 1442695040888963407u;
      pause_us = static_cast<long>((all.random >> 33) % static_cast<std::uint64_t>(all.config.slow_ms * 1000));
    }
  }
  // The disk itself is not asked: no test takes the machine's power, and rounds are to be fast.
  const timespec pause{pause_us / 1'000'000, pause_us % 1'000'000 * 1000};
  if (pause_us > 0) ::nanosleep(&pause, nullptr);
  const std::lock_guard lock(all.disk.mutex);
  kind == Kind::folder ? all.disk.end_folder_sync(descriptor, covered) : all.disk.end_file_sync(descriptor, covered);
  return 0;
}

int truncate_open(int descriptor, off_t size) {
  if (kind_of(descriptor) != Kind::file) return raw::ftruncate(descriptor, size);
  State& all = state();
  const std::lock_guard lock(all.disk.mutex);
  all.disk.will_truncate(descriptor, size);
  return raw::ftruncate(descriptor, size);
}

int allocate(int descriptor, int mode, off_t offset, off_t length) {
  if (kind_of(descriptor) == Kind::file) {
    State& all = state();
    const std::lock_guard lock(all.disk.mutex);
    if (all.config.space == 0) {
      errno = ENOSPC;
      return -1;
    }
    all.disk.will_write(descriptor, offset, mode == 0 ? 0 : static_cast<std::size_t>(length));
    return static_cast<int>(::syscall(SYS_fallocate, descriptor, mode, offset, length));
  }
  return static_cast<int>(::syscall(SYS_fallocate, descriptor, mode, offset, length));
}

int rename_any(int from_folder, const char* from, int to_folder, const char* to) {
  const std::string source = watched(from_folder, from), target = watched(to_folder, to);
  if (source.empty() || target.empty()) {
    return static_cast<int>(::syscall(SYS_renameat, from_folder, from, to_folder, to));
  }
  State& all = state();
  const std::lock_guard lock(all.disk.mutex);
  if (fails("rename", target)) return -1;
  return all.disk.rename(source, target);
}

int link_any(int from_folder, const char* from, int to_folder, const char* to, int flags) {
  const std::string target = watched(to_folder, to);
  if (target.empty()) return static_cast<int>(::syscall(SYS_linkat, from_folder, from, to_folder, to, flags));
  State& all = state();
  const std::lock_guard lock(all.disk.mutex);
  if (fails("make", target)) return -1;
  const auto done = static_cast<int>(::syscall(SYS_linkat, from_folder, from, to_folder, to, flags));
  if (done == 0) all.disk.linked(target);
  return done;
}

int remove_any(int folder, const char* path, int flags) {
  const std::string name = watched(folder, path);
  if (name.empty()) return static_cast<int>(::syscall(SYS_unlinkat, folder, path, flags));
  State& all = state();
  const std::lock_guard lock(all.disk.mutex);
  if (fails("remove", name)) return -1;
  return (flags & AT_REMOVEDIR) != 0 ? all.disk.remove_folder(name) : all.disk.remove(name);
}

int make_folder(int folder, const char* path, mode_t mode) {
  const std::string name = watched(folder, path);
  if (name.empty()) return static_cast<int>(::syscall(SYS_mkdirat, folder, path, mode));
  State& all = state();
  const std::lock_guard lock(all.disk.mutex);
  if (fails("make", name)) return -1;
  const auto done = static_cast<int>(::syscall(SYS_mkdirat, folder, path, mode));
  if (done == 0) all.disk.created(name, true);
  return done;
}

}  // namespace
}  // namespace faults

using namespace faults;

#pragma GCC visibility push(default)
extern "C" {

#define MODE_OF(flags)                            \
  mode_t mode = 0;                                \
  if (((flags) & (O_CREAT | __O_TMPFILE)) != 0) { \
    va_list rest;                                 \
    va_start(rest, flags);                        \
    mode = va_arg(rest, mode_t);                  \
    va_end(rest);                                 \
  }

int open(const char* path, int flags, ...) {
  MODE_OF(flags)
  return open_any(AT_FDCWD, path, flags, mode);
}
int open64(const char* path, int flags, ...) {
  MODE_OF(flags)
  return open_any(AT_FDCWD, path, flags, mode);
}
int openat(int folder, const char* path, int flags, ...) {
  MODE_OF(flags)
  return open_any(folder, path, flags, mode);
}
int openat64(int folder, const char* path, int flags, ...) {
  MODE_OF(flags)
  return open_any(folder, path, flags, mode);
}
int __open_2(const char* path, int flags) { return open_any(AT_FDCWD, path, flags, 0); }
int __open64_2(const char* path, int flags) { return open_any(AT_FDCWD, path, flags, 0); }
int __openat_2(int folder, const char* path, int flags) { return open_any(folder, path, flags, 0); }
int __openat64_2(int folder, const char* path, int flags) { return open_any(folder, path, flags, 0); }
int creat(const char* path, mode_t mode) { return open_any(AT_FDCWD, path, O_CREAT | O_WRONLY | O_TRUNC, mode); }
int creat64(const char* path, mode_t mode) { return open_any(AT_FDCWD, path, O_CREAT | O_WRONLY | O_TRUNC, mode); }

int close(int descriptor) {
  set_kind(descriptor, Kind::other);
  return raw::close(descriptor);
}

ssize_t write(int descriptor, const void* bytes, size_t size) {
  if (kind_of(descriptor) != Kind::file) return raw::write(descriptor, bytes, size);
  return write_watched(descriptor, -1, size, [&](std::size_t room) { return raw::write(descriptor, bytes, room); });
}
ssize_t pwrite(int descriptor, const void* bytes, size_t size, off_t at) {
  if (kind_of(descriptor) != Kind::file) return raw::pwrite(descriptor, bytes, size, at);
  return write_watched(descriptor, at, size,
                       [&](std::size_t room) { return raw::pwrite(descriptor, bytes, room, at); });
}
ssize_t pwrite64(int descriptor, const void* bytes, size_t size, off_t at) {
  return pwrite(descriptor, bytes, size, at);
}
ssize_t writev(int descriptor, const iovec* parts, int count) { return write_parts(descriptor, parts, count, -1); }
ssize_t pwritev(int descriptor, const iovec* parts, int count, off_t at) {
  return write_parts(descriptor, parts, count, at);
}
ssize_t pwritev64(int descriptor, const iovec* parts, int count, off_t at) {
  return write_parts(descriptor, parts, count, at);
}
ssize_t copy_file_range(int from, off_t* from_at, int to, off_t* to_at, size_t size, unsigned flags) {
  const auto plain = [&](std::size_t length) -> ssize_t {
    return ::syscall(SYS_copy_file_range, from, from_at, to, to_at, length, flags);
  };
  if (kind_of(to) != Kind::file) return plain(size);
  return write_watched(to, to_at == nullptr ? -1 : *to_at, size, plain);
}

int ftruncate(int descriptor, off_t size) { return truncate_open(descriptor, size); }
int ftruncate64(int descriptor, off_t size) { return truncate_open(descriptor, size); }
int fallocate(int descriptor, int mode, off_t offset, off_t length) {
  return allocate(descriptor, mode, offset, length);
}
int fallocate64(int descriptor, int mode, off_t offset, off_t length) {
  return allocate(descriptor, mode, offset, length);
}
int posix_fallocate(int descriptor, off_t offset, off_t length) {
  return allocate(descriptor, 0, offset, length) == 0 ? 0 : errno;
}
int posix_fallocate64(int descriptor, off_t offset, off_t length) {
  return posix_fallocate(descriptor, offset, length);
}

int fsync(int descriptor) { return sync_any(descriptor, SYS_fsync); }
int fdatasync(int descriptor) { return sync_any(descriptor, SYS_fdatasync); }
// Promises nothing, so nothing is settled by it.
int sync_file_range(int descriptor, off64_t offset, off64_t length, unsigned flags) {
  if (kind_of(descriptor) == Kind::file) return 0;
  return static_cast<int>(::syscall(SYS_sync_file_range, descriptor, offset, length, flags));
}

int rename(const char* from, const char* to) { return rename_any(AT_FDCWD, from, AT_FDCWD, to); }
int renameat(int from_folder, const char* from, int to_folder, const char* to) {
  return rename_any(from_folder, from, to_folder, to);
}
int renameat2(int from_folder, const char* from, int to_folder, const char* to, unsigned flags) {
  if (flags != 0) {
    return static_cast<int>(::syscall(SYS_renameat2, from_folder, from, to_folder, to, flags));
  }
  return rename_any(from_folder, from, to_folder, to);
}
int link(const char* from, const char* to) { return link_any(AT_FDCWD, from, AT_FDCWD, to, 0); }
int linkat(int from_folder, const char* from, int to_folder, const char* to, int flags) {
  return link_any(from_folder, from, to_folder, to, flags);
}
int unlink(const char* path) { return remove_any(AT_FDCWD, path, 0); }
int unlinkat(int folder, const char* path, int flags) { return remove_any(folder, path, flags); }
int rmdir(const char* path) { return remove_any(AT_FDCWD, path, AT_REMOVEDIR); }
int remove(const char* path) {
  struct stat status{};
  if (::lstat(path, &status) != 0) return -1;
  return remove_any(AT_FDCWD, path, S_ISDIR(status.st_mode) ? AT_REMOVEDIR : 0);
}
int mkdir(const char* path, mode_t mode) { return make_folder(AT_FDCWD, path, mode); }
int mkdirat(int folder, const char* path, mode_t mode) { return make_folder(folder, path, mode); }

}  // extern "C"
#pragma GCC visibility pop
