#include "aws/glue_client.h"

#include <boost/json.hpp>

namespace tickerlake::aws {
namespace {

using boost::json::object;

std::vector<GlueColumn> columns_of(const boost::json::array& array) {
  std::vector<GlueColumn> columns;
  for (const auto& item : array) {
    if (item.is_object())
      columns.push_back({text_member(item.get_object(), "Name"), text_member(item.get_object(), "Type")});
  }
  return columns;
}

GlueTable table_of(const object& from) {
  const object& storage = object_member(from, "StorageDescriptor");
  GlueTable table{.database = text_member(from, "DatabaseName"),
                  .name = text_member(from, "Name"),
                  .location = text_member(storage, "Location"),
                  .columns = columns_of(array_member(storage, "Columns")),
                  .partition_keys = columns_of(array_member(from, "PartitionKeys")),
                  .parameters = {}};
  for (const auto& [name, value] : object_member(from, "Parameters")) {
    if (value.is_string()) table.parameters[std::string(name)] = std::string(value.get_string());
  }
  return table;
}

object definition_of(const CrawlerDefinition& crawler) {
  boost::json::array targets;
  for (const std::string& path : crawler.paths) targets.push_back(object{{"Path", path}});
  object input{{"Name", crawler.name},
               {"Role", crawler.role},
               {"DatabaseName", crawler.database},
               {"Targets", object{{"S3Targets", targets}}}};
  if (!crawler.table_prefix.empty()) input["TablePrefix"] = crawler.table_prefix;
  if (!crawler.configuration.empty()) input["Configuration"] = crawler.configuration;
  return input;
}

/// Every item of the lists of that name on all pages.
template <class Visit>
Result<void> for_each_page(JsonClient& json, std::string_view operation, object input, std::string_view list,
                           Visit visit) {
  while (true) {
    TRY(const object page, json.call(operation, input));
    for (const auto& item : array_member(page, list)) {
      if (item.is_object()) visit(item.get_object());
    }
    const std::string token = text_member(page, "NextToken");
    if (token.empty()) return {};
    input["NextToken"] = token;
  }
}

}  // namespace

Result<void> GlueClient::create_database(std::string_view name) {
  const auto created = json_.call("CreateDatabase", {{"DatabaseInput", object{{"Name", name}}}});
  if (!created && created.error().code != ErrorCode::already_exists) return std::unexpected(created.error());
  return {};
}

Result<std::vector<std::string>> GlueClient::databases() {
  std::vector<std::string> names;
  CHECK(for_each_page(json_, "GetDatabases", {}, "DatabaseList",
                      [&](const object& item) { names.push_back(text_member(item, "Name")); }));
  return names;
}

Result<void> GlueClient::put_crawler(const CrawlerDefinition& crawler) {
  const object input = definition_of(crawler);
  const auto created = json_.call("CreateCrawler", input);
  if (created) return {};
  if (created.error().code != ErrorCode::already_exists) return std::unexpected(created.error());
  CHECK(json_.call("UpdateCrawler", input));
  return {};
}

Result<void> GlueClient::start_crawler(std::string_view name) {
  CHECK(json_.call("StartCrawler", {{"Name", name}}));
  return {};
}

Result<void> GlueClient::stop_crawler(std::string_view name) {
  CHECK(json_.call("StopCrawler", {{"Name", name}}));
  return {};
}

Result<void> GlueClient::delete_crawler(std::string_view name) {
  CHECK(json_.call("DeleteCrawler", {{"Name", name}}));
  return {};
}

Result<CrawlerStatus> GlueClient::crawler(std::string_view name) {
  TRY(const object answer, json_.call("GetCrawler", {{"Name", name}}));
  const object& crawler = object_member(answer, "Crawler");
  const object& last = object_member(crawler, "LastCrawl");
  return CrawlerStatus{.state = text_member(crawler, "State"),
                       .last_status = text_member(last, "Status"),
                       .last_error = text_member(last, "ErrorMessage"),
                       .last_started = number_member(last, "StartTime")};
}

Result<CrawlerMetrics> GlueClient::crawler_metrics(std::string_view name) {
  TRY(const object answer, json_.call("GetCrawlerMetrics", {{"CrawlerNameList", boost::json::array{name}}}));
  const auto& list = array_member(answer, "CrawlerMetricsList");
  if (list.empty() || !list[0].is_object())
    return fail(ErrorCode::not_found, "Glue knows no metrics of the crawler " + std::string(name));
  const object& metrics = list[0].get_object();
  return CrawlerMetrics{.tables_created = integer_member(metrics, "TablesCreated"),
                        .tables_updated = integer_member(metrics, "TablesUpdated"),
                        .tables_deleted = integer_member(metrics, "TablesDeleted"),
                        .last_runtime_seconds = number_member(metrics, "LastRuntimeSeconds")};
}

Result<std::vector<GlueTable>> GlueClient::tables(std::string_view database) {
  std::vector<GlueTable> tables;
  CHECK(for_each_page(json_, "GetTables", {{"DatabaseName", database}}, "TableList",
                      [&](const object& item) { tables.push_back(table_of(item)); }));
  return tables;
}

Result<GlueTable> GlueClient::table(std::string_view database, std::string_view name) {
  TRY(const object answer, json_.call("GetTable", {{"DatabaseName", database}, {"Name", name}}));
  return table_of(object_member(answer, "Table"));
}

Result<std::vector<std::vector<std::string>>> GlueClient::partitions(std::string_view database,
                                                                     std::string_view table) {
  std::vector<std::vector<std::string>> partitions;
  CHECK(for_each_page(json_, "GetPartitions",
                      {{"DatabaseName", database}, {"TableName", table}, {"ExcludeColumnSchema", true}}, "Partitions",
                      [&](const object& item) {
                        std::vector<std::string>& values = partitions.emplace_back();
                        for (const auto& value : array_member(item, "Values")) {
                          values.push_back(value.is_string() ? std::string(value.get_string()) : std::string{});
                        }
                      }));
  return partitions;
}

}  // namespace tickerlake::aws
