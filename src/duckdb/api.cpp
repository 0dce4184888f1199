#include "duckdb/api.h"

#include <vector>

#include "base/shared_library.h"

namespace tickerlake::duckdb {
namespace {

std::vector<std::filesystem::path> candidates() {
  std::vector<std::filesystem::path> paths;
  std::error_code error;
  const auto executable = std::filesystem::read_symlink("/proc/self/exe", error);
  if (!error) {
    const auto folder = executable.parent_path();
    paths.push_back(folder / "libduckdb.so");
    paths.push_back(folder.parent_path() / "lib/tickerlake/libduckdb.so");
  }
  paths.emplace_back(TICKERLAKE_DUCKDB_LIBRARY);
  return paths;
}

}  // namespace

Result<std::shared_ptr<const Api>> load_api(const std::filesystem::path& path) {
  const auto paths = path.empty() ? candidates() : std::vector{path};
  TRY(const SharedLibrary library, SharedLibrary::load("DuckDB's library", paths));
  auto api = std::make_shared<Api>();
#define TL_DUCKDB_FIND(name) CHECK(library.find("duckdb_" #name, api->name));
  TL_DUCKDB_FUNCTIONS(TL_DUCKDB_FIND)
#undef TL_DUCKDB_FIND
  return api;
}

std::unexpected<Error> fail_as(duckdb_error_type type, const char* message) {
  auto code = ErrorCode::invalid_argument;
  switch (type) {
    case DUCKDB_ERROR_INTERRUPT:
      code = ErrorCode::cancelled;
      break;
    case DUCKDB_ERROR_OUT_OF_MEMORY:
      code = ErrorCode::exhausted;
      break;
    case DUCKDB_ERROR_IO:
    case DUCKDB_ERROR_NETWORK:
    case DUCKDB_ERROR_HTTP:
      code = ErrorCode::io;
      break;
    case DUCKDB_ERROR_NOT_IMPLEMENTED:
      code = ErrorCode::unsupported;
      break;
    case DUCKDB_ERROR_PERMISSION:
      code = ErrorCode::unauthorized;
      break;
    case DUCKDB_ERROR_FATAL:
    case DUCKDB_ERROR_INTERNAL:
      code = ErrorCode::internal;
      break;
    default:
      break;
  }
  return fail(code, message != nullptr ? message : "DuckDB gave no reason");
}

}  // namespace tickerlake::duckdb
