#pragma once
// The Glue Data Catalog and its crawlers, as far as the pipeline and the dashboard call them.
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "aws/json_client.h"

namespace tickerlake::aws {

struct CrawlerDefinition {
  std::string name;
  std::string role = "tickerlake";  // AWS wants an IAM role; the embedded Glue takes any
  std::string database;
  std::vector<std::string> paths;  // "s3://lake/stock_prices/"
  std::string table_prefix = {};
  std::string configuration = {};  // the JSON text of grouping and output, or empty
};

struct CrawlerStatus {
  std::string state;  // READY, RUNNING, STOPPING
  // of the last crawl; empty before the first
  std::string last_status;  // SUCCEEDED, CANCELLED, FAILED
  std::string last_error;
  double last_started = 0;  // seconds since 1970
  bool ready() const { return state == "READY"; }
};

struct CrawlerMetrics {
  std::int64_t tables_created = 0, tables_updated = 0, tables_deleted = 0;
  double last_runtime_seconds = 0;
};

struct GlueColumn {
  std::string name;
  std::string type;
};

struct GlueTable {
  std::string database;
  std::string name;
  std::string location;
  std::vector<GlueColumn> columns;
  std::vector<GlueColumn> partition_keys;
  std::map<std::string, std::string> parameters;
};

/// Thread-safe. Errors: as JsonClient::call.
class GlueClient {
 public:
  GlueClient(http::Client& http, const ServiceAccess& access) : json_(http, access, "glue", "AWSGlue") {}

  /// Having it already is no error.
  Result<void> create_database(std::string_view name);
  Result<std::vector<std::string>> databases();

  /// Creates the crawler, or gives the one of that name this definition. ErrorCode::conflict while it runs.
  Result<void> put_crawler(const CrawlerDefinition& crawler);
  /// ErrorCode::conflict when it runs already.
  Result<void> start_crawler(std::string_view name);
  Result<void> stop_crawler(std::string_view name);
  Result<void> delete_crawler(std::string_view name);
  Result<CrawlerStatus> crawler(std::string_view name);
  Result<CrawlerMetrics> crawler_metrics(std::string_view name);

  Result<std::vector<GlueTable>> tables(std::string_view database);
  Result<GlueTable> table(std::string_view database, std::string_view name);
  /// The values of each partition, in the order of the table's keys.
  Result<std::vector<std::vector<std::string>>> partitions(std::string_view database, std::string_view table);

  /// Any other operation.
  Result<boost::json::object> call(std::string_view operation, const boost::json::object& input) {
    return json_.call(operation, input);
  }

 private:
  JsonClient json_;
};

}  // namespace tickerlake::aws
