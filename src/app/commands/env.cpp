#include <fmt/core.h>

#include "app/commands/commands.h"
#include "app/connection.h"

namespace tickerlake::app {
namespace {

/// Where the commands that reach AWS would go now, and with whose keys. Secrets are not shown.
Result<void> explain(const EnvOptions& options) {
  TRY(const auto config, aws_config(options.data, options.aws));
  Table table{.columns = {{"service"}, {"endpoint"}, {"region"}, {"access_key"}, {"keys_from"}}, .rows = {}};
  for (const auto& [service, access] :
       {std::pair{"s3", &config.s3}, std::pair{"glue", &config.glue}, std::pair{"athena", &config.athena}}) {
    const auto target = aws::target_of(*access, service);
    const auto keys = access->credentials->get();
    table.rows.push_back({service, target ? target->url.root : target.error().message,
                          target ? std::optional(target->region) : std::nullopt,
                          keys ? keys->access_key_id : keys.error().message, access->credentials->origin()});
  }
  print(table, options.output);
  return {};
}

}  // namespace

int run_env(const EnvOptions& options, Context&) {
  if (options.explain) {
    const auto outcome = explain(options);
    return outcome ? static_cast<int>(ExitCode::done) : report("env", outcome.error());
  }
  const auto endpoints = load_endpoints(options.data);
  if (!endpoints) return report("env", endpoints.error());
  const auto credentials = aws::load_credentials(options.data / "credentials.json");
  if (!credentials) return report("env", credentials.error());
  fmt::print("export AWS_ENDPOINT_URL=http://{}\n", endpoints->aws.text());
  fmt::print("export AWS_ACCESS_KEY_ID={}\n", credentials->access_key_id);
  fmt::print("export AWS_SECRET_ACCESS_KEY={}\n", credentials->secret_access_key);
  fmt::print("export AWS_REGION=us-east-1\n");
  fmt::print("export AWS_DEFAULT_REGION=us-east-1\n");
  fmt::print("export TICKERLAKE_BOOTSTRAP={}\n", endpoints->kafka.text());
  return ExitCode::done;
}

}  // namespace tickerlake::app
