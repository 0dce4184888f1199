#include "services/fsck/fsck.h"

#include <algorithm>

namespace tickerlake::services {
namespace {

constexpr const char* lost_and_found = "lost+found";

}  // namespace

Result<io::Path> Fsck::place_aside(const io::Path& path) const {
  const io::Path wanted = data / lost_and_found / path.lexically_relative(data);
  CHECK(io::make_directories(wanted.parent_path()));
  io::Path free = wanted;
  for (int i = 1; std::filesystem::exists(std::filesystem::symlink_status(free)); ++i) {
    free = wanted;
    free += "." + std::to_string(i);
  }
  return free;
}

Result<void> Fsck::set_aside(const io::Path& path) const {
  TRY(const io::Path to, place_aside(path));
  CHECK(io::rename(path, to));
  CHECK(io::sync_directory(to.parent_path()));
  return io::sync_directory(path.parent_path());
}

Result<void> Fsck::note_aside(const std::string& file, const std::string& line) const {
  const io::Path folder = data / lost_and_found;
  CHECK(io::make_directories(folder));
  TRY(const io::File to, io::File::open(folder / file, io::File::Mode::read_write));
  TRY(const std::int64_t end, to.size());
  CHECK(to.write_at(end, as_bytes(line + "\n")));
  CHECK(to.sync());
  return io::sync_directory(folder);
}

Result<void> remove_tree(const io::Path& path) {
  std::error_code error;
  std::filesystem::remove_all(path, error);
  if (error) return fail_errno("can't remove " + path.string(), error.value());
  return io::sync_directory(path.parent_path());
}

void check_temporary_files(Fsck& fsck, const io::Path& folder) {
  for (const std::string& name : names_in(folder)) {
    if (!name.ends_with(".new")) continue;
    const io::Path path = folder / name;
    fsck.say({.kind = Finding::Kind::leftover,
              .place = fsck.shown(path),
              .problem = "a file's replacement that was never completed",
              .lost = "nothing",
              .remedy = "remove it"},
             [&] { return io::remove_file(path); });
  }
}

std::vector<std::string> names_in(const io::Path& folder) {
  std::vector<std::string> names;
  std::error_code error;
  for (std::filesystem::directory_iterator it(folder, error), end; !error && it != end; it.increment(error)) {
    names.push_back(it->path().filename().string());
  }
  std::ranges::sort(names);
  return names;
}

}  // namespace tickerlake::services
