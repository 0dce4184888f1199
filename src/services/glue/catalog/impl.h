#pragma once
// What the parts of Catalog share: row access that expects the lock to be held.
#include <memory>
#include <string>
#include <string_view>

#include "services/glue/catalog/catalog.h"
#include "services/glue/catalog/store.h"

namespace tickerlake::glue {

struct Catalog::Impl {
  std::unique_ptr<Store> store;

  TimestampMs now() const { return store->clock->now_ms(); }
  /// Errors: not_found. Names are folded already.
  Result<void> require_database(std::string_view name) const TL_REQUIRES(store->mutex);
  Result<Table> read_table(std::string_view database, std::string_view name) const TL_REQUIRES(store->mutex);
};

/// A name that Glue takes: 1 to 255 bytes, no control characters, no '/'. what begins the message ("Table name").
Result<void> check_name(std::string_view what, std::string_view name);

}  // namespace tickerlake::glue
