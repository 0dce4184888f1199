#include "duckdb/database.h"

#include "duckdb/api.h"
#include "duckdb/connection_impl.h"

namespace tickerlake::duckdb {

struct Database::Impl {
  std::shared_ptr<const Api> api;
  duckdb_database database = nullptr;
  ~Impl() {
    if (database != nullptr) api->close(&database);
  }
};

Database::Database(std::unique_ptr<Impl> impl) : impl_(std::move(impl)) {}
Database::~Database() = default;
Database::Database(Database&&) noexcept = default;
Database& Database::operator=(Database&&) noexcept = default;

Result<Database> Database::open(const DatabaseOptions& options) {
  auto impl = std::make_unique<Impl>();
  TRY(impl->api, load_api(options.library));
  const auto& api = *impl->api;

  duckdb_config config = nullptr;
  if (api.create_config(&config) != DuckDBSuccess) return fail(ErrorCode::internal, "DuckDB: no configuration");
  const auto destroy = [&api](duckdb_config* handle) { api.destroy_config(handle); };
  const std::unique_ptr<duckdb_config, decltype(destroy)> owner(&config, destroy);
  for (const auto& [name, value] : options.settings) {
    if (api.set_config(config, name.c_str(), value.c_str()) != DuckDBSuccess) {
      return fail(ErrorCode::invalid_argument, "DuckDB has no setting " + name + " = " + value);
    }
  }
  char* message = nullptr;
  if (api.open_ext(nullptr, &impl->database, config, &message) != DuckDBSuccess) {
    std::string text = message != nullptr ? message : "no reason given";
    api.free(message);
    return fail(ErrorCode::invalid_argument, "DuckDB does not open: " + text);
  }
  return Database(std::move(impl));
}

Result<Connection> Database::connect() {
  auto connection = std::make_unique<Connection::Impl>();
  connection->api = impl_->api;
  if (impl_->api->connect(impl_->database, &connection->connection) != DuckDBSuccess) {
    return fail(ErrorCode::internal, "DuckDB gives no connection");
  }
  return Connection(std::move(connection));
}

std::string Database::version() const { return impl_->api->library_version(); }

namespace {

std::string quote(std::string_view text, char mark) {
  std::string quoted(1, mark);
  for (const char c : text) quoted.append(c == mark ? 2 : 1, c);
  return quoted + mark;
}

}  // namespace

std::string quote_text(std::string_view text) { return quote(text, '\''); }
std::string quote_name(std::string_view name) { return quote(name, '"'); }

}  // namespace tickerlake::duckdb
