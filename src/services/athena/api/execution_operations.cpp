// StartQueryExecution, GetQueryExecution, BatchGetQueryExecution, StopQueryExecution, ListQueryExecutions.
#include <boost/json.hpp>

#include "base/digest.h"
#include "services/athena/api/execution_json.h"
#include "services/athena/api/operations.h"
#include "services/athena/engine/location.h"
#include "services/athena/sql/parser.h"

namespace tickerlake::athena {
namespace {

namespace json = boost::json;

constexpr std::size_t max_listed = 50;
constexpr std::size_t max_batch = 50;

std::unexpected<aws::JsonError> not_found(const std::string& id) {
  return invalid_request("QueryExecution " + id + " was not found");
}

/// Where the results go: the workgroup's place where it is enforced or nothing else is given, else the request's.
Result<Location, aws::JsonError> choose_output(const Parts& parts, const json::object& workgroup,
                                               const std::string& requested) {
  const auto of_workgroup = output_of(workgroup);
  auto chosen = of_workgroup.enforced && !of_workgroup.location.empty() ? of_workgroup.location : requested;
  if (chosen.empty()) chosen = of_workgroup.location;
  if (chosen.empty()) chosen = default_output;
  const auto location = parse_location(chosen);
  if (!location) return invalid_request("outputLocation is not a valid S3 path.");
  if (chosen == default_output) CHECK_INTERNAL(parts.objects.make_bucket(location->bucket));
  return location->folder();
}

/// The same request again under the same token gives the same execution.
aws::JsonResult repeated(const ExecutionRecord& record, const std::string& query) {
  if (execution_of(record.body).at("Query").as_string() != query) {
    return invalid_request("Idempotent parameters do not match");
  }
  return json::object{{"QueryExecutionId", record.id}};
}

aws::JsonResult start(const Parts& parts, const json::object& input) {
  glue::Fields::FirstError error;
  const glue::Fields fields(input, error);
  Submission submission;
  auto& request = submission.request;
  request.query = fields.required_text("QueryString", {1, sql::max_statement_bytes});
  submission.token = fields.text("ClientRequestToken", {0, 128});
  request.workgroup = fields.text("WorkGroup", {0, 128});
  request.parameters = fields.texts("ExecutionParameters", {0, 1000}, {1, 1024});
  const auto context = fields.raw("QueryExecutionContext");
  const auto configuration = fields.raw("ResultConfiguration");
  const glue::Fields context_fields(context, error, "queryExecutionContext.");
  const glue::Fields configuration_fields(configuration, error, "resultConfiguration.");
  const auto database = context_fields.text("Database", {0, 255});
  const auto catalog = context_fields.text("Catalog", {0, 256});
  const auto output = configuration_fields.text("OutputLocation", {0, 1024});
  if (error) return invalid_request(error->message);
  if (request.workgroup.empty()) request.workgroup = primary_workgroup;
  if (!database.empty()) request.database = glue::fold_name(database);
  if (!catalog.empty() && glue::fold_name(catalog) != catalog_name) {
    return invalid_request("Catalog " + catalog + " was not found");
  }
  if (!submission.token.empty()) {
    OR_INTERNAL(const auto earlier, parts.state.find_by_token(submission.token));
    if (earlier) return repeated(*earlier, request.query);
  }
  OR_INTERNAL(const auto workgroup, find_workgroup(parts.state, request.workgroup));
  if (!workgroup) return invalid_request("WorkGroup " + request.workgroup + " is not found.");
  if (!output_of(*workgroup).enabled) {
    return invalid_request("WorkGroup " + request.workgroup + " is disabled. To run queries, enable it.");
  }
  auto place = choose_output(parts, *workgroup, output);
  if (!place) return std::unexpected(std::move(place).error());
  request.output = *place;

  auto statement = sql::parse(request.query);
  if (!statement) {
    auto refusal = invalid_request(statement.error().text());
    refusal.error().extra["AthenaErrorCode"] = "MALFORMED_QUERY";
    return refusal;
  }
  request.id = random_uuid();
  submission.statement = std::make_unique<sql::Statement>(std::move(*statement));
  const bool is_query = submission.statement->as<sql::QueryPtr>() != nullptr;
  const auto file = request.output / (request.id + (is_query ? ".csv" : ".txt"));
  submission.echo["ResultConfiguration"] = json::object{{"OutputLocation", file.uri()}};
  submission.echo["QueryExecutionContext"] = json::object{{"Database", request.database}, {"Catalog", catalog_name}};
  if (!request.parameters.empty()) {
    json::array values;
    for (const auto& text : request.parameters) values.emplace_back(text);
    submission.echo["ExecutionParameters"] = std::move(values);
  }
  const auto id = request.id;
  auto started = parts.executions.start(std::move(submission));
  if (!started && started.error().code == ErrorCode::exhausted) {
    return aws::json_fail("TooManyRequestsException", started.error().message);
  }
  if (!started) return internal_error(started.error());
  return json::object{{"QueryExecutionId", id}};
}

aws::JsonResult get(const Parts& parts, const json::object& input) {
  glue::Fields::FirstError error;
  const auto id = glue::Fields(input, error).required_text("QueryExecutionId", {1, 128});
  if (error) return invalid_request(error->message);
  OR_INTERNAL(const auto body, parts.executions.find(id));
  if (!body) return not_found(id);
  return json::object{{"QueryExecution", execution_of(*body)}};
}

aws::JsonResult batch_get(const Parts& parts, const json::object& input) {
  glue::Fields::FirstError error;
  const auto ids = glue::Fields(input, error).required_texts("QueryExecutionIds", {1, max_batch}, {1, 128});
  if (error) return invalid_request(error->message);
  json::array found, missing;
  for (const auto& id : ids) {
    OR_INTERNAL(const auto body, parts.executions.find(id));
    if (body) {
      found.push_back(execution_of(*body));
    } else {
      missing.push_back(json::object{{"QueryExecutionId", id},
                                     {"ErrorCode", "INVALID_INPUT"},
                                     {"ErrorMessage", "QueryExecution " + id + " was not found"}});
    }
  }
  return json::object{{"QueryExecutions", std::move(found)}, {"UnprocessedQueryExecutionIds", std::move(missing)}};
}

aws::JsonResult stop(const Parts& parts, const json::object& input) {
  glue::Fields::FirstError error;
  const auto id = glue::Fields(input, error).required_text("QueryExecutionId", {1, 128});
  if (error) return invalid_request(error->message);
  OR_INTERNAL(const bool found, parts.executions.stop(id));
  if (!found) return not_found(id);
  return json::object{};
}

aws::JsonResult list(const Parts& parts, const json::object& input) {
  glue::Fields::FirstError error;
  const glue::Fields fields(input, error);
  auto workgroup = fields.text("WorkGroup", {0, 128});
  const auto limit = static_cast<std::size_t>(fields.integer("MaxResults", max_listed, 1, max_listed));
  const auto token = fields.text("NextToken", {0, 1024});
  if (error) return invalid_request(error->message);
  if (workgroup.empty()) workgroup = primary_workgroup;
  std::optional<State::Place> before;
  if (!token.empty()) {
    const auto last = parts.state.find_execution(token);
    if (!last || !*last) return invalid_request("NextToken is not valid");
    before = State::Place{(*last)->submitted, (*last)->id};
  }
  OR_INTERNAL(const auto records, parts.state.list_executions(workgroup, before, limit));
  json::array ids;
  for (const auto& record : records) ids.emplace_back(record.id);
  json::object output{{"QueryExecutionIds", std::move(ids)}};
  if (records.size() == limit) output["NextToken"] = records.back().id;
  return output;
}

}  // namespace

void add_execution_operations(aws::JsonService& service, Parts parts) {
  const auto add = [&](const char* name, aws::JsonResult (*run)(const Parts&, const json::object&)) {
    service.add(name, [parts, run](const aws::Caller&, const json::object& input) { return run(parts, input); });
  };
  add("StartQueryExecution", start);
  add("GetQueryExecution", get);
  add("BatchGetQueryExecution", batch_get);
  add("StopQueryExecution", stop);
  add("ListQueryExecutions", list);
}

}  // namespace tickerlake::athena
