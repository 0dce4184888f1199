#include "pipeline/market/mapped_file.h"

#include <sys/mman.h>

#include <utility>

#include "io/file.h"

namespace tickerlake::pipeline {

Result<MappedFile> MappedFile::open(const std::filesystem::path& path) {
  TRY(const io::File file, io::File::open(path, io::File::Mode::read));
  TRY(const std::int64_t size, file.size());
  MappedFile mapped;
  if (size == 0) return mapped;
  void* data = ::mmap(nullptr, static_cast<std::size_t>(size), PROT_READ, MAP_PRIVATE, file.descriptor(), 0);
  if (data == MAP_FAILED) return fail_errno("mapping " + path.string(), errno);
  mapped.data_ = data;
  mapped.size_ = static_cast<std::size_t>(size);
  return mapped;
}

MappedFile::~MappedFile() {
  if (data_ != nullptr) ::munmap(data_, size_);
}

MappedFile::MappedFile(MappedFile&& other) noexcept
    : data_(std::exchange(other.data_, nullptr)), size_(std::exchange(other.size_, 0)) {}

MappedFile& MappedFile::operator=(MappedFile&& other) noexcept {
  std::swap(data_, other.data_);
  std::swap(size_, other.size_);
  return *this;
}

}  // namespace tickerlake::pipeline
