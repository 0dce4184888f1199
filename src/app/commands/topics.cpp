#include <fmt/core.h>
#include <fmt/ranges.h>

#include <algorithm>

#include "app/commands/commands.h"
#include "app/connection.h"
#include "app/offsets.h"
#include "kafka/client/admin.h"
#include "kafka/client/quorum.h"

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
  PartitionOffsets offsets(admin);
  for (const auto& topic : layout.topics) {
    std::optional<std::int64_t> low = 0, high = 0, records = 0;
    for (const auto& partition : topic.partitions) {
      TRY(const auto marks, offsets.of(topic.name, partition));
      if (!marks || !low) {
        low = high = records = std::nullopt;  // of all or of none
        continue;
      }
      *low += marks->low;
      *high += marks->high;
      *records += marks->high - marks->low;
    }
    table.rows.push_back({topic.name, std::to_string(topic.partitions.size()), known_or_dash(low, options.output),
                          known_or_dash(high, options.output), known_or_dash(records, options.output)});
  }
  print(table, options.output);
  return {};
}

/// With KRaft the metadata's controller is any broker: the quorum's leader is asked for.
std::string controller_of(const kafka::ClusterLayout& layout, const kafka::ClientSettings& settings, const Log& log) {
  const auto active = kafka::active_controller(settings, patience, log);
  if (active && *active) return **active < 0 ? "none" : std::to_string(**active);
  if (!active) log.warning("the controller may be another: {}", active.error().message);
  return std::to_string(layout.controller);
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
  PartitionOffsets offsets(admin);
  for (const auto& topic : layout.topics) {
    for (const auto& partition : topic.partitions) {
      std::vector<std::int32_t> offline;
      for (std::int32_t replica : partition.replicas) {
        if (!layout.nodes.contains(replica)) offline.push_back(replica);
      }
      TRY(const auto marks, offsets.of(topic.name, partition));
      std::optional<std::int64_t> low, high;
      if (marks) {
        low = marks->low;
        high = marks->high;
      }
      table.rows.push_back({topic.name, std::to_string(partition.id), std::to_string(partition.leader),
                            fmt::format("{}", fmt::join(partition.replicas, ",")),
                            fmt::format("{}", fmt::join(partition.in_sync, ",")),
                            fmt::format("{}", fmt::join(offline, ",")), known_or_dash(low, options.output),
                            known_or_dash(high, options.output)});
    }
  }
  print(table, options.output);
  return {};
}

Result<void> topics(const TopicsOptions& options, const Log& log) {
  if (options.action != "list" && options.action != "describe" && options.names.empty()) {
    return fail(ErrorCode::invalid_argument, options.action + ": name at least one topic");
  }
  TRY(const auto settings, kafka_settings(options.kafka));
  TRY(const auto admin, kafka::Admin::create(settings, log));
  if (options.action == "create") return create(*admin, options);
  if (options.action == "delete") {
    for (const std::string& name : options.names) {
      CHECK(admin->delete_topic(name, patience));
      fmt::print(stderr, "deleted {}\n", name);
    }
    return {};
  }
  TRY(auto layout, admin->layout(patience));
  if (!options.names.empty()) {
    for (const std::string& name : options.names) {
      const bool known = std::ranges::any_of(layout.topics, [&](const auto& topic) { return topic.name == name; });
      if (!known) return fail(ErrorCode::not_found, "there is no topic " + name);
    }
    std::erase_if(layout.topics, [&](const auto& topic) {
      return std::ranges::find(options.names, topic.name) == options.names.end();
    });
  }
  if (options.action == "list") return list(*admin, layout, options);
  CHECK(describe(*admin, layout, options));
  if (options.output == OutputFormat::table)
    fmt::print(stderr, "cluster {}, controller {}\n", layout.id, controller_of(layout, settings, log));
  return {};
}

}  // namespace

int run_topics(const TopicsOptions& options, Context& context) {
  const auto outcome = topics(options, context.log);
  return outcome ? ExitCode::done : report("topics", outcome.error());
}

}  // namespace tickerlake::app
