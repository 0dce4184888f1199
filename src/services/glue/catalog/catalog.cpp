#include "services/glue/catalog/catalog.h"

#include <boost/json/serialize.hpp>

#include "services/glue/catalog/impl.h"
#include "services/glue/catalog/json.h"

namespace tickerlake::glue {

std::string fold_name(std::string_view name) {
  std::string folded(name);
  for (auto& c : folded) {
    if (c >= 'A' && c <= 'Z') c = static_cast<char>(c - 'A' + 'a');
  }
  return folded;
}

Result<void> check_name(std::string_view what, std::string_view name) {
  if (name.empty()) return fail(ErrorCode::invalid_argument, std::string(what) + " cannot be empty.");
  if (name.size() > 255) return fail(ErrorCode::invalid_argument, std::string(what) + " is longer than 255 bytes.");
  for (const char c : name) {
    if (static_cast<unsigned char>(c) < 0x20 || c == '/') {
      return fail(ErrorCode::invalid_argument, std::string(what) + " " + std::string(name) +
                                                   " is not valid: '/' and control characters are not allowed.");
    }
  }
  return {};
}

Catalog::Catalog(std::unique_ptr<Impl> impl) : impl_(std::move(impl)) {}
Catalog::~Catalog() = default;
Catalog::Catalog(Catalog&&) noexcept = default;
Catalog& Catalog::operator=(Catalog&&) noexcept = default;

Result<Catalog> Catalog::open(const std::filesystem::path& file, std::shared_ptr<const Clock> clock) {
  TRY(auto store, open_store(file, std::move(clock)));
  return Catalog(std::make_unique<Impl>(Impl{std::move(store)}));
}

Documents Catalog::documents() { return Documents(*impl_->store); }

Result<Catalog::Counts> Catalog::counts() const {
  MutexLock lock(impl_->store->mutex);
  auto statement = impl_->store->db.prepare(
      "SELECT (SELECT count(*) FROM databases), (SELECT count(*) FROM tables), (SELECT count(*) FROM partitions)");
  CHECK(statement.step());
  return Counts{statement.integer(0), statement.integer(1), statement.integer(2)};
}

Result<void> Catalog::Impl::require_database(std::string_view name) const {
  auto statement = store->db.prepare("SELECT 1 FROM databases WHERE name=?");
  TRY(const bool found, statement.bind(name).step());
  if (!found) return fail(ErrorCode::not_found, "Database " + std::string(name) + " not found.");
  return {};
}

Result<void> Catalog::create_database(Database database) {
  database.name = fold_name(database.name);
  CHECK(check_name("Database name", database.name));
  database.create_time = impl_->now();
  const auto body = boost::json::serialize(to_json(database));
  MutexLock lock(impl_->store->mutex);
  auto& db = impl_->store->db;
  CHECK(db.prepare("INSERT OR IGNORE INTO databases VALUES(?,?)").bind(database.name, body).run());
  if (db.changes() == 0) return fail(ErrorCode::already_exists, "Database " + database.name + " already exists.");
  return {};
}

Result<Database> Catalog::get_database(std::string_view name) const {
  const auto folded = fold_name(name);
  MutexLock lock(impl_->store->mutex);
  auto statement = impl_->store->db.prepare("SELECT body FROM databases WHERE name=?");
  TRY(const bool found, statement.bind(folded).step());
  if (!found) return fail(ErrorCode::not_found, "Database " + folded + " not found.");
  TRY(const auto body, parse_body(statement.text(0)));
  return stored_database(body);
}

Result<Page<Database>> Catalog::get_databases(const PageRequest& page) const {
  TRY(const auto after, decode_token(page.token));
  Page<Database> result;
  MutexLock lock(impl_->store->mutex);
  auto statement = impl_->store->db.prepare("SELECT body FROM databases WHERE name>? ORDER BY name");
  statement.bind(after);
  for (;;) {
    TRY(const bool row, statement.step());
    if (!row) return result;
    if (result.items.size() == page.limit) {
      result.next_token = encode_token(result.items.back().name);
      return result;
    }
    TRY(const auto body, parse_body(statement.text(0)));
    TRY(auto database, stored_database(body));
    result.items.push_back(std::move(database));
  }
}

Result<void> Catalog::update_database(std::string_view name, Database database) {
  const auto folded = fold_name(name);
  database.name = fold_name(database.name);
  if (database.name != folded) {
    return fail(ErrorCode::invalid_argument, "Database name cannot be changed from " + folded + ".");
  }
  TRY(const auto before, get_database(folded));
  database.create_time = before.create_time;
  const auto body = boost::json::serialize(to_json(database));
  MutexLock lock(impl_->store->mutex);
  auto& db = impl_->store->db;
  CHECK(db.prepare("UPDATE databases SET body=? WHERE name=?").bind(body, folded).run());
  if (db.changes() == 0) return fail(ErrorCode::not_found, "Database " + folded + " not found.");
  return {};
}

Result<void> Catalog::delete_database(std::string_view name) {
  const auto folded = fold_name(name);
  MutexLock lock(impl_->store->mutex);
  auto& db = impl_->store->db;
  TRY(auto transaction, Transaction::begin(db));
  CHECK(impl_->require_database(folded));
  CHECK(db.prepare("DELETE FROM databases WHERE name=?").bind(folded).run());
  CHECK(db.prepare("DELETE FROM tables WHERE db=?").bind(folded).run());
  CHECK(db.prepare("DELETE FROM table_versions WHERE db=?").bind(folded).run());
  CHECK(db.prepare("DELETE FROM partitions WHERE db=?").bind(folded).run());
  return transaction.commit();
}

}  // namespace tickerlake::glue
