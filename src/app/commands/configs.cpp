#include "kafka/client/configs.h"

#include <fmt/core.h>

#include "app/commands/commands.h"
#include "app/connection.h"

namespace tickerlake::app {
namespace {

constexpr std::chrono::seconds patience{10};

Result<kafka::ConfigOf> config_of(const ConfigsOptions& options) {
  using enum kafka::ConfigOwner;
  const std::map<std::string, kafka::ConfigOwner> owners = {
      {"topic", topic}, {"broker", broker}, {"group", group}, {"client-metrics", client_metrics}};
  const kafka::ConfigOf of{owners.at(options.type), options.name};
  if (of.name.empty() && of.owner != broker) {
    return fail(ErrorCode::invalid_argument, "name the " + options.type + " whose settings are meant");
  }
  return of;
}

const char* source_of(const kafka::DescribedConfig& config) {
  switch (config.config_source) {
    case 1:
      return "topic";
    case 2:
      return "broker";
    case 3:
      return "all brokers";
    case 4:
      return "command line";
    case 8:
      return "group";
    default:
      return "default";
  }
}

Result<void> describe(kafka::Cluster& cluster, const kafka::ConfigOf& of, const ConfigsOptions& options) {
  TRY(const auto configs, kafka::describe_configs(cluster, of, cluster.for_at_most(patience)));
  Table table{{{"setting"}, {"value"}, {"source"}}, {}};
  for (const kafka::DescribedConfig& config : configs) {
    const bool is_default = config.config_source == 5 || config.config_source == 4;
    if (is_default && !options.all) continue;
    table.rows.push_back({config.name, config.is_sensitive ? "" : config.value.value_or(""), source_of(config)});
  }
  print(table, options.output);
  return {};
}

Result<void> alter(kafka::Cluster& cluster, const kafka::ConfigOf& of, const ConfigsOptions& options) {
  std::map<std::string, std::string> set;
  for (const std::string& config : options.set) {
    const std::size_t equals = config.find('=');
    if (equals == std::string::npos) {
      return fail(ErrorCode::invalid_argument, "--set " + config + ": expected NAME=VALUE");
    }
    set[config.substr(0, equals)] = config.substr(equals + 1);
  }
  if (set.empty() && options.remove.empty()) {
    return fail(ErrorCode::invalid_argument, "alter: say what with --set NAME=VALUE or --delete NAME");
  }
  return kafka::alter_configs(cluster, of, set, options.remove, cluster.for_at_most(patience));
}

Result<void> configs(const ConfigsOptions& options, const Log& log) {
  TRY(const auto of, config_of(options));
  TRY(const auto settings, kafka_settings(options.kafka));
  TRY(const auto cluster, kafka::Cluster::create(settings, log));
  return options.action == "alter" ? alter(*cluster, of, options) : describe(*cluster, of, options);
}

}  // namespace

int run_configs(const ConfigsOptions& options, Context& context) {
  const auto outcome = configs(options, context.log);
  return outcome ? ExitCode::done : report("configs", outcome.error());
}

}  // namespace tickerlake::app
