#include "services/athena/engine/execution.h"

#include "services/athena/results/result_file.h"
#include "services/athena/sql/parser.h"

namespace tickerlake::athena {
namespace {

/// Stores <id>.txt and its metadata.
Outcome<ExecutionResult> store(Execution& execution, TextAnswer text) {
  std::string content;
  for (const auto& line : text.lines) content += line + "\n";
  const auto file = execution.request.output / (execution.request.id + ".txt");
  const auto put = [&](const std::string& key, const char* type, std::string_view bytes) -> Outcome<void> {
    auto stored = execution.environment.objects.put(file.bucket, key, type, bytes);
    if (stored) return {};
    return fail_query(error_type::result_write,
                      "Unable to write the result to " + file.uri() + ": " + stored.error().message);
  };
  CHECK(put(file.key, "text/plain", content));
  CHECK(put(file.key + ".metadata", "application/octet-stream", encode_metadata(text.columns)));
  ExecutionResult result;
  result.columns = std::move(text.columns);
  result.output_uri = file.uri();
  result.rows_out = static_cast<std::int64_t>(text.lines.size());
  result.bytes_out = static_cast<std::int64_t>(content.size());
  return result;
}

Outcome<ExecutionResult> run_prepared(Execution& execution, const sql::Execute& statement) {
  TRY(const auto text,
      told(execution.prepared.find(execution.request.workgroup, statement.name.text), failure_of_service));
  if (!text) {
    return fail_query(error_type::not_found, "NOT_FOUND: PreparedStatement " + statement.name.text + " was not found");
  }
  auto parsed = sql::parse(*text);
  if (!parsed) return std::unexpected(failure_of(parsed.error()));
  if (parsed->as<sql::Execute>() != nullptr) {
    return fail_query(error_type::unsupported, "NOT_SUPPORTED: EXECUTE within a prepared statement");
  }
  // The literals of USING are borrowed for the run; parse trees are not copied.
  auto& values = const_cast<sql::Execute&>(statement).parameters;  // NOLINT: given back below
  std::swap(execution.parameters, values);
  auto result = execute(execution, *parsed);
  std::swap(execution.parameters, values);
  return result;
}

}  // namespace

Outcome<sql::WrittenQuery> Execution::write(const sql::Query& query) {
  CatalogResolver resolver(environment, connection, query, request.database, inputs);
  sql::WriteOptions options;
  options.parameters = &parameters;
  options.schema = request.database;
  return told(sql::write(query, resolver, options), tell_syntax);
}

Outcome<duckdb::Rows> Execution::run(const std::string& duckdb_sql) {
  CHECK(check_cancelled());
  auto rows = connection.query(duckdb_sql);
  if (rows) return std::move(*rows);
  auto failure = failure_of_engine(rows.error());
  failure.message = inputs.without_paths(std::move(failure.message));
  return std::unexpected(std::move(failure));
}

Outcome<void> Execution::check_cancelled() const {
  if (!cancellation.cancelled()) return {};
  return std::unexpected(failure_of_engine({ErrorCode::cancelled, ""}));
}

Outcome<ExecutionResult> execute(Execution& execution, const sql::Statement& statement) {
  const auto needed = statement.as<sql::Prepare>() != nullptr ? 0 : statement.parameter_count;
  if (needed != execution.parameters.size()) {
    return fail_query(error_type::syntax,
                      "INVALID_PARAMETER_USAGE: line 1:1: Incorrect number of parameters: expected " +
                          std::to_string(needed) + " but found " + std::to_string(execution.parameters.size()));
  }
  auto result = std::visit(
      [&](const auto& node) -> Outcome<ExecutionResult> {
        using Node = std::decay_t<decltype(node)>;
        if constexpr (std::is_same_v<Node, sql::QueryPtr>) {
          return run_query(execution, *node);
        } else if constexpr (std::is_same_v<Node, sql::CreateTableAs> || std::is_same_v<Node, sql::Insert> ||
                             std::is_same_v<Node, sql::Unload>) {
          return run(execution, node);
        } else if constexpr (std::is_same_v<Node, sql::Execute>) {
          return run_prepared(execution, node);
        } else {
          TRY(auto text, answer(execution, node));
          return store(execution, std::move(text));
        }
      },
      statement.node);
  if (!result) return result;
  if (statement.as<sql::Execute>() == nullptr) result->type = sql::statement_type(statement);
  result->bytes_scanned = execution.inputs.bytes;
  return result;
}

}  // namespace tickerlake::athena
