#pragma once
// The little of SQLite that the catalog uses, as values with Result. sqlite3.h stays in sqlite.cpp.
#include <cstdint>
#include <filesystem>
#include <map>
#include <memory>
#include <string>
#include <string_view>

#include "base/result.h"

struct sqlite3;
struct sqlite3_stmt;

namespace tickerlake::glue {

/// One run of a prepared statement; at the end of its life the statement goes back to the connection's cache.
class Statement {
 public:
  explicit Statement(sqlite3_stmt* statement) : statement_(statement) {}
  ~Statement();
  Statement(Statement&& other) noexcept;
  Statement& operator=(Statement&&) = delete;

  /// Binds the parameters in their order; bytes must live until the statement has run.
  template <class... Values>
  Statement& bind(const Values&... values) {
    int index = 0;
    (bind_one(++index, values), ...);
    return *this;
  }
  /// True when there is a row, false at the end.
  Result<bool> step();
  /// Runs a statement that gives no rows.
  Result<void> run();

  /// Of the current row, columns from 0; valid until the next step().
  std::string_view text(int column) const;
  std::int64_t integer(int column) const;

 private:
  void bind_one(int index, std::string_view text);
  void bind_one(int index, std::int64_t value);
  sqlite3_stmt* statement_;
};

/// A connection. Not thread-safe. Commits are durable: WAL, synchronous=FULL.
class Sqlite {
 public:
  static Result<Sqlite> open(const std::filesystem::path& file);
  ~Sqlite();
  Sqlite(Sqlite&&) noexcept;
  Sqlite& operator=(Sqlite&&) noexcept;

  /// Runs statements without parameters.
  Result<void> execute(const char* sql);
  /// From the cache, or compiled. The text must be valid SQL: anything else is a bug and ends the process.
  Statement prepare(const char* sql);
  /// The same for a file that may be damaged: then even valid SQL may not compile. ErrorCode::corrupt.
  Result<Statement> try_prepare(const char* sql);
  /// Rows changed by the last statement.
  std::int64_t changes() const;

 private:
  explicit Sqlite(sqlite3* connection) : connection_(connection) {}
  void close();
  sqlite3* connection_ = nullptr;
  std::map<std::string_view, sqlite3_stmt*> statements_;  // keys are the literals that prepare() was given
};

/// BEGIN IMMEDIATE; rolls back unless committed.
class Transaction {
 public:
  static Result<Transaction> begin(Sqlite& database);
  ~Transaction();
  Transaction(Transaction&& other) noexcept : database_(other.database_) { other.database_ = nullptr; }
  Transaction& operator=(Transaction&&) = delete;
  Result<void> commit();

 private:
  explicit Transaction(Sqlite& database) : database_(&database) {}
  Sqlite* database_;
};

}  // namespace tickerlake::glue
