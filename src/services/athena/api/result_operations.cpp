// GetQueryResults, GetQueryRuntimeStatistics.
#include <boost/json.hpp>
#include <charconv>

#include "services/athena/api/execution_json.h"
#include "services/athena/api/operations.h"
#include "services/athena/engine/location.h"
#include "services/athena/results/result_file.h"

namespace tickerlake::athena {
namespace {

namespace json = boost::json;

constexpr std::int64_t max_rows = 1000;

json::object row_of(const std::vector<Cell>& cells) {
  json::array data;
  for (const auto& cell : cells) {
    json::object datum;
    if (cell) datum["VarCharValue"] = *cell;
    data.push_back(std::move(datum));
  }
  return json::object{{"Data", std::move(data)}};
}

/// A page of a stored result from a byte position on.
Result<CsvPage> read_page(const Parts& parts, const std::string& uri, std::int64_t position, std::size_t limit) {
  const auto location = parse_location(uri);
  if (!location) return fail(ErrorCode::corrupt, location.error().message);
  TRY(const auto pinned, parts.objects.pin(location->bucket, location->key));
  TRY(const auto file, io::File::open(pinned.path, io::File::Mode::read));
  return uri.ends_with(".csv") ? read_csv_page(file, position, limit) : read_text_page(file, position, limit);
}

aws::JsonResult get_results(const Parts& parts, const json::object& input) {
  glue::Fields::FirstError error;
  const glue::Fields fields(input, error);
  const auto id = fields.required_text("QueryExecutionId", {1, 128});
  const auto limit = static_cast<std::size_t>(fields.integer("MaxResults", max_rows, 1, max_rows));
  const auto token = fields.text("NextToken", {0, 1024});
  if (error) return invalid_request(error->message);
  OR_INTERNAL(const auto body, parts.executions.find(id));
  if (!body) return invalid_request("QueryExecution " + id + " was not found");
  const auto state = state_of(*body);
  if (!is_final_state(state)) return invalid_request("Query has not yet finished. Current state: " + state);
  if (state != "SUCCEEDED") {
    return invalid_request("Query did not finish successfully. Final query state: " + state);
  }
  std::int64_t position = 0;
  const auto parsed = std::from_chars(token.data(), token.data() + token.size(), position);
  if (!token.empty() && (parsed.ec != std::errc() || parsed.ptr != token.data() + token.size() || position < 0)) {
    return invalid_request("NextToken is not valid");
  }
  json::array rows;
  json::object output;
  const auto* updated = body->if_contains("update_count");
  if (updated == nullptr) {  // CTAS, INSERT and UNLOAD have no rows
    const auto& configuration = execution_of(*body).at("ResultConfiguration").as_object();
    const std::string uri(configuration.at("OutputLocation").as_string());
    const auto page = read_page(parts, uri, position, limit);
    if (!page) return invalid_request("Could not find results: " + page.error().message);
    for (const auto& row : page->rows) rows.push_back(row_of(row));
    if (page->next >= 0) output["NextToken"] = std::to_string(page->next);
  }
  output["UpdateCount"] = updated != nullptr ? updated->as_int64() : 0;
  output["ResultSet"] =
      json::object{{"Rows", std::move(rows)}, {"ResultSetMetadata", json::object{{"ColumnInfo", body->at("columns")}}}};
  return output;
}

aws::JsonResult runtime_statistics(const Parts& parts, const json::object& input) {
  glue::Fields::FirstError error;
  const auto id = glue::Fields(input, error).required_text("QueryExecutionId", {1, 128});
  if (error) return invalid_request(error->message);
  OR_INTERNAL(const auto body, parts.executions.find(id));
  if (!body) return invalid_request("QueryExecution " + id + " was not found");
  const auto& statistics = execution_of(*body).at("Statistics").as_object();
  json::object timeline;
  for (const char* name : {"QueryQueueTimeInMillis", "QueryPlanningTimeInMillis", "EngineExecutionTimeInMillis",
                           "ServiceProcessingTimeInMillis", "TotalExecutionTimeInMillis"}) {
    if (const auto* value = statistics.if_contains(name)) timeline[name] = *value;
  }
  json::object output{{"Timeline", std::move(timeline)}};
  if (const auto* rows = body->if_contains("rows")) {
    const auto& counts = rows->as_object();
    output["Rows"] = json::object{{"InputBytes", statistics.at("DataScannedInBytes")},
                                  {"OutputBytes", counts.at("bytes_out")},
                                  {"OutputRows", counts.at("out")}};
  }
  return json::object{{"QueryRuntimeStatistics", std::move(output)}};
}

}  // namespace

void add_result_operations(aws::JsonService& service, Parts parts) {
  service.add("GetQueryResults",
              [parts](const aws::Caller&, const json::object& input) { return get_results(parts, input); });
  service.add("GetQueryRuntimeStatistics",
              [parts](const aws::Caller&, const json::object& input) { return runtime_statistics(parts, input); });
}

}  // namespace tickerlake::athena
