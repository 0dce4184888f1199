#include <fmt/core.h>
#include <fmt/ranges.h>

#include <algorithm>

#include "app/commands/commands.h"
#include "app/connection.h"
#include "kafka/client/admin.h"

namespace tickerlake::app {
namespace {

constexpr std::chrono::seconds patience{10};

Result<void> create(kafka::Admin& admin, const TopicsOptions& options) {
  kafka::NewTopic topic;
  topic.partitions = options.partitions;
  topic.replication_factor = options.replication_factor;
  for (const std::string& config : options.configs) {
    const std::size_t equals = config.find('=');
    if (equals == std::string::npos) {
      return fail(ErrorCode::invalid_argument, "--config " + config + ": expected NAME=VALUE");
    }
    topic.configs.emplace_back(config.substr(0, equals), config.substr(equals + 1));
  }
  for (const std::string& name : options.names) {
    topic.name = name;
    CHECK(admin.create_topic(topic, patience));
    CHECK(admin.wait_for_leaders(name, patience));
    fmt::print(stderr, "created {}: {} partitions\n", name, options.partitions);
  }
  return {};
}

Result<void> list(kafka::Admin& admin, const kafka::ClusterLayout& layout, const TopicsOptions& options) {
  Table table{
      {{"topic"}, {"partitions", true}, {"first_offset_sum", true}, {"end_offset_sum", true}, {"records", true}}, {}};
  for (const auto& topic : layout.topics) {
    std::int64_t low = 0, high = 0;
    for (const auto& partition : topic.partitions) {
      TRY(const auto marks, admin.watermarks(topic.name, partition.id, patience));
      low += marks.low;
      high += marks.high;
    }
    table.rows.push_back({topic.name, std::to_string(topic.partitions.size()), std::to_string(low),
                          std::to_string(high), std::to_string(high - low)});
  }
  print(table, options.output);
  return {};
}

Result<void> describe(kafka::Admin& admin, const kafka::ClusterLayout& layout, const TopicsOptions& options) {
  Table table{{{"topic"},
               {"partition", true},
               {"leader", true},
               {"replicas"},
               {"in_sync"},
               {"offline"},
               {"first_offset", true},
               {"end_offset", true}},
              {}};
  for (const auto& topic : layout.topics) {
    for (const auto& partition : topic.partitions) {
      std::vector<std::int32_t> offline;
      for (std::int32_t replica : partition.replicas) {
        if (!layout.nodes.contains(replica)) offline.push_back(replica);
      }
      TRY(const auto marks, admin.watermarks(topic.name, partition.id, patience));
      table.rows.push_back(
          {topic.name, std::to_string(partition.id), std::to_string(partition.leader),
           fmt::format("{}", fmt::join(partition.replicas, ",")), fmt::format("{}", fmt::join(partition.in_sync, ",")),
           fmt::format("{}", fmt::join(offline, ",")), std::to_string(marks.low), std::to_string(marks.high)});
    }
  }
  print(table, options.output);
  if (options.output == OutputFormat::table) {
    fmt::print(stderr, "cluster {}, controller {}\n", layout.id, layout.controller);
  }
  return {};
}

Result<void> topics(const TopicsOptions& options, const Log& log) {
  if (options.action != "list" && options.action != "describe" && options.names.empty()) {
    return fail(ErrorCode::invalid_argument, options.action + ": name at least one topic");
  }
  TRY(const auto settings, kafka_settings(options.kafka));
  TRY(auto admin, kafka::Admin::create(settings, log));
  if (options.action == "create") return create(admin, options);
  if (options.action == "delete") {
    for (const std::string& name : options.names) {
      CHECK(admin.delete_topic(name, patience));
      fmt::print(stderr, "deleted {}\n", name);
    }
    return {};
  }
  TRY(auto layout, admin.layout(patience));
  if (!options.names.empty()) {
    for (const std::string& name : options.names) {
      const bool known = std::ranges::any_of(layout.topics, [&](const auto& topic) { return topic.name == name; });
      if (!known) return fail(ErrorCode::not_found, "there is no topic " + name);
    }
    std::erase_if(layout.topics, [&](const auto& topic) {
      return std::ranges::find(options.names, topic.name) == options.names.end();
    });
  }
  return options.action == "list" ? list(admin, layout, options) : describe(admin, layout, options);
}

}  // namespace

int run_topics(const TopicsOptions& options, Context& context) {
  const auto outcome = topics(options, context.log);
  return outcome ? ExitCode::done : report("topics", outcome.error());
}

}  // namespace tickerlake::app
