#pragma once
// Named JSON documents beside the catalog's tables: crawlers, their history, classifiers, tags, statistics.
#include <boost/json/object.hpp>
#include <cstddef>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "base/result.h"

namespace tickerlake::glue {

struct Store;

/// A view of the documents of one Catalog, valid as long as that lives. Thread-safe; a change is durable when the
/// function returns. A kind is a constant of the code ("crawler"), a name may be any text.
class Documents {
 public:
  using Named = std::pair<std::string, boost::json::object>;
  explicit Documents(Store& store) : store_(&store) {}

  /// Adds or replaces.
  Result<void> put(std::string_view kind, std::string_view name, const boost::json::object& body);
  /// Errors: not_found.
  Result<boost::json::object> get(std::string_view kind, std::string_view name) const;
  /// Up to limit documents by name, those after start_after.
  Result<std::vector<Named>> list(std::string_view kind, std::string_view start_after, std::size_t limit) const;
  /// Removing what is not there is no error.
  Result<void> remove(std::string_view kind, std::string_view name);
  /// Every document of the kind whose name starts with prefix.
  Result<void> remove_all(std::string_view kind, std::string_view prefix);

 private:
  Store* store_;
};

}  // namespace tickerlake::glue
