#include "aws/athena_client.h"

#include <boost/json.hpp>
#include <thread>

#include "base/digest.h"

namespace tickerlake::aws {
namespace {

using boost::json::object;
using std::chrono::milliseconds;

constexpr milliseconds first_poll{5}, longest_poll{500};

ResultRow row_of(const object& from) {
  ResultRow row;
  for (const auto& cell : array_member(from, "Data")) {
    const auto* value = cell.is_object() ? cell.get_object().if_contains("VarCharValue") : nullptr;
    row.push_back(value != nullptr && value->is_string() ? std::optional(std::string(value->get_string()))
                                                         : std::nullopt);
  }
  return row;
}

/// SELECT's first page begins with the columns' names; SHOW and DESCRIBE have no such row.
bool is_header(const ResultRow& row, const std::vector<ResultColumn>& columns) {
  if (row.size() != columns.size()) return false;
  for (std::size_t i = 0; i < row.size(); ++i) {
    if (row[i] != columns[i].name) return false;
  }
  return true;
}

}  // namespace

Result<std::string> AthenaClient::start(const QueryRequest& request) {
  // The token makes a repeated start find the first one's query.
  object input{{"QueryString", request.sql}, {"ClientRequestToken", random_uuid()}, {"WorkGroup", request.workgroup}};
  if (!request.database.empty()) input["QueryExecutionContext"] = object{{"Database", request.database}};
  if (!request.output_location.empty())
    input["ResultConfiguration"] = object{{"OutputLocation", request.output_location}};
  TRY(const object answer, json_.call("StartQueryExecution", input));
  std::string id = text_member(answer, "QueryExecutionId");
  if (id.empty()) return fail(ErrorCode::corrupt, "athena StartQueryExecution: the answer has no QueryExecutionId");
  return id;
}

Result<QueryStatus> AthenaClient::status(std::string_view id) {
  TRY(const object answer, json_.call("GetQueryExecution", {{"QueryExecutionId", id}}));
  const object& execution = object_member(answer, "QueryExecution");
  const object& status = object_member(execution, "Status");
  const object& statistics = object_member(execution, "Statistics");
  return QueryStatus{.id = std::string(id),
                     .state = text_member(status, "State"),
                     .reason = text_member(status, "StateChangeReason"),
                     .statement_type = text_member(execution, "StatementType"),
                     .output_location = text_member(object_member(execution, "ResultConfiguration"), "OutputLocation"),
                     .scanned_bytes = integer_member(statistics, "DataScannedInBytes"),
                     .engine_ms = integer_member(statistics, "EngineExecutionTimeInMillis"),
                     .total_ms = integer_member(statistics, "TotalExecutionTimeInMillis")};
}

Result<void> AthenaClient::stop(std::string_view id) {
  CHECK(json_.call("StopQueryExecution", {{"QueryExecutionId", id}}));
  return {};
}

Result<ResultPage> AthenaClient::results(const QueryStatus& query, std::string_view token, int max_rows) {
  object input{{"QueryExecutionId", query.id}, {"MaxResults", max_rows}};
  if (!token.empty()) input["NextToken"] = token;
  TRY(const object answer, json_.call("GetQueryResults", input));
  const object& set = object_member(answer, "ResultSet");
  ResultPage page;
  page.next_token = text_member(answer, "NextToken");
  if (answer.contains("UpdateCount")) page.update_count = integer_member(answer, "UpdateCount");
  for (const auto& column : array_member(object_member(set, "ResultSetMetadata"), "ColumnInfo")) {
    if (column.is_object())
      page.columns.push_back({text_member(column.get_object(), "Name"), text_member(column.get_object(), "Type")});
  }
  bool first = token.empty() && query.statement_type == "DML";
  for (const auto& item : array_member(set, "Rows")) {
    if (!item.is_object()) continue;
    ResultRow row = row_of(item.get_object());
    if (std::exchange(first, false) && is_header(row, page.columns)) continue;
    page.rows.push_back(std::move(row));
  }
  return page;
}

Result<QueryStatus> AthenaClient::run(const QueryRequest& request, const std::function<bool()>& stopped) {
  TRY(const std::string id, start(request));
  bool stop_sent = false;
  for (milliseconds pause = first_poll;; pause = std::min(longest_poll, pause * 3 / 2)) {
    TRY(QueryStatus now, status(id));
    if (now.ended()) return now;
    if (!stop_sent && stopped && stopped()) {
      CHECK(stop(id));
      stop_sent = true;
    }
    std::this_thread::sleep_for(pause);
  }
}

}  // namespace tickerlake::aws
