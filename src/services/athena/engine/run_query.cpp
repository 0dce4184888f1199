// SELECT: rows are written to <id>.csv as DuckDB computes them.
#include <chrono>

#include "io/fault_point.h"
#include "io/file.h"
#include "services/athena/engine/execution.h"
#include "services/athena/results/result_file.h"
#include "services/athena/results/value_text.h"

namespace tickerlake::athena {
namespace {

constexpr std::size_t write_bytes = 1 << 20;
constexpr std::int64_t max_result_bytes = 10_GiB;

std::vector<ResultColumn> columns_of(const sql::WrittenQuery& written, const std::vector<duckdb::Column>& given) {
  std::vector<ResultColumn> columns;
  const bool known = written.columns_known && written.columns.size() == given.size();
  for (std::size_t i = 0; i < given.size(); ++i) {
    const auto name = known ? written.columns[i].name : sql::output_name(given[i].name, i);
    const bool typed = known && written.columns[i].type.known();
    columns.push_back(result_column(name, typed ? written.columns[i].type : type_of(given[i].type)));
  }
  return columns;
}

Outcome<void> put(Execution& execution, const Location& target, const std::filesystem::path& file,
                  const std::vector<ResultColumn>& columns) {
  auto& objects = execution.environment.objects;
  io::fault_point("athena.result.put.before");
  auto stored = objects.put_file(target.bucket, target.key, "application/octet-stream", file);
  io::fault_point("athena.result.put.after");
  if (stored) {
    stored = objects.put(target.bucket, target.key + ".metadata", "application/octet-stream", encode_metadata(columns));
  }
  if (stored) return {};
  return fail_query(error_type::result_write,
                    "Unable to write the result to " + target.uri() + ": " + stored.error().message);
}

}  // namespace

Outcome<ExecutionResult> run_query(Execution& execution, const sql::Query& query) {
  const auto started = std::chrono::steady_clock::now();
  TRY(const auto written, execution.write(query));
  ExecutionResult result;
  result.planning_ms =
      std::chrono::duration_cast<std::chrono::milliseconds>(std::chrono::steady_clock::now() - started).count();
  CHECK(execution.check_cancelled());
  const auto tell = [&](const Error& error) {
    auto failure = failure_of_engine(error);
    failure.message = execution.inputs.without_paths(std::move(failure.message));
    return failure;
  };
  TRY(auto rows, told(execution.connection.stream(written.sql), tell));
  result.columns = columns_of(written, rows.columns());

  const auto path = execution.folder / "result.csv";
  TRY(const auto file, told(io::File::open(path, io::File::Mode::create_new), failure_of_service));
  std::string text;
  const auto flush = [&]() -> Outcome<void> {
    CHECK(told(file.write_at(result.bytes_out, as_bytes(text)), failure_of_service));
    result.bytes_out += static_cast<std::int64_t>(text.size());
    text.clear();
    if (result.bytes_out <= max_result_bytes) return {};
    return fail_query(error_type::resources,
                      "Query exhausted resources at this scale factor: the result has more than " +
                          std::to_string(max_result_bytes) + " bytes");
  };
  std::vector<std::string> names;
  for (const auto& column : result.columns) names.push_back(column.name);
  append_csv_row(text, names);
  std::string value;
  while (true) {
    CHECK(execution.check_cancelled());
    TRY(const auto chunk, told(rows.next(), tell));
    if (!chunk) break;
    for (std::size_t row = 0; row < chunk->rows(); ++row) {
      for (std::size_t i = 0; i < result.columns.size(); ++i) {
        if (i > 0) text += ',';
        value.clear();
        if (append_value(value, chunk->column(i), row, result.columns[i].type)) append_csv_value(text, value);
      }
      text += '\n';
      if (text.size() >= write_bytes) CHECK(flush());
    }
    result.rows_out += static_cast<std::int64_t>(chunk->rows());
  }
  CHECK(flush());
  const auto target = execution.request.output / (execution.request.id + ".csv");
  CHECK(put(execution, target, path, result.columns));
  result.output_uri = target.uri();
  return result;
}

}  // namespace tickerlake::athena
