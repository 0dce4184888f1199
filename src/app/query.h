#pragma once
// One statement through Athena, to its end, with all its rows.
#include <cstdint>
#include <string>
#include <string_view>

#include "app/commands/commands.h"
#include "app/output.h"
#include "aws/athena_client.h"
#include "aws/config.h"
#include "base/result.h"
#include "io/file.h"

namespace tickerlake::app {

/// A client of Athena as the environment or the data folder names it.
class Queries {
 public:
  /// Errors: not_found (nothing says where Athena is), invalid_argument.
  static Result<std::unique_ptr<Queries>> open(const io::Path& data, const AwsOptions& aws);
  explicit Queries(aws::ClientConfig config)
      : config_(std::move(config)), http_(config_.http), athena_(http_, config_.athena) {}

  struct Answer {
    aws::QueryStatus status;
    Table table;  // no columns for a statement without rows
  };
  /// ErrorCode::invalid_argument with Athena's words when the statement fails, cancelled when stopped said true.
  Result<Answer> run(const aws::QueryRequest& request, const std::function<bool()>& stopped);

 private:
  const aws::ClientConfig config_;
  http::Client http_;
  aws::AthenaClient athena_;
};

/// select count(*) of a table.
Result<std::int64_t> count_rows(const io::Path& data, const AwsOptions& aws, std::string_view database,
                                std::string_view table);

}  // namespace tickerlake::app
