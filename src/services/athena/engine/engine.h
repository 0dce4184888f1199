#pragma once
// The DuckDB database that queries run in: opened at the first query, bounded in memory, disk and threads, closed to
// files other than the store's blobs and its own temporary ones.
#include <atomic>
#include <cstdint>
#include <filesystem>
#include <memory>
#include <optional>
#include <string>

#include "base/bytes.h"
#include "base/log.h"
#include "base/mutex.h"
#include "duckdb/database.h"
#include "services/athena/engine/failure.h"

namespace tickerlake::athena {

struct EngineOptions {
  std::filesystem::path work_directory;     // temporary files; emptied when the engine opens
  std::filesystem::path objects_directory;  // where the store's blobs are
  std::filesystem::path duckdb_library;     // empty: found as duckdb::DatabaseOptions says
  int threads = 2;
  std::int64_t memory_bytes = 2_GiB;
  std::int64_t temporary_bytes = 20_GiB;
};

/// Thread-safe.
class Engine {
 public:
  Engine(EngineOptions options, Log log);

  /// A connection of its own, with Trino's semantics.
  Outcome<duckdb::Connection> connect();
  /// A folder for one execution's files. It exists; the caller removes it.
  Outcome<std::filesystem::path> make_work_folder(const std::string& execution_id);

 private:
  Outcome<void> open() TL_REQUIRES(mutex_);

  const EngineOptions options_;
  const Log log_;
  Mutex mutex_;  // innermost
  std::optional<duckdb::Database> database_ TL_GUARDED_BY(mutex_);
};

/// Stops an execution from another thread. Thread-safe.
class Cancellation {
 public:
  void cancel();
  bool cancelled() const { return cancelled_; }
  /// The connection that cancel() interrupts; nullptr before the connection ends.
  void watch(duckdb::Connection* connection);

 private:
  std::atomic<bool> cancelled_ = false;
  Mutex mutex_;  // innermost
  duckdb::Connection* connection_ TL_GUARDED_BY(mutex_) = nullptr;
};

}  // namespace tickerlake::athena
