#pragma once
// The catalog's file with its lock: what Catalog and Documents share.
#include <boost/json/object.hpp>
#include <memory>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "base/mutex.h"
#include "base/result.h"
#include "base/time.h"
#include "services/glue/catalog/sqlite.h"

namespace tickerlake::glue {

/// The version of the file's tables, SQLite's user_version. docs/formats/catalog.md describes it.
constexpr std::int64_t catalog_format = 1;

struct Store {
  Store(Sqlite opened, std::shared_ptr<const Clock> given) : clock(std::move(given)), db(std::move(opened)) {}
  const std::shared_ptr<const Clock> clock;
  mutable Mutex mutex;  // innermost: nothing is called under it but SQLite
  mutable Sqlite db TL_GUARDED_BY(mutex);
};

/// Opens the file, makes its tables where they are missing, refuses a newer format.
Result<std::unique_ptr<Store>> open_store(const std::filesystem::path& file, std::shared_ptr<const Clock> clock);

/// A stored body. corrupt when it is no JSON object.
Result<boost::json::object> parse_body(std::string_view text);

/// Texts as one key that sorts as the list of them does: 0 becomes 0 255, each ends with 0 1.
std::string encode_key(std::span<const std::string> texts);
/// The inverse; corrupt for anything encode_key() does not give.
Result<std::vector<std::string>> decode_key(std::string_view key);

/// A page token is the last key of the page, opaque to clients.
std::string encode_token(std::string_view last_key);
Result<std::string> decode_token(std::string_view token);

}  // namespace tickerlake::glue
