#pragma once
// DuckDB in this process: databases, connections, queries. The shared library is loaded when the first database opens.
//
// Threads: a Database may be used from any thread. A Connection and what it gave out (Rows, Prepared, Appender) belong
// to one thread at a time; only interrupt() and progress() may be called beside it. Each must be destroyed before what
// it came from.
#include <cstdint>
#include <filesystem>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

#include "base/result.h"
#include "duckdb/chunk.h"
#include "duckdb/type.h"

namespace tickerlake::duckdb {

struct Api;

/// What a query gave. Materialized by query(), produced while it is read by stream().
class Rows {
 public:
  ~Rows();
  Rows(Rows&&) noexcept;
  Rows& operator=(Rows&&) noexcept;

  const std::vector<Column>& columns() const;
  /// The next rows, nothing at the end. Chunks may outlive Rows, not the Connection. A stream's errors come from here.
  Result<std::optional<Chunk>> next();
  /// Rows that INSERT, UPDATE, DELETE, COPY changed.
  std::int64_t rows_changed() const;

 private:
  friend class Connection;
  friend class Prepared;
  struct Impl;
  explicit Rows(std::unique_ptr<Impl> impl);
  std::unique_ptr<Impl> impl_;
};

using Text = std::optional<std::string>;
/// Every value as text; ErrorCode::exhausted beyond limit rows. For small results.
Result<std::vector<std::vector<Text>>> read_text(Rows& rows, std::size_t limit = 100'000);

using Parameter = std::variant<std::nullptr_t, bool, std::int64_t, double, std::string>;

/// A prepared statement.
class Prepared {
 public:
  ~Prepared();
  Prepared(Prepared&&) noexcept;
  Prepared& operator=(Prepared&&) noexcept;

  std::size_t parameter_count() const;
  /// Types and names of what it would return; a type is invalid where a parameter decides.
  const std::vector<Column>& columns() const;
  Result<Rows> run(const std::vector<Parameter>& parameters);

 private:
  friend class Connection;
  struct Impl;
  explicit Prepared(std::unique_ptr<Impl> impl);
  std::unique_ptr<Impl> impl_;
};

struct Progress {
  double percentage = -1;  // -1: not known (yet)
  std::uint64_t rows_processed = 0;
  std::uint64_t rows_total = 0;
};

/// Messages are DuckDB's own ("Binder Error: …"). Codes: cancelled (interrupted), exhausted (memory or temporary disk),
/// io, unsupported, internal, else invalid_argument.
class Connection {
 public:
  ~Connection();
  Connection(Connection&&) noexcept;
  Connection& operator=(Connection&&) noexcept;

  /// Runs one or more statements; the rows of the last one, held in memory.
  Result<Rows> query(const std::string& sql);
  /// Runs one statement whose rows are computed as they are read, so that big results need little memory.
  Result<Rows> stream(const std::string& sql);
  Result<void> execute(const std::string& sql);
  Result<Prepared> prepare(const std::string& sql);

  /// Ends what runs on this connection, with ErrorCode::cancelled for its owner. From any thread.
  void interrupt();
  /// Of what runs on this connection. From any thread.
  Progress progress() const;

 private:
  friend class Database;
  friend class Appender;
  struct Impl;
  explicit Connection(std::unique_ptr<Impl> impl);
  std::unique_ptr<Impl> impl_;
};

struct DatabaseOptions {
  /// DuckDB settings by name: threads, memory_limit, temp_directory, allowed_directories, …
  std::map<std::string, std::string> settings;
  /// The shared library; empty: beside the executable, then ../lib/tickerlake from there, then where it was built.
  std::filesystem::path library;
};

/// A database in memory.
class Database {
 public:
  /// ErrorCode::unavailable when the library cannot be loaded (the message says where it was looked for).
  static Result<Database> open(const DatabaseOptions& options = {});
  ~Database();
  Database(Database&&) noexcept;
  Database& operator=(Database&&) noexcept;

  Result<Connection> connect();
  /// "v1.5.6"
  std::string version() const;

 private:
  struct Impl;
  explicit Database(std::unique_ptr<Impl> impl);
  std::unique_ptr<Impl> impl_;
};

/// text as a SQL literal: 'it''s'. And a name: "a ""b""".
std::string quote_text(std::string_view text);
std::string quote_name(std::string_view name);

}  // namespace tickerlake::duckdb
