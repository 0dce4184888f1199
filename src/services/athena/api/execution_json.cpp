#include "services/athena/api/execution_json.h"

#include <boost/json.hpp>

namespace tickerlake::athena {
namespace {

namespace json = boost::json;

double seconds(TimestampMs time) { return static_cast<double>(time) / 1000; }

json::object& status_of(json::object& body) { return body["execution"].as_object()["Status"].as_object(); }
json::object& statistics_of(json::object& body) { return body["execution"].as_object()["Statistics"].as_object(); }

const char* type_name(sql::StatementType type) {
  switch (type) {
    case sql::StatementType::ddl:
      return "DDL";
    case sql::StatementType::dml:
      return "DML";
    case sql::StatementType::utility:
      return "UTILITY";
  }
  return "DML";
}

const char* substatement(const sql::Statement& statement) {
  if (statement.as<sql::QueryPtr>() != nullptr) return "SELECT";
  if (statement.as<sql::CreateTableAs>() != nullptr) return "CREATE_TABLE_AS_SELECT";
  if (statement.as<sql::CreateTable>() != nullptr) return "CREATE_TABLE";
  if (statement.as<sql::Insert>() != nullptr) return "INSERT";
  if (statement.as<sql::Unload>() != nullptr) return "UNLOAD";
  if (statement.as<sql::DropTable>() != nullptr) return "DROP_TABLE";
  if (statement.as<sql::CreateView>() != nullptr) return "CREATE_VIEW";
  if (statement.as<sql::DropView>() != nullptr) return "DROP_VIEW";
  if (statement.as<sql::CreateDatabase>() != nullptr) return "CREATE_DATABASE";
  if (statement.as<sql::DropDatabase>() != nullptr) return "DROP_DATABASE";
  if (statement.as<sql::RepairTable>() != nullptr) return "MSCK";
  if (statement.as<sql::Explain>() != nullptr) return "EXPLAIN";
  if (statement.as<sql::Execute>() != nullptr) return "EXECUTE";
  if (statement.as<sql::Prepare>() != nullptr) return "PREPARE";
  if (statement.as<sql::Describe>() != nullptr) return "DESCRIBE";
  return nullptr;
}

}  // namespace

json::object new_execution(const ExecutionRequest& request, const json::object& echo, const sql::Statement& statement,
                           TimestampMs now) {
  json::object execution{{"QueryExecutionId", request.id},
                         {"Query", request.query},
                         {"StatementType", type_name(sql::statement_type(statement))},
                         {"WorkGroup", request.workgroup},
                         {"Status", json::object{{"State", "QUEUED"}, {"SubmissionDateTime", seconds(now)}}},
                         {"Statistics", json::object{{"EngineExecutionTimeInMillis", 0},
                                                     {"DataScannedInBytes", 0},
                                                     {"TotalExecutionTimeInMillis", 0},
                                                     {"QueryQueueTimeInMillis", 0},
                                                     {"ServiceProcessingTimeInMillis", 0}}},
                         {"EngineVersion", json::object{{"SelectedEngineVersion", "AUTO"},
                                                        {"EffectiveEngineVersion", "Athena engine version 3"}}}};
  if (const char* name = substatement(statement)) execution["SubstatementType"] = name;
  for (const auto& [name, value] : echo) execution[name] = value;
  return {{"execution", std::move(execution)}, {"columns", json::array()}, {"final", false}};
}

void set_running(json::object& body) { status_of(body)["State"] = "RUNNING"; }

void set_succeeded(json::object& body, const ExecutionResult& result, TimestampMs now) {
  auto& status = status_of(body);
  status["State"] = "SUCCEEDED";
  status["CompletionDateTime"] = seconds(now);
  auto& execution = body["execution"].as_object();
  execution["StatementType"] = type_name(result.type);
  if (!execution.contains("ResultConfiguration")) execution["ResultConfiguration"] = json::object();
  execution["ResultConfiguration"].as_object()["OutputLocation"] = result.output_uri;
  auto& statistics = statistics_of(body);
  statistics["DataScannedInBytes"] = result.bytes_scanned;
  statistics["QueryPlanningTimeInMillis"] = result.planning_ms;
  statistics["ResultReuseInformation"] = json::object{{"ReusedPreviousResult", false}};
  if (!result.manifest_uri.empty()) statistics["DataManifestLocation"] = result.manifest_uri;
  body["columns"] = column_info(result.columns);
  body["rows"] = json::object{{"in", result.rows_in}, {"out", result.rows_out}, {"bytes_out", result.bytes_out}};
  if (result.update_count) body["update_count"] = *result.update_count;
  body["final"] = true;
}

void set_failed(json::object& body, const Failure& failure, TimestampMs now) {
  auto& status = status_of(body);
  status["State"] = failure.cancelled ? "CANCELLED" : "FAILED";
  status["StateChangeReason"] = failure.message;
  status["CompletionDateTime"] = seconds(now);
  if (!failure.cancelled) {
    status["AthenaError"] = json::object{{"ErrorCategory", static_cast<int>(failure.category)},
                                         {"ErrorType", failure.type},
                                         {"Retryable", failure.retryable},
                                         {"ErrorMessage", failure.message}};
  }
  body["final"] = true;
}

void set_times(json::object& body, TimestampMs submitted, TimestampMs started, TimestampMs now) {
  auto& statistics = statistics_of(body);
  const auto begun = started > 0 ? started : now;
  statistics["QueryQueueTimeInMillis"] = begun - submitted;
  statistics["EngineExecutionTimeInMillis"] = now - begun;
  statistics["TotalExecutionTimeInMillis"] = now - submitted;
}

json::array column_info(const std::vector<ResultColumn>& columns) {
  json::array info;
  for (const auto& column : columns) {
    info.push_back(json::object{{"CatalogName", "hive"},
                                {"SchemaName", ""},
                                {"TableName", ""},
                                {"Name", column.name},
                                {"Label", column.name},
                                {"Type", column.type_name},
                                {"Precision", column.precision},
                                {"Scale", column.scale},
                                {"Nullable", "UNKNOWN"},
                                {"CaseSensitive", column.case_sensitive}});
  }
  return info;
}

const json::object& execution_of(const json::object& body) { return body.at("execution").as_object(); }

std::string state_of(const json::object& body) {
  return std::string(execution_of(body).at("Status").as_object().at("State").as_string());
}

bool is_final_state(std::string_view state) { return state != "QUEUED" && state != "RUNNING"; }

}  // namespace tickerlake::athena
