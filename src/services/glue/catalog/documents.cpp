#include "services/glue/catalog/documents.h"

#include <boost/json/serialize.hpp>

#include "services/glue/catalog/store.h"

namespace tickerlake::glue {

Result<void> Documents::put(std::string_view kind, std::string_view name, const boost::json::object& body) {
  const auto text = boost::json::serialize(body);
  MutexLock lock(store_->mutex);
  return store_->db.prepare("INSERT OR REPLACE INTO documents VALUES(?,?,?)").bind(kind, name, text).run();
}

Result<boost::json::object> Documents::get(std::string_view kind, std::string_view name) const {
  MutexLock lock(store_->mutex);
  auto statement = store_->db.prepare("SELECT body FROM documents WHERE kind=? AND name=?");
  TRY(const bool found, statement.bind(kind, name).step());
  if (!found) return fail(ErrorCode::not_found, std::string(kind) + " " + std::string(name) + " not found.");
  return parse_body(statement.text(0));
}

Result<std::vector<Documents::Named>> Documents::list(std::string_view kind, std::string_view start_after,
                                                      std::size_t limit) const {
  std::vector<Named> documents;
  const auto most = static_cast<std::int64_t>(limit);
  MutexLock lock(store_->mutex);
  auto statement = store_->db.prepare("SELECT name, body FROM documents WHERE kind=? AND name>? ORDER BY name LIMIT ?");
  statement.bind(kind, start_after, most);
  for (;;) {
    TRY(const bool row, statement.step());
    if (!row) return documents;
    TRY(auto body, parse_body(statement.text(1)));
    documents.emplace_back(statement.text(0), std::move(body));
  }
}

Result<void> Documents::remove(std::string_view kind, std::string_view name) {
  MutexLock lock(store_->mutex);
  return store_->db.prepare("DELETE FROM documents WHERE kind=? AND name=?").bind(kind, name).run();
}

Result<void> Documents::remove_all(std::string_view kind, std::string_view prefix) {
  const auto length = static_cast<std::int64_t>(prefix.size());
  MutexLock lock(store_->mutex);
  return store_->db.prepare("DELETE FROM documents WHERE kind=? AND substr(name,1,?)=?")
      .bind(kind, length, prefix)
      .run();
}

}  // namespace tickerlake::glue
