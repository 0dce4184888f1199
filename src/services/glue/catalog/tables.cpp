// Tables and their versions: the table's part of Catalog.
#include <boost/json/serialize.hpp>
#include <limits>
#include <regex>
#include <set>

#include "services/glue/catalog/catalog.h"
#include "services/glue/catalog/impl.h"
#include "services/glue/catalog/json.h"

namespace tickerlake::glue {
namespace {

Result<void> check_table(const Table& table) {
  CHECK(check_name("Table name", table.name));
  std::set<std::string> names;
  const auto check_columns = [&](const std::vector<Column>& columns) -> Result<void> {
    for (const auto& column : columns) {
      if (!names.insert(fold_name(column.name)).second) {
        return fail(ErrorCode::invalid_argument, "Column " + column.name + " appears more than once.");
      }
    }
    return {};
  };
  if (table.storage) CHECK(check_columns(table.storage->columns));
  return check_columns(table.partition_keys);
}

/// GetTables' pattern: '*' alone is every name, otherwise a regular expression of the whole name. It is a client's, so
/// it must not backtrack (nor have back-references), and counted repetitions, which grow to any size, are refused.
Result<std::optional<std::regex>> compile_pattern(std::string_view pattern) {
  if (pattern.empty() || pattern == "*") return std::nullopt;
  if (pattern.find('{') != std::string_view::npos) {
    return fail(ErrorCode::invalid_argument, "Expression " + std::string(pattern) + " has a counted repetition.");
  }
  // "sales*" is meant as a wildcard by many callers (Hive's form); a bare '*' repeats nothing useful in a name.
  std::string text;
  for (std::size_t i = 0; i < pattern.size(); ++i) {
    const bool after_atom = i > 0 && (pattern[i - 1] == '.' || pattern[i - 1] == ')' || pattern[i - 1] == ']');
    if (pattern[i] == '*' && !after_atom) text += '.';
    text += pattern[i];
  }
  try {
    return std::regex(text, std::regex::ECMAScript | std::regex::icase | std::regex_constants::__polynomial);
  } catch (const std::regex_error&) {
    return fail(ErrorCode::invalid_argument, "Expression " + std::string(pattern) + " is not a regular expression.");
  }
}

Result<Page<Table>> read_tables(Statement& statement, const std::optional<std::regex>& pattern, std::size_t limit) {
  Page<Table> result;
  for (;;) {
    TRY(const bool row, statement.step());
    if (!row) return result;
    if (pattern) {
      const auto name = statement.text(0);
      if (!std::regex_match(name.begin(), name.end(), *pattern)) continue;
    }
    if (result.items.size() == limit) {
      const std::string last[] = {result.items.back().database, result.items.back().name};
      result.next_token = encode_token(encode_key(last));
      return result;
    }
    TRY(const auto body, parse_body(statement.text(1)));
    TRY(auto table, stored_table(body));
    result.items.push_back(std::move(table));
  }
}

/// The database and name that a page of tables starts after.
Result<std::pair<std::string, std::string>> decode_table_token(std::string_view token) {
  TRY(const auto key, decode_token(token));
  if (key.empty()) return std::pair<std::string, std::string>();
  auto names = decode_key(key);
  if (!names || names->size() != 2) return fail(ErrorCode::invalid_argument, "The NextToken is not valid.");
  return std::pair(std::move((*names)[0]), std::move((*names)[1]));
}

}  // namespace

Result<Table> Catalog::Impl::read_table(std::string_view database, std::string_view name) const {
  auto statement = store->db.prepare("SELECT body FROM tables WHERE db=? AND name=?");
  TRY(const bool found, statement.bind(database, name).step());
  if (!found) {
    CHECK(require_database(database));
    return fail(ErrorCode::not_found, "Table " + std::string(name) + " not found.");
  }
  TRY(const auto body, parse_body(statement.text(0)));
  return stored_table(body);
}

Result<void> Catalog::create_table(Table table) {
  table.database = fold_name(table.database);
  table.name = fold_name(table.name);
  CHECK(check_table(table));
  table.create_time = table.update_time = impl_->now();
  table.version_id = 0;
  const auto body = boost::json::serialize(to_json(table));
  MutexLock lock(impl_->store->mutex);
  auto& db = impl_->store->db;
  TRY(auto transaction, Transaction::begin(db));
  CHECK(impl_->require_database(table.database));
  CHECK(db.prepare("INSERT OR IGNORE INTO tables VALUES(?,?,0,?)").bind(table.database, table.name, body).run());
  if (db.changes() == 0) return fail(ErrorCode::already_exists, "Table " + table.name + " already exists.");
  return transaction.commit();
}

Result<Table> Catalog::get_table(std::string_view database, std::string_view name) const {
  const auto folded_database = fold_name(database);
  const auto folded_name = fold_name(name);
  MutexLock lock(impl_->store->mutex);
  return impl_->read_table(folded_database, folded_name);
}

Result<Page<Table>> Catalog::get_tables(std::string_view database, std::string_view pattern,
                                        const PageRequest& page) const {
  const auto folded = fold_name(database);
  TRY(const auto after, decode_table_token(page.token));
  TRY(const auto compiled, compile_pattern(pattern));
  MutexLock lock(impl_->store->mutex);
  CHECK(impl_->require_database(folded));
  auto statement = impl_->store->db.prepare("SELECT name, body FROM tables WHERE db=? AND name>? ORDER BY name");
  return read_tables(statement.bind(folded, after.second), compiled, page.limit);
}

Result<Page<Table>> Catalog::get_all_tables(const PageRequest& page) const {
  TRY(const auto after, decode_table_token(page.token));
  MutexLock lock(impl_->store->mutex);
  auto statement =
      impl_->store->db.prepare("SELECT name, body FROM tables WHERE (db, name) > (?, ?) ORDER BY db, name");
  return read_tables(statement.bind(after.first, after.second), std::nullopt, page.limit);
}

Result<void> Catalog::update_table(Table table, bool skip_archive, std::optional<std::int64_t> expected_version) {
  table.database = fold_name(table.database);
  table.name = fold_name(table.name);
  CHECK(check_table(table));
  MutexLock lock(impl_->store->mutex);
  auto& db = impl_->store->db;
  TRY(auto transaction, Transaction::begin(db));
  TRY(const auto before, impl_->read_table(table.database, table.name));
  if (expected_version && *expected_version != before.version_id) {
    return fail(ErrorCode::conflict, "Update table failed due to concurrent modifications: the version is " +
                                         std::to_string(before.version_id) + ".");
  }
  if (!skip_archive) {
    const auto old_body = boost::json::serialize(to_json(before));
    CHECK(db.prepare("INSERT OR REPLACE INTO table_versions VALUES(?,?,?,?)")
              .bind(table.database, table.name, before.version_id, old_body)
              .run());
  }
  table.create_time = before.create_time;
  table.created_by = before.created_by;
  table.update_time = impl_->now();
  table.version_id = before.version_id + 1;
  const auto body = boost::json::serialize(to_json(table));
  CHECK(db.prepare("UPDATE tables SET version=?, body=? WHERE db=? AND name=?")
            .bind(table.version_id, body, table.database, table.name)
            .run());
  return transaction.commit();
}

Result<void> Catalog::delete_table(std::string_view database, std::string_view name) {
  const auto folded_database = fold_name(database);
  const auto folded_name = fold_name(name);
  MutexLock lock(impl_->store->mutex);
  auto& db = impl_->store->db;
  TRY(auto transaction, Transaction::begin(db));
  CHECK(impl_->require_database(folded_database));
  CHECK(db.prepare("DELETE FROM tables WHERE db=? AND name=?").bind(folded_database, folded_name).run());
  if (db.changes() == 0) return fail(ErrorCode::not_found, "Table " + folded_name + " not found.");
  CHECK(db.prepare("DELETE FROM table_versions WHERE db=? AND name=?").bind(folded_database, folded_name).run());
  CHECK(db.prepare("DELETE FROM partitions WHERE db=? AND name=?").bind(folded_database, folded_name).run());
  return transaction.commit();
}

Result<Page<TableVersion>> Catalog::get_table_versions(std::string_view database, std::string_view name,
                                                       const PageRequest& page) const {
  const auto folded_database = fold_name(database);
  const auto folded_name = fold_name(name);
  TRY(const auto token, decode_token(page.token));
  auto before = std::numeric_limits<std::int64_t>::max();
  if (!token.empty()) before = std::strtoll(token.c_str(), nullptr, 10);
  Page<TableVersion> result;
  MutexLock lock(impl_->store->mutex);
  CHECK(impl_->read_table(folded_database, folded_name));
  auto statement = impl_->store->db.prepare(
      "SELECT version, body FROM (SELECT db, name, version, body FROM tables UNION ALL SELECT * FROM table_versions) "
      "WHERE db=? AND name=? AND version<? ORDER BY version DESC");
  statement.bind(folded_database, folded_name, before);
  for (;;) {
    TRY(const bool row, statement.step());
    if (!row) return result;
    if (result.items.size() == page.limit) {
      result.next_token = encode_token(std::to_string(result.items.back().version_id));
      return result;
    }
    TRY(const auto body, parse_body(statement.text(1)));
    TRY(auto table, stored_table(body));
    result.items.push_back({std::move(table), statement.integer(0)});
  }
}

Result<TableVersion> Catalog::get_table_version(std::string_view database, std::string_view name,
                                                std::optional<std::int64_t> version) const {
  const auto folded_database = fold_name(database);
  const auto folded_name = fold_name(name);
  MutexLock lock(impl_->store->mutex);
  TRY(auto current, impl_->read_table(folded_database, folded_name));
  if (!version || *version == current.version_id) {
    const auto id = current.version_id;
    return TableVersion{std::move(current), id};
  }
  auto statement = impl_->store->db.prepare("SELECT body FROM table_versions WHERE db=? AND name=? AND version=?");
  TRY(const bool found, statement.bind(folded_database, folded_name, *version).step());
  if (!found) return fail(ErrorCode::not_found, "Table version " + std::to_string(*version) + " not found.");
  TRY(const auto body, parse_body(statement.text(0)));
  TRY(auto table, stored_table(body));
  return TableVersion{std::move(table), *version};
}

Result<void> Catalog::delete_table_version(std::string_view database, std::string_view name, std::int64_t version) {
  const auto folded_database = fold_name(database);
  const auto folded_name = fold_name(name);
  MutexLock lock(impl_->store->mutex);
  auto& db = impl_->store->db;
  TRY(const auto current, impl_->read_table(folded_database, folded_name));
  if (version == current.version_id) {
    return fail(ErrorCode::invalid_argument, "The current version of a table cannot be deleted.");
  }
  CHECK(db.prepare("DELETE FROM table_versions WHERE db=? AND name=? AND version=?")
            .bind(folded_database, folded_name, version)
            .run());
  if (db.changes() == 0) {
    return fail(ErrorCode::not_found, "Table version " + std::to_string(version) + " not found.");
  }
  return {};
}

}  // namespace tickerlake::glue
