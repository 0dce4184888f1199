#include "duckdb/api.h"

#include <dlfcn.h>

#include <string>
#include <vector>

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
  std::string tried;
  void* library = nullptr;
  const auto paths = path.empty() ? candidates() : std::vector{path};
  for (const auto& candidate : paths) {
    // RTLD_NODELETE: its threads and thread-local state must never lose their code.
    library = dlopen(candidate.c_str(), RTLD_LAZY | RTLD_LOCAL | RTLD_NODELETE);
    if (library != nullptr) break;
    const char* reason = dlerror();
    tried += "\n  " + (reason != nullptr ? std::string(reason) : candidate.string());
  }
  if (library == nullptr) return fail(ErrorCode::unavailable, "DuckDB's library cannot be loaded:" + tried);

  auto api = std::make_shared<Api>();
  const char* missing = nullptr;
#define TL_DUCKDB_LOAD(name)                                                                              \
  api->name = reinterpret_cast<decltype(&::duckdb_##name)>(dlsym(library, "duckdb_" #name)); /* NOLINT */ \
  if (api->name == nullptr) missing = "duckdb_" #name;
  TL_DUCKDB_FUNCTIONS(TL_DUCKDB_LOAD)
#undef TL_DUCKDB_LOAD
  if (missing != nullptr) return fail(ErrorCode::unavailable, std::string("DuckDB's library has no ") + missing);
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
