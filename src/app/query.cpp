#include "app/query.h"

#include <algorithm>

#include "app/connection.h"

namespace tickerlake::app {
namespace {

bool is_numeric(std::string_view type) {
  constexpr std::string_view numeric[] = {"tinyint", "smallint", "integer", "int", "bigint", "float", "real", "double"};
  return type.starts_with("decimal") || std::ranges::find(numeric, type) != std::end(numeric);
}

}  // namespace

Result<std::unique_ptr<Queries>> Queries::open(const io::Path& data, const AwsOptions& aws) {
  TRY(auto config, aws_config(data, aws));
  return std::make_unique<Queries>(std::move(config));
}

Result<Queries::Answer> Queries::run(const aws::QueryRequest& request, const std::function<bool()>& stopped) {
  TRY(auto status, athena_.run(request, stopped));
  if (status.state == "CANCELLED") return fail(ErrorCode::cancelled, "the query was cancelled");
  if (status.state != "SUCCEEDED") return fail(ErrorCode::invalid_argument, status.reason);
  Answer answer{std::move(status), {}};
  std::string token;
  do {
    TRY(auto page, athena_.results(answer.status, token));
    if (answer.table.columns.empty()) {
      for (const auto& column : page.columns) answer.table.columns.push_back({column.name, is_numeric(column.type)});
    }
    for (auto& row : page.rows) answer.table.rows.push_back(std::move(row));
    token = page.next_token;
  } while (!token.empty());
  return answer;
}

Result<std::int64_t> count_rows(const io::Path& data, const AwsOptions& aws, std::string_view database,
                                std::string_view table) {
  TRY(const auto queries, Queries::open(data, aws));
  aws::QueryRequest request;
  request.sql = "select count(*) from \"" + std::string(table) + "\"";
  request.database = database;
  TRY(const auto answer, queries->run(request, [] { return false; }));
  if (answer.table.rows.size() != 1 || answer.table.rows[0].empty() || !answer.table.rows[0][0]) {
    return fail(ErrorCode::corrupt, "a count has no row");
  }
  return std::stoll(*answer.table.rows[0][0]);
}

}  // namespace tickerlake::app
