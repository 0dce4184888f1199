#pragma once
// What the crawler and the query engine need of the object store: the store implements it, app/ wires it.
#include <cstdint>
#include <filesystem>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"
#include "base/time.h"

namespace tickerlake::services {

struct ObjectInfo {
  std::string key;
  std::int64_t size = 0;
  std::string etag;  // without quotes
  TimestampMs modified = 0;
};

/// An object's bytes as a local file that stays, whatever happens to the key, while this value or a copy lives.
struct PinnedObject {
  std::filesystem::path path;
  std::int64_t size = 0;
  std::shared_ptr<const void> pin;
};

/// Thread-safe. Errors: not_found (bucket or key), io.
class Objects {
 public:
  virtual ~Objects() = default;
  /// Up to limit objects whose keys start with prefix and come after start_after, in the order of their UTF-8 bytes.
  virtual Result<std::vector<ObjectInfo>> list(std::string_view bucket, std::string_view prefix,
                                               std::string_view start_after, std::size_t limit) = 0;
  virtual Result<PinnedObject> pin(std::string_view bucket, std::string_view key) = 0;
  /// Makes the bucket unless it is there.
  virtual Result<void> make_bucket(std::string_view bucket) = 0;
  /// Durable when it returns.
  virtual Result<void> put(std::string_view bucket, std::string_view key, std::string_view content_type,
                           std::string_view bytes) = 0;
  /// The same with the content of a local file.
  virtual Result<void> put_file(std::string_view bucket, std::string_view key, std::string_view content_type,
                                const std::filesystem::path& file) = 0;
  virtual Result<void> remove(std::string_view bucket, std::string_view key) = 0;
};

}  // namespace tickerlake::services
