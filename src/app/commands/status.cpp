#include <fmt/core.h>

#include <map>

#include "app/commands/commands.h"
#include "app/connection.h"
#include "app/offsets.h"
#include "http/client.h"
#include "kafka/client/admin.h"

namespace tickerlake::app {
namespace {

constexpr std::chrono::seconds patience{3};

Result<std::string> get(const io::Endpoint& at, const char* path) {
  http::Client client;
  http::ClientRequest request;
  request.url = "http://" + at.text() + path;
  request.timeout = patience;
  TRY(auto answer, client.send(request));
  if (answer.status != 200) return fail(ErrorCode::unavailable, "status " + std::to_string(answer.status));
  return std::move(answer.body);
}

/// Each family's samples added up, and how many there are: all that a summary needs of /metrics.
struct Summary {
  struct Family {
    double sum = 0;
    std::int64_t samples = 0;
  };
  std::map<std::string, Family, std::less<>> families;

  static Summary parse(std::string_view text) {
    Summary summary;
    while (!text.empty()) {
      const std::string_view line = text.substr(0, text.find('\n'));
      text.remove_prefix(std::min(line.size() + 1, text.size()));
      const std::size_t space = line.rfind(' ');
      if (line.starts_with('#') || space == std::string_view::npos) continue;
      Family& family = summary.families[std::string(line.substr(0, line.find_first_of(" {")))];
      family.sum += std::strtod(std::string(line.substr(space + 1)).c_str(), nullptr);
      ++family.samples;
    }
    return summary;
  }
  std::int64_t sum(std::string_view name) const {
    const auto found = families.find(name);
    return found == families.end() ? 0 : static_cast<std::int64_t>(found->second.sum);
  }
  std::int64_t samples(std::string_view name) const {
    const auto found = families.find(name);
    return found == families.end() ? 0 : found->second.samples;
  }
};

std::string describe_aws(const Summary& of) {
  return fmt::format("{} objects in {} buckets, {}; {} tables, {} partitions; {} queries at work, {} wait",
                     grouped(of.sum("tickerlake_s3_objects")), of.samples("tickerlake_s3_objects"),
                     human_bytes(of.sum("tickerlake_s3_bytes")), grouped(of.sum("tickerlake_glue_tables")),
                     grouped(of.sum("tickerlake_glue_partitions")), of.sum("tickerlake_athena_queries_running"),
                     of.sum("tickerlake_athena_queries_queued"));
}

std::string describe_process(const Summary& of) {
  return fmt::format("{} resident, {} s of CPU time, {} threads, {} open files, {} Kafka connections; log {}",
                     human_bytes(of.sum("process_resident_memory_bytes")), grouped(of.sum("process_cpu_seconds_total")),
                     of.sum("process_threads"), of.sum("process_open_fds"), of.sum("tickerlake_kafka_connections"),
                     human_bytes(of.sum("tickerlake_kafka_log_size_bytes")));
}

/// A row a service: its address and whether it answers; what is in it. True when all do.
bool probe_http(const Endpoints& at, Table& table) {
  const auto metrics = get(at.web, "/metrics");
  const Summary summary = Summary::parse(metrics.value_or(""));
  bool all = true;
  for (const auto& [service, endpoint] :
       {std::pair{"aws", at.aws}, std::pair{"dashboard", at.web}, std::pair{"registry", at.registry}}) {
    const auto health = get(endpoint, "/health");
    all = all && health;
    std::string detail = health ? "" : health.error().message;
    if (health && metrics && std::string_view(service) == "aws") detail = describe_aws(summary);
    table.rows.push_back({service, endpoint.text(), health ? "up" : "down", std::move(detail)});
  }
  if (metrics) table.rows.push_back({"process", "", "up", describe_process(summary)});
  return all;
}

Result<std::string> describe_kafka(const kafka::ClientSettings& settings, const Log& log) {
  TRY(const auto admin, kafka::Admin::create(settings, log));
  TRY(const auto layout, admin->layout(patience));
  std::int64_t records = 0;
  std::size_t partitions = 0, leaderless = 0, silent = 0;
  PartitionOffsets offsets(*admin);
  for (const auto& topic : layout.topics) {
    partitions += topic.partitions.size();
    for (const auto& partition : topic.partitions) {
      TRY(const auto marks, offsets.of(topic.name, partition));
      if (marks) records += marks->high - marks->low;
      if (partition.leader < 0) ++leaderless;
      if (!marks && partition.leader >= 0) ++silent;
    }
  }
  std::string text = fmt::format("{} nodes, {} topics, {} partitions, {} records", layout.nodes.size(),
                                 layout.topics.size(), partitions, grouped(records));
  if (leaderless > 0) text += fmt::format("; {} partitions without a leader", leaderless);
  if (silent > 0) text += fmt::format("; {} whose leader doesn't answer", silent);
  return text;
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
