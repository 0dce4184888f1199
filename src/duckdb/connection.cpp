#include "duckdb/connection_impl.h"

namespace tickerlake::duckdb {
namespace {

/// Messages of failed preparations carry their type only as text.
std::unexpected<Error> fail_by_text(const char* message) {
  const std::string text = message != nullptr ? message : "";
  const auto starts = [&](std::string_view prefix) { return text.starts_with(prefix); };
  if (starts("IO Error")) return fail_as(DUCKDB_ERROR_IO, message);
  if (starts("Out of Memory")) return fail_as(DUCKDB_ERROR_OUT_OF_MEMORY, message);
  if (starts("INTERRUPT")) return fail_as(DUCKDB_ERROR_INTERRUPT, message);
  if (starts("Not implemented")) return fail_as(DUCKDB_ERROR_NOT_IMPLEMENTED, message);
  if (starts("Permission")) return fail_as(DUCKDB_ERROR_PERMISSION, message);
  if (starts("INTERNAL") || starts("FATAL")) return fail_as(DUCKDB_ERROR_INTERNAL, message);
  return fail_as(DUCKDB_ERROR_INVALID, message);
}

/// DuckDB takes text up to its first NUL: it would run what is before it.
Result<void> check_whole(const std::string& sql) {
  if (sql.find('\0') == std::string::npos) return {};
  return fail(ErrorCode::invalid_argument, "a statement can't have NUL characters");
}

}  // namespace

Connection::Connection(std::unique_ptr<Impl> impl) : impl_(std::move(impl)) {}
Connection::~Connection() = default;
Connection::Connection(Connection&&) noexcept = default;
Connection& Connection::operator=(Connection&&) noexcept = default;

Result<Rows> Connection::query(const std::string& sql) {
  CHECK(check_whole(sql));
  auto rows = std::make_unique<Rows::Impl>();
  rows->api = impl_->api;
  if (impl_->api->query(impl_->connection, sql.c_str(), &rows->result) != DuckDBSuccess) return rows->failure();
  rows->read_columns();
  return Rows(std::move(rows));
}

Result<Rows> Connection::stream(const std::string& sql) {
  TRY(auto statement, prepare(sql));
  auto rows = std::make_unique<Rows::Impl>();
  rows->api = impl_->api;
  const auto& api = *impl_->api;
  duckdb_pending_result pending = nullptr;
  const auto state = api.pending_prepared_streaming(statement.impl_->statement, &pending);
  const auto destroy = [&api](duckdb_pending_result* handle) { api.destroy_pending(handle); };
  const std::unique_ptr<duckdb_pending_result, decltype(destroy)> owner(&pending, destroy);
  if (state != DuckDBSuccess) return fail_by_text(api.pending_error(pending));
  if (api.execute_pending(pending, &rows->result) != DuckDBSuccess) {
    const auto* message = api.result_error(&rows->result);
    if (message == nullptr) return fail_by_text(api.pending_error(pending));
    return rows->failure();
  }
  rows->read_columns();
  return Rows(std::move(rows));
}

Result<void> Connection::execute(const std::string& sql) {
  CHECK(query(sql));
  return {};
}

Result<Prepared> Connection::prepare(const std::string& sql) {
  CHECK(check_whole(sql));
  auto prepared = std::make_unique<Prepared::Impl>();
  prepared->api = impl_->api;
  const auto& api = *impl_->api;
  if (api.prepare(impl_->connection, sql.c_str(), &prepared->statement) != DuckDBSuccess) {
    return fail_by_text(api.prepare_error(prepared->statement));
  }
  const auto count = api.prepared_statement_column_count(prepared->statement);
  for (idx_t i = 0; i < count; ++i) {
    Column column;
    if (const char* name = api.prepared_statement_column_name(prepared->statement, i)) {
      column.name = name;
      api.free(const_cast<char*>(name));  // NOLINT: the C API hands it over as const
    }
    if (auto type = api.prepared_statement_column_logical_type(prepared->statement, i)) {
      column.type = take_type(api, type);
    }
    prepared->columns.push_back(std::move(column));
  }
  return Prepared(std::move(prepared));
}

void Connection::interrupt() { impl_->api->interrupt(impl_->connection); }

Progress Connection::progress() const {
  const auto progress = impl_->api->query_progress(impl_->connection);
  return {progress.percentage, progress.rows_processed, progress.total_rows_to_process};
}

Prepared::Prepared(std::unique_ptr<Impl> impl) : impl_(std::move(impl)) {}
Prepared::~Prepared() = default;
Prepared::Prepared(Prepared&&) noexcept = default;
Prepared& Prepared::operator=(Prepared&&) noexcept = default;

std::size_t Prepared::parameter_count() const { return impl_->api->nparams(impl_->statement); }
const std::vector<Column>& Prepared::columns() const { return impl_->columns; }

Result<Rows> Prepared::run(const std::vector<Parameter>& parameters) {
  const auto& api = *impl_->api;
  const auto statement = impl_->statement;
  if (parameters.size() != parameter_count()) {
    return fail(ErrorCode::invalid_argument, "the statement takes " + std::to_string(parameter_count()) +
                                                 " parameters, not " + std::to_string(parameters.size()));
  }
  api.clear_bindings(statement);
  for (std::size_t i = 0; i < parameters.size(); ++i) {
    const auto state = std::visit(
        [&](const auto& value) {
          using T = std::decay_t<decltype(value)>;
          if constexpr (std::is_same_v<T, std::nullptr_t>) return api.bind_null(statement, i + 1);
          if constexpr (std::is_same_v<T, bool>) return api.bind_boolean(statement, i + 1, value);
          if constexpr (std::is_same_v<T, std::int64_t>) return api.bind_int64(statement, i + 1, value);
          if constexpr (std::is_same_v<T, double>) return api.bind_double(statement, i + 1, value);
          if constexpr (std::is_same_v<T, std::string>) {
            return api.bind_varchar_length(statement, i + 1, value.data(), value.size());
          }
        },
        parameters[i]);
    if (state != DuckDBSuccess) return fail_by_text(api.prepare_error(statement));
  }
  auto rows = std::make_unique<Rows::Impl>();
  rows->api = impl_->api;
  if (api.execute_prepared(statement, &rows->result) != DuckDBSuccess) return rows->failure();
  rows->read_columns();
  return Rows(std::move(rows));
}

void Rows::Impl::read_columns() {
  auto all = std::make_shared<std::vector<Column>>();
  const auto count = api->column_count(&result);
  for (idx_t i = 0; i < count; ++i) {
    all->push_back({api->column_name(&result, i), take_type(*api, api->column_logical_type(&result, i))});
  }
  columns = std::move(all);
}

Rows::Rows(std::unique_ptr<Impl> impl) : impl_(std::move(impl)) {}
Rows::~Rows() = default;
Rows::Rows(Rows&&) noexcept = default;
Rows& Rows::operator=(Rows&&) noexcept = default;

const std::vector<Column>& Rows::columns() const { return *impl_->columns; }
std::int64_t Rows::rows_changed() const { return static_cast<std::int64_t>(impl_->api->rows_changed(&impl_->result)); }

Result<std::optional<Chunk>> Rows::next() {
  const auto chunk = impl_->api->fetch_chunk(impl_->result);
  if (chunk != nullptr) return ChunkReader::read(impl_->api, impl_->columns, chunk);
  if (const auto* message = impl_->api->result_error(&impl_->result); message != nullptr && *message != '\0') {
    return impl_->failure();
  }
  return std::nullopt;
}

Result<std::vector<std::vector<Text>>> read_text(Rows& rows, std::size_t limit) {
  std::vector<std::vector<Text>> all;
  while (true) {
    TRY(const auto chunk, rows.next());
    if (!chunk) return all;
    if (all.size() + chunk->rows() > limit) {
      return fail(ErrorCode::exhausted, "more than " + std::to_string(limit) + " rows");
    }
    for (std::size_t row = 0; row < chunk->rows(); ++row) {
      auto& values = all.emplace_back();
      for (const auto& column : chunk->columns()) values.push_back(to_text(column, row));
    }
  }
}

}  // namespace tickerlake::duckdb
