#include <fmt/core.h>

#include "app/commands/commands.h"
#include "app/connection.h"
#include "app/offsets.h"
#include "kafka/client/admin.h"

namespace tickerlake::app {
namespace {

constexpr std::chrono::seconds patience{10};

struct Lagging {
  kafka::GroupOffset at;
  std::optional<std::int64_t> end;  // nothing while nobody can say it
  std::optional<std::int64_t> lag() const { return end ? std::optional(*end - at.offset) : std::nullopt; }
};

class Lags {
 public:
  static Result<Lags> open(kafka::Admin& admin) {
    TRY(auto layout, admin.layout(patience));
    return Lags(admin, std::move(layout));
  }
  Result<std::vector<Lagging>> of(const std::string& group) {
    TRY(const auto committed, admin_.group_offsets(group, patience));
    std::vector<Lagging> all;
    for (const auto& one : committed) {
      // A deleted topic leaves its group's offsets behind.
      const auto* partition = find_partition(layout_, one.topic, one.partition);
      if (partition == nullptr) continue;
      TRY(const auto marks, offsets_.of(one.topic, *partition));
      all.push_back({one, marks ? std::optional(marks->high) : std::nullopt});
    }
    return all;
  }

 private:
  Lags(kafka::Admin& admin, kafka::ClusterLayout layout) : admin_(admin), layout_(std::move(layout)), offsets_(admin) {}
  kafka::Admin& admin_;
  kafka::ClusterLayout layout_;
  PartitionOffsets offsets_;
};

Result<void> list(kafka::Admin& admin, Lags& lags, OutputFormat output) {
  TRY(const auto found, admin.groups(patience));
  Table table{{{"group"}, {"state"}, {"partitions", true}, {"lag", true}}, {}};
  for (const auto& group : found) {
    TRY(const auto all, lags.of(group.id));
    std::optional<std::int64_t> lag = 0;
    for (const auto& one : all) lag = lag && one.lag() ? std::optional(*lag + *one.lag()) : std::nullopt;
    table.rows.push_back({group.id, group.state, std::to_string(all.size()), known_or_dash(lag, output)});
  }
  print(table, output);
  return {};
}

Result<void> groups(const GroupsOptions& options, const Log& log) {
  TRY(const auto settings, kafka_settings(options.kafka));
  TRY(auto admin, kafka::Admin::create(settings, log));
  TRY(auto lags, Lags::open(admin));
  if (options.action == "list") return list(admin, lags, options.output);
  if (options.names.empty()) return fail(ErrorCode::invalid_argument, "describe: name at least one group");
  Table table{{{"group"}, {"topic"}, {"partition", true}, {"offset", true}, {"end_offset", true}, {"lag", true}}, {}};
  for (const std::string& group : options.names) {
    TRY(const auto all, lags.of(group));
    for (const auto& one : all) {
      table.rows.push_back({group, one.at.topic, std::to_string(one.at.partition), std::to_string(one.at.offset),
                            known_or_dash(one.end, options.output), known_or_dash(one.lag(), options.output)});
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
