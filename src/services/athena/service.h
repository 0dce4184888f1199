#pragma once
// Athena: SQL over the catalog's tables, answered through the AWS JSON protocol. Executions outlive the process.
#include <filesystem>
#include <memory>

#include "aws/caller.h"
#include "base/bytes.h"
#include "base/log.h"
#include "base/metrics.h"
#include "base/result.h"
#include "http/server.h"
#include "services/glue/catalog/catalog.h"
#include "services/objects.h"

namespace tickerlake::athena {

constexpr int max_running_queries = 4;
constexpr std::int64_t max_query_memory = 1_GiB;      // of each query
constexpr std::int64_t max_temporary_bytes = 10_GiB;  // of each, on disk: for sorts and joins that memory does not hold

struct Options {
  std::filesystem::path data_directory;  // its own: executions, temporary files
  std::filesystem::path
      objects_directory;                 // where pinned objects lie (all of the store's); SQL reads files nowhere else
  std::filesystem::path duckdb_library;  // empty: found beside the executable
  int concurrent_queries = max_running_queries;
  int threads = 2;  // of DuckDB, for each query
  std::int64_t memory_bytes = max_query_memory;
  std::int64_t temporary_bytes = max_temporary_bytes;
  Metrics metrics;  // where it counts
};

/// Thread-safe. DuckDB is loaded by the first query.
class Service {
 public:
  /// catalog and objects must outlive the service. Executions that a former process left at work become FAILED.
  static Result<std::unique_ptr<Service>> open(glue::Catalog& catalog, services::Objects& objects, Options options,
                                               Log log);
  /// Cancels what runs and waits for it.
  ~Service();
  Service(const Service&) = delete;
  Service& operator=(const Service&) = delete;

  /// Queries that run and that wait.
  void collect(Exposition& into) const;

  void handle(const aws::Caller& caller, http::Request& request, http::Response& response) const;

 private:
  struct Impl;
  explicit Service(std::unique_ptr<Impl> impl);
  std::unique_ptr<Impl> impl_;
};

}  // namespace tickerlake::athena
