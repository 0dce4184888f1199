#pragma once
// A range of an open file that leaves by sendfile. The slice keeps the file open, also after its name is removed.
#include <cstdint>
#include <memory>

#include "io/file.h"

namespace tickerlake::io {

struct FileSlice {
  std::shared_ptr<const File> file;
  std::int64_t position = 0;
  std::int64_t length = 0;

  bool empty() const { return length == 0; }
  /// The slice's bytes in memory, for callers that parse them. The caller bounds length.
  Result<Buffer> load() const {
    Buffer bytes(static_cast<std::size_t>(length));
    if (length > 0) CHECK(file->read_exactly_at(position, bytes));
    return bytes;
  }
};

}  // namespace tickerlake::io
