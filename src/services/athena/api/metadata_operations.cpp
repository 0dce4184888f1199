// Data catalogs, databases and table metadata: views of the Glue catalog.
#include <boost/json.hpp>

#include "services/athena/api/operations.h"

namespace tickerlake::athena {
namespace {

namespace json = boost::json;

constexpr std::int64_t max_listed = 50;
constexpr const char* shown_catalog = "AwsDataCatalog";

json::object catalog_summary() {
  return {{"CatalogName", shown_catalog}, {"Type", "GLUE"}, {"Status", "CREATE_COMPLETE"}};
}

bool is_catalog(std::string_view name) { return glue::fold_name(name) == catalog_name; }

std::unexpected<aws::JsonError> metadata_error(const Error& error) {
  if (error.code == ErrorCode::not_found) return aws::json_fail("MetadataException", error.message);
  if (error.code == ErrorCode::invalid_argument) return invalid_request(error.message);
  return internal_error(error);
}

json::object database_json(const glue::Database& database) {
  json::object output{{"Name", database.name}};
  if (!database.description.empty()) output["Description"] = database.description;
  json::object parameters;
  for (const auto& [key, value] : database.parameters) parameters[key] = value;
  if (!parameters.empty()) output["Parameters"] = std::move(parameters);
  return output;
}

json::array columns_json(const std::vector<glue::Column>& columns) {
  json::array output;
  for (const auto& column : columns) {
    json::object entry{{"Name", column.name}, {"Type", column.type}};
    if (!column.comment.empty()) entry["Comment"] = column.comment;
    output.push_back(std::move(entry));
  }
  return output;
}

json::object table_json(const glue::Table& table) {
  const auto storage = table.storage.value_or(glue::StorageDescriptor{});
  json::object parameters;
  for (const auto& [key, value] : table.parameters) parameters[key] = value;
  parameters["inputformat"] = storage.input_format;
  parameters["outputformat"] = storage.output_format;
  parameters["location"] = storage.location;
  if (storage.serde) {
    parameters["serde.serialization.lib"] = storage.serde->library;
    for (const auto& [key, value] : storage.serde->parameters) parameters["serde.param." + key] = value;
  }
  return {{"Name", table.name},
          {"CreateTime", static_cast<double>(table.create_time) / 1000},
          {"TableType", table.table_type},
          {"Columns", columns_json(storage.columns)},
          {"PartitionKeys", columns_json(table.partition_keys)},
          {"Parameters", std::move(parameters)}};
}

aws::JsonResult list_catalogs(const Parts&, const json::object&) {
  return json::object{{"DataCatalogsSummary", json::array{catalog_summary()}}};
}

aws::JsonResult get_catalog(const Parts&, const json::object& input) {
  glue::Fields::FirstError error;
  const auto name = glue::Fields(input, error).required_text("Name", {1, 256});
  if (error) return invalid_request(error->message);
  if (!is_catalog(name)) return invalid_request("DataCatalog " + name + " was not found");
  return json::object{{"DataCatalog", json::object{{"Name", shown_catalog},
                                                   {"Description", "The Glue Data Catalog"},
                                                   {"Type", "GLUE"},
                                                   {"Parameters", json::object()},
                                                   {"Status", "CREATE_COMPLETE"}}}};
}

/// CatalogName of the request, checked.
std::optional<aws::JsonError> wrong_catalog(const glue::Fields& fields) {
  const auto name = fields.required_text("CatalogName", {1, 256});
  if (fields.error()) return invalid_request(fields.error()->message).error();
  if (!is_catalog(name)) return aws::JsonError{"MetadataException", "DataCatalog " + name + " was not found"};
  return std::nullopt;
}

aws::JsonResult list_databases(const Parts& parts, const json::object& input) {
  glue::Fields::FirstError error;
  const glue::Fields fields(input, error);
  if (auto wrong = wrong_catalog(fields)) return std::unexpected(std::move(*wrong));
  const auto limit = static_cast<std::size_t>(fields.integer("MaxResults", max_listed, 1, max_listed));
  const auto token = fields.text("NextToken", {0, 2048});
  if (error) return invalid_request(error->message);
  const auto page = parts.catalog.get_databases({.token = token, .limit = limit});
  if (!page) return metadata_error(page.error());
  json::array list;
  for (const auto& database : page->items) list.push_back(database_json(database));
  json::object output{{"DatabaseList", std::move(list)}};
  if (!page->next_token.empty()) output["NextToken"] = page->next_token;
  return output;
}

aws::JsonResult get_database(const Parts& parts, const json::object& input) {
  glue::Fields::FirstError error;
  const glue::Fields fields(input, error);
  if (auto wrong = wrong_catalog(fields)) return std::unexpected(std::move(*wrong));
  const auto name = fields.required_text("DatabaseName", {1, 255});
  if (error) return invalid_request(error->message);
  const auto database = parts.catalog.get_database(name);
  if (!database) return metadata_error(database.error());
  return json::object{{"Database", database_json(*database)}};
}

aws::JsonResult list_tables(const Parts& parts, const json::object& input) {
  glue::Fields::FirstError error;
  const glue::Fields fields(input, error);
  if (auto wrong = wrong_catalog(fields)) return std::unexpected(std::move(*wrong));
  const auto database = fields.required_text("DatabaseName", {1, 255});
  const auto expression = fields.text("Expression", {0, 256});
  const auto limit = static_cast<std::size_t>(fields.integer("MaxResults", max_listed, 1, max_listed));
  const auto token = fields.text("NextToken", {0, 2048});
  if (error) return invalid_request(error->message);
  const auto page = parts.catalog.get_tables(database, expression, {.token = token, .limit = limit});
  if (!page) return metadata_error(page.error());
  json::array list;
  for (const auto& table : page->items) list.push_back(table_json(table));
  json::object output{{"TableMetadataList", std::move(list)}};
  if (!page->next_token.empty()) output["NextToken"] = page->next_token;
  return output;
}

aws::JsonResult get_table(const Parts& parts, const json::object& input) {
  glue::Fields::FirstError error;
  const glue::Fields fields(input, error);
  if (auto wrong = wrong_catalog(fields)) return std::unexpected(std::move(*wrong));
  const auto database = fields.required_text("DatabaseName", {1, 255});
  const auto name = fields.required_text("TableName", {1, 255});
  if (error) return invalid_request(error->message);
  const auto table = parts.catalog.get_table(database, name);
  if (!table) return metadata_error(table.error());
  return json::object{{"TableMetadata", table_json(*table)}};
}

}  // namespace

void add_metadata_operations(aws::JsonService& service, Parts parts) {
  const auto add = [&](const char* name, aws::JsonResult (*run)(const Parts&, const json::object&)) {
    service.add(name, [parts, run](const aws::Caller&, const json::object& input) { return run(parts, input); });
  };
  add("ListDataCatalogs", list_catalogs);
  add("GetDataCatalog", get_catalog);
  add("ListDatabases", list_databases);
  add("GetDatabase", get_database);
  add("ListTableMetadata", list_tables);
  add("GetTableMetadata", get_table);
}

}  // namespace tickerlake::athena
