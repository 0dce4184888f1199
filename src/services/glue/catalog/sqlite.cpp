#include "services/glue/catalog/sqlite.h"

#include <sqlite3.h>

#include <utility>

#include "base/panic.h"
#include "io/fault_point.h"

namespace tickerlake::glue {
namespace {

std::unexpected<Error> fail_sqlite(sqlite3* connection, std::string_view what) {
  const int code = sqlite3_errcode(connection);
  ErrorCode kind = ErrorCode::io;
  if (code == SQLITE_CORRUPT || code == SQLITE_NOTADB) kind = ErrorCode::corrupt;
  if (code == SQLITE_TOOBIG) kind = ErrorCode::exhausted;  // SQLITE_FULL is the disk's trouble, not the caller's: io
  if (code == SQLITE_BUSY || code == SQLITE_LOCKED) kind = ErrorCode::conflict;
  return fail(kind, std::string(what) + ": " + sqlite3_errmsg(connection));
}

}  // namespace

Statement::~Statement() {
  if (statement_ == nullptr) return;
  sqlite3_reset(statement_);
  sqlite3_clear_bindings(statement_);
}
Statement::Statement(Statement&& other) noexcept : statement_(std::exchange(other.statement_, nullptr)) {}

void Statement::bind_one(int index, std::string_view text) {
  // A blob, not text: keys hold zero bytes, and compare bytewise.
  const char* data = text.data() == nullptr ? "" : text.data();
  ensure(sqlite3_bind_blob64(statement_, index, data, text.size(), SQLITE_STATIC) == SQLITE_OK, "a bound parameter");
}
void Statement::bind_one(int index, std::int64_t value) {
  ensure(sqlite3_bind_int64(statement_, index, value) == SQLITE_OK, "a bound parameter");
}

Result<bool> Statement::step() {
  switch (sqlite3_step(statement_)) {
    case SQLITE_ROW:
      return true;
    case SQLITE_DONE:
      return false;
    default:
      return fail_sqlite(sqlite3_db_handle(statement_), "catalog file");
  }
}

Result<void> Statement::run() {
  TRY(const bool row, step());
  ensure(!row, "a statement without rows");
  return {};
}

std::string_view Statement::text(int column) const {
  const auto* data = static_cast<const char*>(sqlite3_column_blob(statement_, column));
  return data == nullptr ? std::string_view{}
                         : std::string_view(data, static_cast<std::size_t>(sqlite3_column_bytes(statement_, column)));
}
std::int64_t Statement::integer(int column) const { return sqlite3_column_int64(statement_, column); }

Result<Sqlite> Sqlite::open(const std::filesystem::path& file) {
  sqlite3* connection = nullptr;
  const int flags = SQLITE_OPEN_READWRITE | SQLITE_OPEN_CREATE | SQLITE_OPEN_NOMUTEX;
  const int code = sqlite3_open_v2(file.c_str(), &connection, flags, nullptr);
  Sqlite opened(connection);  // closes on failure too: SQLite gives a handle even then
  if (code != SQLITE_OK) return fail_sqlite(connection, file.native());
  sqlite3_busy_timeout(connection, 2'000);
  CHECK(opened.execute("PRAGMA journal_mode=WAL; PRAGMA synchronous=FULL;"));
  return opened;
}

Sqlite::~Sqlite() { close(); }
Sqlite::Sqlite(Sqlite&& other) noexcept
    : connection_(std::exchange(other.connection_, nullptr)), statements_(std::move(other.statements_)) {
  other.statements_.clear();
}
Sqlite& Sqlite::operator=(Sqlite&& other) noexcept {
  if (this == &other) return *this;
  close();
  connection_ = std::exchange(other.connection_, nullptr);
  statements_ = std::exchange(other.statements_, {});
  return *this;
}

void Sqlite::close() {
  for (const auto& [sql, statement] : statements_) sqlite3_finalize(statement);
  statements_.clear();
  sqlite3_close(connection_);
  connection_ = nullptr;
}

Result<void> Sqlite::execute(const char* sql) {
  if (sqlite3_exec(connection_, sql, nullptr, nullptr, nullptr) != SQLITE_OK) {
    return fail_sqlite(connection_, "catalog file");
  }
  return {};
}

Statement Sqlite::prepare(const char* sql) {
  auto& statement = statements_[sql];
  if (statement == nullptr) {
    const int code = sqlite3_prepare_v3(connection_, sql, -1, SQLITE_PREPARE_PERSISTENT, &statement, nullptr);
    if (code != SQLITE_OK) panic(std::string(sql) + ": " + sqlite3_errmsg(connection_));
  }
  ensure(sqlite3_stmt_busy(statement) == 0, "one run of a statement at a time");
  return Statement(statement);
}

Result<Statement> Sqlite::try_prepare(const char* sql) {
  auto& statement = statements_[sql];
  if (statement == nullptr) {
    const int code = sqlite3_prepare_v3(connection_, sql, -1, SQLITE_PREPARE_PERSISTENT, &statement, nullptr);
    if (code != SQLITE_OK) return fail(ErrorCode::corrupt, sqlite3_errmsg(connection_));
  }
  return Statement(statement);
}

std::int64_t Sqlite::changes() const { return sqlite3_changes64(connection_); }

Result<Transaction> Transaction::begin(Sqlite& database) {
  CHECK(database.execute("BEGIN IMMEDIATE"));
  return Transaction(database);
}
Transaction::~Transaction() {
  // A failure means that SQLite has rolled back by itself already.
  if (database_ != nullptr) (void)database_->execute("ROLLBACK");
}
Result<void> Transaction::commit() {
  io::fault_point("glue.catalog.commit.before");
  CHECK(database_->execute("COMMIT"));
  io::fault_point("glue.catalog.commit.after");
  database_ = nullptr;
  return {};
}

}  // namespace tickerlake::glue
