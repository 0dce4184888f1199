#include <fmt/core.h>

#include "app/commands/commands.h"
#include "aws/credentials.h"

namespace tickerlake::app {

int run_env(const EnvOptions& options, Context&) {
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
