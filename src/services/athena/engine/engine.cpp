#include "services/athena/engine/engine.h"

#include <fmt/format.h>

#include "io/file.h"
#include "services/athena/sql/prelude.h"

namespace tickerlake::athena {
namespace {

/// SET x … would hold for one connection alone.
std::string for_all_connections(std::string_view statement) {
  constexpr std::string_view set = "SET ";
  if (!statement.starts_with(set) || statement.starts_with("SET GLOBAL ")) return std::string(statement);
  return "SET GLOBAL " + std::string(statement.substr(set.size()));
}

}  // namespace

Engine::Engine(EngineOptions options, Log log) : options_(std::move(options)), log_(std::move(log)) {
  // What an earlier process left behind. Not later: open() runs when the first query has its folder already.
  std::error_code ignored;
  std::filesystem::remove_all(options_.work_directory, ignored);
}

Outcome<Engine::Owned> Engine::open(int number) const {
  CHECK(told(io::make_directories(options_.work_directory), failure_of_service));
  const auto spill = options_.work_directory / fmt::format("spill-{}", number);
  duckdb::DatabaseOptions options{
      .settings =
          {{"threads", std::to_string(options_.threads)},
           {"memory_limit", std::to_string(options_.memory_bytes) + "B"},
           // Blobs are local files, which the kernel caches: a second copy would fill the memory up to its limit.
           {"enable_external_file_cache", "false"},
           {"temp_directory", spill.string()},
           {"max_temp_directory_size", std::to_string(options_.temporary_bytes) + "B"},
           {"autoinstall_known_extensions", "false"},
           {"autoload_known_extensions", "false"},
           {"allow_community_extensions", "false"}},
      .library = options_.duckdb_library};
  TRY(auto database, told(duckdb::Database::open(options), failure_of_engine));
  {
    TRY(auto connection, told(database.connect(), failure_of_engine));
    for (const auto statement : sql::prelude()) {
      CHECK(told(connection.execute(for_all_connections(statement)), failure_of_engine));
    }
    // The order matters: the folders can only be named while the file system is open.
    const auto folders = "[" + duckdb::quote_text(options_.objects_directory.string()) + ", " +
                         duckdb::quote_text(options_.work_directory.string()) + "]";
    for (const std::string& statement :
         {"SET GLOBAL allowed_directories = " + folders, std::string("SET GLOBAL enable_external_access = false"),
          std::string("SET GLOBAL lock_configuration = true")}) {
      CHECK(told(connection.execute(statement), failure_of_engine));
    }
  }
  log_.info("DuckDB {} opened: {} threads, {} MiB of memory", database.version(), options_.threads,
            options_.memory_bytes >> 20);
  return std::make_unique<duckdb::Database>(std::move(database));
}

Outcome<Engine::Lease> Engine::lease() {
  int number = 0;
  {
    const MutexLock lock(mutex_);
    if (!idle_.empty()) {
      Lease lease(idle_.back().release(), GiveBack{this});
      idle_.pop_back();
      return lease;
    }
    number = ++opened_;
  }
  TRY(auto database, open(number));
  return Lease(database.release(), GiveBack{this});
}

void Engine::give_back(duckdb::Database* database) {
  Owned owned(database);
  const MutexLock lock(mutex_);
  idle_.push_back(std::move(owned));
}

Outcome<std::filesystem::path> Engine::make_work_folder(const std::string& execution_id) {
  const auto folder = options_.work_directory / execution_id;
  CHECK(told(io::make_directories(folder), failure_of_service));
  return folder;
}

void Cancellation::cancel() {
  cancelled_ = true;
  const MutexLock lock(mutex_);
  if (connection_ != nullptr) connection_->interrupt();
}

void Cancellation::watch(duckdb::Connection* connection) {
  const MutexLock lock(mutex_);
  connection_ = connection;
}

}  // namespace tickerlake::athena
