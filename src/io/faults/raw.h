#pragma once
// The system calls themselves, past the functions that this library replaces.
#include <fcntl.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <cstddef>
#include <cstdint>

namespace faults::raw {

inline int open(const char* path, int flags, mode_t mode = 0644) {
  return static_cast<int>(::syscall(SYS_openat, AT_FDCWD, path, flags, mode));
}
inline int close(int descriptor) { return static_cast<int>(::syscall(SYS_close, descriptor)); }
inline ssize_t write(int descriptor, const void* bytes, std::size_t size) {
  return ::syscall(SYS_write, descriptor, bytes, size);
}
inline ssize_t pwrite(int descriptor, const void* bytes, std::size_t size, off_t at) {
  return ::syscall(SYS_pwrite64, descriptor, bytes, size, at);
}
inline int ftruncate(int descriptor, off_t size) {
  return static_cast<int>(::syscall(SYS_ftruncate, descriptor, size));
}
inline int unlink(const char* path) { return static_cast<int>(::syscall(SYS_unlink, path)); }
inline int rmdir(const char* path) { return static_cast<int>(::syscall(SYS_rmdir, path)); }
inline int mkdir(const char* path, mode_t mode) { return static_cast<int>(::syscall(SYS_mkdir, path, mode)); }
inline int rename(const char* from, const char* to) { return static_cast<int>(::syscall(SYS_rename, from, to)); }
inline int link(const char* from, const char* to) { return static_cast<int>(::syscall(SYS_link, from, to)); }

}  // namespace faults::raw
