#pragma once
// Files that hold secrets.
#include <string_view>

#include "base/result.h"
#include "io/file.h"

namespace tickerlake::io {

/// write_file_atomically() for what nobody but the owner may read: its mode is set on an empty file, before anything is
/// in it.
Result<void> write_private_file(const Path& path, std::string_view content);

}  // namespace tickerlake::io
