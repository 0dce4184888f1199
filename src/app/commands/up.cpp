#include <fmt/core.h>

#include <chrono>
#include <utility>
#include <vector>

#include "app/commands/commands.h"
#include "app/server.h"
#include "services/broker/security/settings.h"

namespace tickerlake::app {
namespace {

Result<ServerOptions> server_options(const UpOptions& up) {
  ServerOptions options;
  options.data = up.data;
  options.slow_request = std::chrono::milliseconds(up.slow_request_ms);
  TRY(options.at.kafka, io::Endpoint::parse(up.kafka));
  TRY(options.at.aws, io::Endpoint::parse(up.aws));
  TRY(options.at.web, io::Endpoint::parse(up.web));
  TRY(options.at.registry, io::Endpoint::parse(up.registry));
  for (const std::string& setting : up.set) {
    const std::size_t equals = setting.find('=');
    if (equals == std::string::npos) {
      return fail(ErrorCode::invalid_argument, fmt::format("--set {} is not KEY=VALUE", setting));
    }
    options.kafka_properties[setting.substr(0, equals)] = setting.substr(equals + 1);
  }
  // The AWS port checks signatures; these have no authentication.
  std::vector<std::pair<std::string, io::Endpoint>> open = {{"--web", options.at.web},
                                                            {"--registry", options.at.registry}};
  auto properties = options.kafka_properties;
  TRY(const auto security, broker::SecuritySettings::take(properties));
  if (security.listeners.empty()) open.emplace_back("--kafka", options.at.kafka);
  for (const auto& listener : security.listeners)
    if (!broker::authenticates(security, listener)) open.emplace_back("the listener " + listener.name, listener.at);
  for (const auto& [flag, endpoint] : open) {
    if (!endpoint.is_loopback() && !up.allow_unauthenticated) {
      return fail(ErrorCode::invalid_argument,
                  fmt::format("{} {} would be open to other machines without authentication; "
                              "--allow-unauthenticated permits that",
                              flag, endpoint.text()));
    }
  }
  return options;
}

void print_banner(const Server& server, const io::Path& data, double milliseconds) {
  const Endpoints& at = server.endpoints();
  const bool default_data = data == default_data_dir();
  const std::string flag = default_data ? "" : " --data " + data.string();
  fmt::print("tickerlake " TICKERLAKE_VERSION
             " is up after {:.0f} ms\n"
             "\n"
             "  Kafka            {}\n"
             "  S3, Glue, Athena http://{}\n"
             "  Dashboard        http://{}/health   (only its health so far)\n"
             "  Schema registry  http://{}/health   (only its health so far)\n"
             "  Data             {}   (lasts; remove the folder to start anew)\n"
             "  Access key       {}   (secret: tickerlake env{}; region us-east-1)\n"
             "\n"
             "Next, in another shell:\n"
             "  eval \"$(tickerlake env{})\"\n"
             "  tickerlake replay datasets/kaggle-sample --topic stock_prices\n"
             "  tickerlake sink --topic stock_prices --to s3://lake/stock_prices --until-end\n"
             "  tickerlake crawl s3://lake/stock_prices --database market\n"
             "  tickerlake sql --database market \"select symbol, max(close) from stock_prices group by symbol\"\n"
             "  kcat -b {} -L\n"
             "  aws s3 ls\n"
             "\n"
             "Ctrl-C stops.\n",
             milliseconds, at.kafka.text(), at.aws.text(), at.web.text(), at.registry.text(), data.string(),
             server.credentials().access_key_id, flag, flag, at.kafka.text());
  std::fflush(stdout);
}

}  // namespace

int run_up(const UpOptions& up, Context& context) {
  const auto started = std::chrono::steady_clock::now();
  const auto options = server_options(up);
  if (!options) return report("up", options.error());
  auto server = Server::start(*options, context.log);
  if (!server) return report("up", server.error());
  const double milliseconds =
      std::chrono::duration<double, std::milli>(std::chrono::steady_clock::now() - started).count();
  print_banner(**server, up.data, milliseconds);
  context.interrupt.wait();
  fmt::print("stopping\n");
  std::fflush(stdout);
  (*server)->stop();
  return ExitCode::done;
}

}  // namespace tickerlake::app
