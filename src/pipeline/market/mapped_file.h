#pragma once
// A file as bytes in memory, paged in as they are read.
#include <filesystem>
#include <string_view>

#include "base/result.h"

namespace tickerlake::pipeline {

/// Read-only. The file must not be cut short while it is mapped.
class MappedFile {
 public:
  /// ErrorCode::not_found, io. An empty file is an empty text.
  static Result<MappedFile> open(const std::filesystem::path& path);

  MappedFile() = default;
  ~MappedFile();
  MappedFile(MappedFile&& other) noexcept;
  MappedFile& operator=(MappedFile&& other) noexcept;

  std::string_view text() const { return {static_cast<const char*>(data_), size_}; }

 private:
  void* data_ = nullptr;
  std::size_t size_ = 0;
};

}  // namespace tickerlake::pipeline
