#include "io/private_file.h"

namespace tickerlake::io {

Result<void> write_private_file(const Path& path, std::string_view content) {
  Path temporary = path;
  temporary += ".new";
  {
    CHECK(remove_file(temporary));
    TRY(const File created, File::open(temporary, File::Mode::create_new));
    std::error_code error;
    std::filesystem::permissions(temporary, std::filesystem::perms::owner_read | std::filesystem::perms::owner_write,
                                 error);
    if (error) return fail_errno("can't protect " + temporary.string(), error.value());
    CHECK(created.write_at(0, as_bytes(content)));
    CHECK(created.sync());
  }
  CHECK(io::rename(temporary, path));
  return sync_directory(path.has_parent_path() ? path.parent_path() : Path("."));
}

}  // namespace tickerlake::io
