#pragma once
// What one execution is given, what it may use, and what it leaves.
#include <filesystem>
#include <optional>
#include <string>
#include <vector>

#include "services/athena/engine/engine.h"
#include "services/athena/engine/location.h"
#include "services/athena/engine/resolver.h"
#include "services/athena/results/column.h"
#include "services/athena/sql/statement.h"

namespace tickerlake::athena {

struct ExecutionRequest {
  std::string id;
  std::string query;
  std::string database = "default";
  std::string workgroup = "primary";
  std::vector<std::string> parameters;  // SQL literals for ?
  Location output;                      // the folder for result files
};

struct ExecutionResult {
  sql::StatementType type = sql::StatementType::dml;
  std::vector<ResultColumn> columns;
  std::string output_uri;    // s3://…/<id>.csv, .txt, or without ending for CTAS, INSERT, UNLOAD
  std::string manifest_uri;  // empty: none
  std::optional<std::int64_t> update_count;
  std::int64_t bytes_scanned = 0;
  std::int64_t rows_in = 0, rows_out = 0, bytes_out = 0;
  std::int64_t planning_ms = 0;
};

/// Statements kept under a name by PREPARE and CreatePreparedStatement. Thread-safe.
class PreparedStatements {
 public:
  virtual ~PreparedStatements() = default;
  virtual Result<std::optional<std::string>> find(const std::string& workgroup, const std::string& name) = 0;
  virtual Result<void> put(const std::string& workgroup, const std::string& name, const std::string& statement) = 0;
  /// False when there was none.
  virtual Result<bool> remove(const std::string& workgroup, const std::string& name) = 0;
};

/// An execution at work.
struct Execution {
  const ExecutionRequest& request;
  Environment environment;
  Engine& engine;
  PreparedStatements& prepared;
  Cancellation& cancellation;
  std::filesystem::path folder;  // for its own temporary files
  duckdb::Connection connection;
  sql::Expressions parameters = {};
  Inputs inputs = {};

  /// The DuckDB text of a query. CTAS and INSERT write theirs the same way.
  Outcome<sql::WrittenQuery> write(const sql::Query& query);
  Outcome<duckdb::Rows> run(const std::string& duckdb_sql);
  /// cancelled() as a failure.
  Outcome<void> check_cancelled() const;
  const std::string& database_of(const sql::TableName& name) const {
    return name.database() != nullptr ? *name.database() : request.database;
  }
  Result<glue::Table, Failure> table(const sql::TableName& name) const {
    return told(look_up(environment.catalog, name, request.database), tell_syntax);
  }
};

/// Parses and runs a statement and stores its result files.
Outcome<ExecutionResult> execute(Execution& execution, const sql::Statement& statement);

// ---- by kind of statement; each in a file of its own

/// Lines of <id>.txt.
struct TextAnswer {
  std::vector<ResultColumn> columns = {};
  std::vector<std::string> lines = {};
};
Outcome<ExecutionResult> run_query(Execution& execution, const sql::Query& query);
Outcome<ExecutionResult> run(Execution& execution, const sql::CreateTableAs& statement);
Outcome<ExecutionResult> run(Execution& execution, const sql::Insert& statement);
Outcome<ExecutionResult> run(Execution& execution, const sql::Unload& statement);

Outcome<TextAnswer> answer(Execution& execution, const sql::CreateDatabase& statement);
Outcome<TextAnswer> answer(Execution& execution, const sql::DropDatabase& statement);
Outcome<TextAnswer> answer(Execution& execution, const sql::AlterDatabase& statement);
Outcome<TextAnswer> answer(Execution& execution, const sql::CreateTable& statement);
Outcome<TextAnswer> answer(Execution& execution, const sql::DropTable& statement);
Outcome<TextAnswer> answer(Execution& execution, const sql::AddColumns& statement);
Outcome<TextAnswer> answer(Execution& execution, const sql::ChangeColumn& statement);
Outcome<TextAnswer> answer(Execution& execution, const sql::DropColumn& statement);
Outcome<TextAnswer> answer(Execution& execution, const sql::SetLocation& statement);
Outcome<TextAnswer> answer(Execution& execution, const sql::SetTableProperties& statement);
Outcome<TextAnswer> answer(Execution& execution, const sql::UnsetTableProperties& statement);
Outcome<TextAnswer> answer(Execution& execution, const sql::AddPartitions& statement);
Outcome<TextAnswer> answer(Execution& execution, const sql::DropPartitions& statement);
Outcome<TextAnswer> answer(Execution& execution, const sql::RenamePartition& statement);
Outcome<TextAnswer> answer(Execution& execution, const sql::RepairTable& statement);
Outcome<TextAnswer> answer(Execution& execution, const sql::CreateView& statement);
Outcome<TextAnswer> answer(Execution& execution, const sql::DropView& statement);
Outcome<TextAnswer> answer(Execution& execution, const sql::ShowDatabases& statement);
Outcome<TextAnswer> answer(Execution& execution, const sql::ShowTables& statement);
Outcome<TextAnswer> answer(Execution& execution, const sql::ShowViews& statement);
Outcome<TextAnswer> answer(Execution& execution, const sql::ShowPartitions& statement);
Outcome<TextAnswer> answer(Execution& execution, const sql::ShowColumns& statement);
Outcome<TextAnswer> answer(Execution& execution, const sql::ShowCreateTable& statement);
Outcome<TextAnswer> answer(Execution& execution, const sql::ShowCreateView& statement);
Outcome<TextAnswer> answer(Execution& execution, const sql::ShowTableProperties& statement);
Outcome<TextAnswer> answer(Execution& execution, const sql::ShowFunctions& statement);
Outcome<TextAnswer> answer(Execution& execution, const sql::Describe& statement);
Outcome<TextAnswer> answer(Execution& execution, const sql::DescribeView& statement);
Outcome<TextAnswer> answer(Execution& execution, const sql::Explain& statement);
Outcome<TextAnswer> answer(Execution& execution, const sql::Prepare& statement);
Outcome<TextAnswer> answer(Execution& execution, const sql::Deallocate& statement);

}  // namespace tickerlake::athena
