// Rows out of a damaged SQLite file, as far as they go.
#include <sqlite3.h>

#include <memory>

#include "services/glue/catalog/sqlite_check.h"

namespace tickerlake::glue {
namespace {

struct Close {
  void operator()(sqlite3* connection) const { sqlite3_close(connection); }
  void operator()(sqlite3_stmt* statement) const { sqlite3_finalize(statement); }
};
using Connection = std::unique_ptr<sqlite3, Close>;
using Prepared = std::unique_ptr<sqlite3_stmt, Close>;

Result<Connection> open(const io::Path& path) {
  sqlite3* connection = nullptr;
  const int code = sqlite3_open_v2(path.c_str(), &connection, SQLITE_OPEN_READWRITE, nullptr);
  Connection opened(connection);
  if (code != SQLITE_OK) return fail(ErrorCode::corrupt, path.string() + ": " + sqlite3_errmsg(connection));
  return opened;
}

/// Null where the file is too damaged to say what the table is.
Prepared prepare(sqlite3* connection, const std::string& sql) {
  sqlite3_stmt* statement = nullptr;
  sqlite3_prepare_v2(connection, sql.c_str(), -1, &statement, nullptr);
  return Prepared(statement);
}

/// "a, b" of the table's primary key; these tables have no row ids.
std::string key_of(sqlite3* connection, const std::string& table, const char* order) {
  std::string key;
  const Prepared info =
      prepare(connection, "SELECT name FROM pragma_table_info('" + table + "') WHERE pk > 0 ORDER BY pk");
  while (info && sqlite3_step(info.get()) == SQLITE_ROW) {
    key += key.empty() ? "" : ", ";
    key += reinterpret_cast<const char*>(sqlite3_column_text(info.get(), 0));
    key += order;
  }
  return key;
}

Result<void> copy_rows(sqlite3* from, sqlite3* to, const std::string& table, const char* order) {
  const std::string key = key_of(to, table, order);
  const Prepared rows = prepare(from, "SELECT * FROM " + table + " ORDER BY " + key);
  if (!rows) return {};
  const int columns = sqlite3_column_count(rows.get());
  std::string marks;
  for (int i = 0; i < columns; ++i) marks += i == 0 ? "?" : ",?";
  const Prepared insert = prepare(to, "INSERT OR IGNORE INTO " + table + " VALUES(" + marks + ")");
  if (!insert) return fail(ErrorCode::io, table + ": " + sqlite3_errmsg(to));
  while (sqlite3_step(rows.get()) == SQLITE_ROW) {
    for (int i = 0; i < columns; ++i) sqlite3_bind_value(insert.get(), i + 1, sqlite3_column_value(rows.get(), i));
    if (sqlite3_step(insert.get()) != SQLITE_DONE && sqlite3_errcode(to) != SQLITE_CONSTRAINT) {
      return fail(ErrorCode::io, table + ": " + sqlite3_errmsg(to));
    }
    sqlite3_reset(insert.get());
  }
  return {};
}

}  // namespace

Result<void> salvage_rows(const io::Path& damaged, const io::Path& fresh, std::span<const std::string> tables) {
  TRY(const Connection to, open(fresh));
  TRY(const Connection from, open(damaged));
  if (sqlite3_exec(to.get(), "BEGIN", nullptr, nullptr, nullptr) != SQLITE_OK) {
    return fail(ErrorCode::io, fresh.string() + ": " + sqlite3_errmsg(to.get()));
  }
  for (const std::string& table : tables) {
    CHECK(copy_rows(from.get(), to.get(), table, ""));
    CHECK(copy_rows(from.get(), to.get(), table, " DESC"));
  }
  // Into the file itself, so that nothing is left in a log beside it that a rename would leave behind.
  if (sqlite3_exec(to.get(), "COMMIT; PRAGMA wal_checkpoint(TRUNCATE)", nullptr, nullptr, nullptr) != SQLITE_OK) {
    return fail(ErrorCode::io, fresh.string() + ": " + sqlite3_errmsg(to.get()));
  }
  return {};
}

}  // namespace tickerlake::glue
