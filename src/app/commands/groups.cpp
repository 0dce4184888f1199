#include <fmt/core.h>

#include "app/commands/commands.h"
#include "app/connection.h"
#include "kafka/client/admin.h"

namespace tickerlake::app {
namespace {

constexpr std::chrono::seconds patience{10};

struct Lagging {
  kafka::GroupOffset at;
  std::int64_t end = 0;
  std::int64_t lag() const { return end - at.offset; }
};

Result<std::vector<Lagging>> lags(kafka::Admin& admin, const std::string& group) {
  TRY(const auto offsets, admin.group_offsets(group, patience));
  std::vector<Lagging> all;
  for (const auto& offset : offsets) {
    const auto marks = admin.watermarks(offset.topic, offset.partition, patience);
    // A deleted topic leaves its group's offsets behind.
    if (!marks && marks.error().code == ErrorCode::not_found) continue;
    if (!marks) return std::unexpected(marks.error());
    all.push_back({offset, marks->high});
  }
  return all;
}

Result<void> groups(const GroupsOptions& options, const Log& log) {
  TRY(const auto settings, kafka_settings(options.kafka));
  TRY(auto admin, kafka::Admin::create(settings, log));
  if (options.action == "list") {
    TRY(const auto found, admin.groups(patience));
    Table table{{{"group"}, {"state"}, {"partitions", true}, {"lag", true}}, {}};
    for (const auto& group : found) {
      TRY(const auto all, lags(admin, group.id));
      std::int64_t lag = 0;
      for (const auto& one : all) lag += one.lag();
      table.rows.push_back({group.id, group.state, std::to_string(all.size()), std::to_string(lag)});
    }
    print(table, options.output);
    return {};
  }
  if (options.names.empty()) return fail(ErrorCode::invalid_argument, "describe: name at least one group");
  Table table{{{"group"}, {"topic"}, {"partition", true}, {"offset", true}, {"end_offset", true}, {"lag", true}}, {}};
  for (const std::string& group : options.names) {
    TRY(const auto all, lags(admin, group));
    for (const auto& one : all) {
      table.rows.push_back({group, one.at.topic, std::to_string(one.at.partition), std::to_string(one.at.offset),
                            std::to_string(one.end), std::to_string(one.lag())});
    }
  }
  print(table, options.output);
  return {};
}

}  // namespace

int run_groups(const GroupsOptions& options, Context& context) {
  const auto outcome = groups(options, context.log);
  return outcome ? ExitCode::done : report("groups", outcome.error());
}

}  // namespace tickerlake::app
