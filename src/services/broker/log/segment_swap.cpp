#include "services/broker/log/segment_swap.h"

#include <fmt/format.h>

#include <cstdio>

#include "io/fault_point.h"
#include "services/broker/log/segment.h"
#include "services/broker/log/segment_listing.h"

namespace tickerlake::broker {

namespace {

Result<void> remove_folder(const io::Path& path) {
  std::error_code error;
  std::filesystem::remove_all(path, error);
  if (error) return fail_errno("can't remove " + path.string(), error.value());
  return {};
}

struct Swap {
  Offset base;
  Offset next;
};

Result<std::optional<Swap>> read_swap(const io::Path& directory) {
  const auto text = io::read_file(directory / swap_file_name);
  if (!text) {
    if (text.error().code == ErrorCode::not_found) return std::optional<Swap>();
    return std::unexpected(text.error());
  }
  long long base = 0, next = 0;
  if (std::sscanf(text->c_str(), "version 1\nbase %lld\nnext %lld\n", &base, &next) != 2 || base < 0 || next <= base) {
    return fail(ErrorCode::corrupt, (directory / swap_file_name).string() + " can't be read");
  }
  return std::optional(Swap{Offset(base), Offset(next)});
}

}  // namespace

Result<void> prepare_cleaned_folder(const io::Path& directory) {
  const io::Path folder = directory / cleaned_folder;
  CHECK(remove_folder(folder));
  return io::make_directories(folder);
}

Result<void> commit_swap(const io::Path& directory, Offset base, Offset next) {
  CHECK(io::sync_directory(directory / cleaned_folder));
  io::fault_point("broker.compaction.commit.before");
  // Syncs the partition's folder too, and with it the name of the other.
  CHECK(io::write_file_atomically(directory / swap_file_name,
                                  fmt::format("version 1\nbase {}\nnext {}\n", base.value(), next.value())));
  io::fault_point("broker.compaction.commit.after");
  return {};
}

Result<void> finish_swap(const io::Path& directory) {
  const io::Path folder = directory / cleaned_folder;
  TRY(const auto swap, read_swap(directory));
  if (!swap) return std::filesystem::exists(folder) ? remove_folder(folder) : Result<void>();
  TRY(const auto bases, segment_bases(directory));
  for (const Offset base : bases) {
    if (base <= swap->base || base >= swap->next) continue;
    CHECK(Segment::remove(directory, base));
    io::fault_point("broker.compaction.remove.after");
  }
  std::error_code error;
  for (const auto& entry : std::filesystem::directory_iterator(folder, error)) {
    CHECK(io::rename(entry.path(), directory / entry.path().filename()));
    io::fault_point("broker.compaction.rename.after");
  }
  // The folder may be gone with only its last step, the removal of "swap", left to do.
  if (error && error != std::errc::no_such_file_or_directory) {
    return fail_errno("can't list " + folder.string(), error.value());
  }
  CHECK(io::sync_directory(directory));
  CHECK(io::remove_file(directory / swap_file_name));
  io::fault_point("broker.compaction.swap.after");
  CHECK(io::sync_directory(directory));
  return remove_folder(folder);
}

}  // namespace tickerlake::broker
