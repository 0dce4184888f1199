#pragma once
// Places in the object store, and the objects there that are a table's data.
#include <string>
#include <string_view>
#include <vector>

#include "services/athena/engine/failure.h"
#include "services/objects.h"

namespace tickerlake::athena {

/// s3://bucket/key
struct Location {
  std::string bucket;
  std::string key;  // may be empty; no leading '/'

  std::string uri() const { return "s3://" + bucket + "/" + key; }
  /// The place as a folder: its key is empty or ends with '/'.
  Location folder() const;
  Location operator/(std::string_view name) const { return {bucket, folder().key + std::string(name)}; }
};

/// Also s3a:// and s3n://. HIVE_METASTORE_ERROR for anything else.
Outcome<Location> parse_location(std::string_view uri);

constexpr std::size_t max_objects_per_table = 1'000'000;

/// The data under a folder: without empty objects, and without what Hive hides (a part of the path below the folder
/// that starts with '_' or '.'). A missing bucket is a failure, an empty folder is not.
Outcome<std::vector<services::ObjectInfo>> list_data(services::Objects& objects, const Location& folder);

/// Whether anything at all lies below the folder.
Outcome<bool> is_empty(services::Objects& objects, const Location& folder);

}  // namespace tickerlake::athena
