#include "services/athena/engine/location.h"

namespace tickerlake::athena {
namespace {

constexpr std::size_t page_size = 1000;

bool is_hidden(std::string_view path_below) {
  std::size_t start = 0;
  while (start <= path_below.size()) {
    if (start < path_below.size() && (path_below[start] == '_' || path_below[start] == '.')) return true;
    const auto slash = path_below.find('/', start);
    if (slash == std::string_view::npos) break;
    start = slash + 1;
  }
  return path_below.ends_with("_$folder$");
}

}  // namespace

Location Location::folder() const { return {bucket, key.empty() || key.ends_with('/') ? key : key + "/"}; }

Outcome<Location> parse_location(std::string_view uri) {
  for (const std::string_view scheme : {"s3://", "s3a://", "s3n://"}) {
    if (!uri.starts_with(scheme)) continue;
    const auto rest = uri.substr(scheme.size());
    const auto slash = rest.find('/');
    Location location{std::string(rest.substr(0, slash)), ""};
    if (slash != std::string_view::npos) location.key = rest.substr(slash + 1);
    if (!location.bucket.empty()) return location;
  }
  return fail_query(error_type::execution, "HIVE_METASTORE_ERROR: '" + std::string(uri) + "' is no S3 location");
}

Outcome<std::vector<services::ObjectInfo>> list_data(services::Objects& objects, const Location& folder) {
  const auto prefix = folder.folder().key;
  std::vector<services::ObjectInfo> found;
  std::string after;
  while (true) {
    TRY(auto page, told(objects.list(folder.bucket, prefix, after, page_size), failure_of_service));
    const bool last = page.size() < page_size;
    if (!last) after = page.back().key;
    for (auto& object : page) {
      if (object.size == 0 || is_hidden(std::string_view(object.key).substr(prefix.size()))) continue;
      found.push_back(std::move(object));
    }
    if (found.size() > max_objects_per_table) {
      return fail_query(error_type::resources,
                        "more than " + std::to_string(max_objects_per_table) + " objects in " + folder.uri());
    }
    if (last) return found;
  }
}

Outcome<bool> is_empty(services::Objects& objects, const Location& folder) {
  TRY(const auto page, told(objects.list(folder.bucket, folder.folder().key, "", 1), failure_of_service));
  return page.empty();
}

}  // namespace tickerlake::athena
