#pragma once
// Private to this folder: what connections, results and appenders share.
#include "duckdb/api.h"
#include "duckdb/database.h"

namespace tickerlake::duckdb {

struct Connection::Impl {
  std::shared_ptr<const Api> api;
  duckdb_connection connection = nullptr;
  ~Impl() {
    if (connection != nullptr) api->disconnect(&connection);
  }
};

struct Rows::Impl {
  std::shared_ptr<const Api> api;
  duckdb_result result{};
  std::shared_ptr<const std::vector<Column>> columns;
  ~Impl() { api->destroy_result(&result); }

  /// The failure that result holds.
  std::unexpected<Error> failure() { return fail_as(api->result_error_type(&result), api->result_error(&result)); }
  void read_columns();
};

struct Prepared::Impl {
  std::shared_ptr<const Api> api;
  duckdb_prepared_statement statement = nullptr;
  std::vector<Column> columns;
  ~Impl() { api->destroy_prepare(&statement); }
};

}  // namespace tickerlake::duckdb
