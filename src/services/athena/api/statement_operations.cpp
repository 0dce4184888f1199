// Named queries and prepared statements.
#include <boost/json.hpp>

#include "base/digest.h"
#include "services/athena/api/operations.h"
#include "services/athena/sql/parser.h"

namespace tickerlake::athena {
namespace {

namespace json = boost::json;

constexpr std::int64_t max_listed = 50;

aws::JsonResult create_named(const Parts& parts, const json::object& input) {
  glue::Fields::FirstError error;
  const glue::Fields fields(input, error);
  const auto id = random_uuid();
  json::object query{{"NamedQueryId", id},
                     {"Name", fields.required_text("Name", {1, 128})},
                     {"Description", fields.text("Description", {0, 1024})},
                     {"Database", fields.required_text("Database", {1, 255})},
                     {"QueryString", fields.required_text("QueryString", {1, sql::max_statement_bytes})},
                     {"WorkGroup", fields.has("WorkGroup") ? fields.text("WorkGroup", {1, 128}) : primary_workgroup}};
  if (error) return invalid_request(error->message);
  CHECK_INTERNAL(parts.state.put_document("named_query", "", id, query));
  return json::object{{"NamedQueryId", id}};
}

aws::JsonResult get_named(const Parts& parts, const json::object& input) {
  glue::Fields::FirstError error;
  const auto id = glue::Fields(input, error).required_text("NamedQueryId", {1, 128});
  if (error) return invalid_request(error->message);
  OR_INTERNAL(auto query, parts.state.find_document("named_query", "", id));
  if (!query) return invalid_request("NamedQuery " + id + " was not found");
  return json::object{{"NamedQuery", std::move(*query)}};
}

aws::JsonResult list_named(const Parts& parts, const json::object& input) {
  glue::Fields::FirstError error;
  const glue::Fields fields(input, error);
  auto workgroup = fields.text("WorkGroup", {0, 128});
  if (workgroup.empty()) workgroup = primary_workgroup;
  const auto limit = static_cast<std::size_t>(fields.integer("MaxResults", max_listed, 0, max_listed));
  const auto token = fields.text("NextToken", {0, 1024});
  if (error) return invalid_request(error->message);
  OR_INTERNAL(const auto documents, parts.state.list_documents("named_query", "", token, limit));
  json::array ids;
  for (const auto& document : documents) {
    if (document.body.at("WorkGroup") == json::value(workgroup)) ids.emplace_back(document.name);
  }
  json::object output{{"NamedQueryIds", std::move(ids)}};
  if (limit > 0 && documents.size() == limit) output["NextToken"] = documents.back().name;
  return output;
}

aws::JsonResult delete_named(const Parts& parts, const json::object& input) {
  glue::Fields::FirstError error;
  const auto id = glue::Fields(input, error).required_text("NamedQueryId", {1, 128});
  if (error) return invalid_request(error->message);
  OR_INTERNAL(const bool removed, parts.state.remove_document("named_query", "", id));
  if (!removed) return invalid_request("NamedQuery " + id + " was not found");
  return json::object{};
}

struct PreparedName {
  std::string workgroup, name;
};
PreparedName prepared_name(const glue::Fields& fields) {
  return {fields.required_text("WorkGroup", {1, 128}), fields.required_text("StatementName", {1, 256})};
}
std::unexpected<aws::JsonError> no_statement(const PreparedName& of) {
  return aws::json_fail("ResourceNotFoundException",
                        "PreparedStatement " + of.name + " was not found in workGroup " + of.workgroup);
}

aws::JsonResult put_prepared(const Parts& parts, const json::object& input, bool must_exist) {
  glue::Fields::FirstError error;
  const glue::Fields fields(input, error);
  const auto of = prepared_name(fields);
  const auto text = fields.required_text("QueryStatement", {1, sql::max_statement_bytes});
  if (error) return invalid_request(error->message);
  OR_INTERNAL(const auto existing, parts.state.find(of.workgroup, of.name));
  if (must_exist && !existing) return no_statement(of);
  if (!must_exist && existing) {
    return invalid_request("PreparedStatement " + of.name + " already exists in workGroup " + of.workgroup);
  }
  const auto parsed = sql::parse(text);
  if (!parsed) return invalid_request(parsed.error().text());
  CHECK_INTERNAL(parts.state.put(of.workgroup, of.name, text));
  return json::object{};
}
aws::JsonResult create_prepared(const Parts& parts, const json::object& input) {
  return put_prepared(parts, input, false);
}
aws::JsonResult update_prepared(const Parts& parts, const json::object& input) {
  return put_prepared(parts, input, true);
}

aws::JsonResult get_prepared(const Parts& parts, const json::object& input) {
  glue::Fields::FirstError error;
  const auto of = prepared_name(glue::Fields(input, error));
  if (error) return invalid_request(error->message);
  OR_INTERNAL(auto document, parts.state.find_document("prepared", of.workgroup, of.name));
  if (!document) return no_statement(of);
  return json::object{{"PreparedStatement", std::move(*document)}};
}

aws::JsonResult list_prepared(const Parts& parts, const json::object& input) {
  glue::Fields::FirstError error;
  const glue::Fields fields(input, error);
  const auto workgroup = fields.required_text("WorkGroup", {1, 128});
  const auto limit = static_cast<std::size_t>(fields.integer("MaxResults", max_listed, 1, max_listed));
  const auto token = fields.text("NextToken", {0, 1024});
  if (error) return invalid_request(error->message);
  OR_INTERNAL(const auto documents, parts.state.list_documents("prepared", workgroup, token, limit));
  json::array statements;
  for (const auto& document : documents) {
    statements.push_back(
        json::object{{"StatementName", document.name}, {"LastModifiedTime", document.body.at("LastModifiedTime")}});
  }
  json::object output{{"PreparedStatements", std::move(statements)}};
  if (documents.size() == limit) output["NextToken"] = documents.back().name;
  return output;
}

aws::JsonResult delete_prepared(const Parts& parts, const json::object& input) {
  glue::Fields::FirstError error;
  const auto of = prepared_name(glue::Fields(input, error));
  if (error) return invalid_request(error->message);
  OR_INTERNAL(const bool removed, parts.state.remove(of.workgroup, of.name));
  if (!removed) return no_statement(of);
  return json::object{};
}

}  // namespace

void add_statement_operations(aws::JsonService& service, Parts parts) {
  const auto add = [&](const char* name, aws::JsonResult (*run)(const Parts&, const json::object&)) {
    service.add(name, [parts, run](const aws::Caller&, const json::object& input) { return run(parts, input); });
  };
  add("CreateNamedQuery", create_named);
  add("GetNamedQuery", get_named);
  add("ListNamedQueries", list_named);
  add("DeleteNamedQuery", delete_named);
  add("CreatePreparedStatement", create_prepared);
  add("UpdatePreparedStatement", update_prepared);
  add("GetPreparedStatement", get_prepared);
  add("ListPreparedStatements", list_prepared);
  add("DeletePreparedStatement", delete_prepared);
}

}  // namespace tickerlake::athena
