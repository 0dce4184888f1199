#pragma once
// The DuckDB databases that queries run in, each one's own while it runs: DuckDB bounds memory, disk and threads by
// database, and a hungry query must not take another's. Closed to files other than the store's blobs and temporary
// ones.
#include <atomic>
#include <cstdint>
#include <filesystem>
#include <memory>
#include <string>
#include <vector>

#include "base/bytes.h"
#include "base/log.h"
#include "base/mutex.h"
#include "duckdb/database.h"
#include "services/athena/engine/failure.h"

namespace tickerlake::athena {

struct EngineOptions {
  std::filesystem::path work_directory;     // temporary files; emptied by the constructor
  std::filesystem::path objects_directory;  // where the store's blobs are
  std::filesystem::path duckdb_library;     // empty: found as duckdb::DatabaseOptions says
  // Of each database.
  int threads = 2;
  std::int64_t memory_bytes = 1_GiB;
  std::int64_t temporary_bytes = 10_GiB;
};

/// Thread-safe. Must outlive the leases. As many databases exist as queries ever ran side by side.
class Engine {
 public:
  struct GiveBack {
    Engine* engine = nullptr;
    void operator()(duckdb::Database* database) const { engine->give_back(database); }
  };
  /// A database with Trino's semantics, the holder's alone; its connections must be gone before it.
  using Lease = std::unique_ptr<duckdb::Database, GiveBack>;

  Engine(EngineOptions options, Log log);

  Outcome<Lease> lease() TL_EXCLUDES(mutex_);
  /// A folder for one execution's files. It exists; the caller removes it.
  Outcome<std::filesystem::path> make_work_folder(const std::string& execution_id);

 private:
  using Owned = std::unique_ptr<duckdb::Database>;
  /// number: of the database, names its folder for what memory does not hold.
  Outcome<Owned> open(int number) const;
  void give_back(duckdb::Database* database) TL_EXCLUDES(mutex_);

  const EngineOptions options_;
  const Log log_;
  Mutex mutex_;  // innermost
  int opened_ TL_GUARDED_BY(mutex_) = 0;
  std::vector<Owned> idle_ TL_GUARDED_BY(mutex_);
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
