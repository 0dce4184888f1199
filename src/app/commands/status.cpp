#include <fmt/core.h>

#include "app/commands/commands.h"
#include "app/connection.h"
#include "http/client.h"
#include "kafka/client/admin.h"

namespace tickerlake::app {
namespace {

constexpr std::chrono::seconds patience{3};

/// A row a service: its address and whether it answers. True when all do.
bool probe_http(const Endpoints& at, Table& table) {
  bool all = true;
  http::Client client;
  for (const auto& [service, endpoint] :
       {std::pair{"aws", at.aws}, std::pair{"dashboard", at.web}, std::pair{"registry", at.registry}}) {
    http::ClientRequest request;
    request.url = "http://" + endpoint.text() + "/health";
    request.timeout = patience;
    const auto answer = client.send(request);
    const bool up = answer && answer->status == 200;
    all = all && up;
    table.rows.push_back({service, endpoint.text(), up ? "up" : "down",
                          up ? "" : (answer ? "status " + std::to_string(answer->status) : answer.error().message)});
  }
  return all;
}

Result<std::string> describe_kafka(const kafka::ClientSettings& settings, const Log& log) {
  TRY(auto admin, kafka::Admin::create(settings, log));
  TRY(const auto layout, admin.layout(patience));
  std::int64_t records = 0;
  std::size_t partitions = 0;
  for (const auto& topic : layout.topics) {
    partitions += topic.partitions.size();
    for (const auto& partition : topic.partitions) {
      TRY(const auto marks, admin.watermarks(topic.name, partition.id, patience));
      records += marks.high - marks.low;
    }
  }
  return fmt::format("{} nodes, {} topics, {} partitions, {} records", layout.nodes.size(), layout.topics.size(),
                     partitions, grouped(records));
}

}  // namespace

int run_status(const StatusOptions& options, Context& context) {
  const auto settings = kafka_settings(options.kafka);
  if (!settings) return report("status", settings.error());
  Table table{{{"service"}, {"address"}, {"state"}, {"detail"}}, {}};
  const auto kafka = describe_kafka(*settings, context.log);
  table.rows.push_back({"kafka", settings->bootstrap, kafka ? "up" : "down", kafka ? *kafka : kafka.error().message});
  bool all = kafka.has_value();
  // Another cluster than the embedded one has no such ports beside it.
  if (const auto endpoints = load_endpoints(options.kafka.data)) all = probe_http(*endpoints, table) && all;
  print(table, options.output);
  return all ? ExitCode::done : ExitCode::failed;
}

}  // namespace tickerlake::app
