#pragma once
// For tests: a folder as an object store, each folder in it a bucket.
#include <algorithm>
#include <filesystem>
#include <fstream>
#include <string>

#include "io/file.h"
#include "services/objects.h"

namespace tickerlake::glue {

class FolderObjects final : public services::Objects {
 public:
  explicit FolderObjects(std::filesystem::path root) : root_(std::move(root)) {}

  Result<std::vector<services::ObjectInfo>> list(std::string_view bucket, std::string_view prefix,
                                                 std::string_view start_after, std::size_t limit) override {
    const auto base = root_ / bucket;
    if (!std::filesystem::exists(base)) return fail(ErrorCode::not_found, "no bucket " + std::string(bucket));
    std::vector<services::ObjectInfo> objects;
    for (const auto& entry : std::filesystem::recursive_directory_iterator(base)) {
      if (!entry.is_regular_file()) continue;
      auto key = entry.path().lexically_relative(base).string();
      if (!key.starts_with(prefix) || key <= start_after) continue;
      objects.push_back({std::move(key), static_cast<std::int64_t>(entry.file_size()), "", 0});
    }
    std::ranges::sort(objects, {}, &services::ObjectInfo::key);
    if (objects.size() > limit) objects.resize(limit);
    return objects;
  }
  Result<services::PinnedObject> pin(std::string_view bucket, std::string_view key) override {
    const auto path = root_ / bucket / key;
    if (!std::filesystem::exists(path)) return fail(ErrorCode::not_found, "no object " + std::string(key));
    return services::PinnedObject{path, static_cast<std::int64_t>(std::filesystem::file_size(path)), nullptr};
  }
  Result<void> make_bucket(std::string_view bucket) override { return io::make_directories(root_ / bucket); }
  Result<void> put(std::string_view bucket, std::string_view key, std::string_view, std::string_view bytes) override {
    const auto path = root_ / bucket / key;
    CHECK(io::make_directories(path.parent_path()));
    std::ofstream(path, std::ios::binary) << bytes;
    return {};
  }
  Result<void> put_file(std::string_view bucket, std::string_view key, std::string_view type,
                        const std::filesystem::path& file) override {
    TRY(const auto bytes, io::read_file(file));
    return put(bucket, key, type, bytes);
  }
  Result<void> remove(std::string_view bucket, std::string_view key) override {
    return io::remove_file(root_ / bucket / key);
  }

 private:
  const std::filesystem::path root_;
};

}  // namespace tickerlake::glue
