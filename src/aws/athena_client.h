#pragma once
// Athena from the client's side: start a statement, follow it, page through its rows.
#include <functional>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "aws/json_client.h"

namespace tickerlake::aws {

struct QueryRequest {
  std::string sql;
  std::string database = {};
  std::string output_location = {};  // "s3://…/"; empty: the workgroup's
  std::string workgroup = "primary";
};

struct QueryStatus {
  std::string id;
  std::string state;           // QUEUED, RUNNING, SUCCEEDED, FAILED, CANCELLED
  std::string reason;          // why it failed
  std::string statement_type;  // DML, DDL, UTILITY
  std::string output_location;
  std::int64_t scanned_bytes = 0;
  std::int64_t engine_ms = 0;
  std::int64_t total_ms = 0;
  bool ended() const { return state == "SUCCEEDED" || state == "FAILED" || state == "CANCELLED"; }
};

struct ResultColumn {
  std::string name;
  std::string type;
};

/// NULL is no value.
using ResultRow = std::vector<std::optional<std::string>>;

struct ResultPage {
  std::vector<ResultColumn> columns;
  std::vector<ResultRow> rows;  // without the header row that Athena sends for SELECT
  std::string next_token;       // empty on the last page
  std::optional<std::int64_t> update_count;
};

/// Thread-safe. Errors: as JsonClient::call; also what is named below.
class AthenaClient {
 public:
  AthenaClient(http::Client& http, const ServiceAccess& access) : json_(http, access, "athena", "AmazonAthena") {}

  /// The execution's id.
  Result<std::string> start(const QueryRequest& request);
  Result<QueryStatus> status(std::string_view id);
  /// Asks for the end of a query; it is CANCELLED a little later.
  Result<void> stop(std::string_view id);
  /// Up to 1,000 rows; the token is that of the page before, empty for the first.
  Result<ResultPage> results(const QueryStatus& query, std::string_view token = {}, int max_rows = 1000);

  /// Starts a statement and waits for its end, whatever it is. `stopped` is asked between polls; once it says true the
  /// query gets stopped.
  Result<QueryStatus> run(const QueryRequest& request, const std::function<bool()>& stopped);

 private:
  JsonClient json_;
};

}  // namespace tickerlake::aws
