#include <fmt/core.h>

#include <algorithm>
#include <map>

#include "app/commands/commands.h"
#include "app/connection.h"
#include "app/offsets.h"
#include "app/start.h"
#include "kafka/client/admin.h"
#include "kafka/client/group_descriptions.h"
#include "kafka/client/share_offsets.h"

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

/// A sum; nothing as soon as one of them is unknown.
void add(std::optional<std::int64_t>& sum, const std::optional<std::int64_t>& one) {
  sum = sum && one ? std::optional(*sum + *one) : std::nullopt;
}

Result<void> list(const GroupsOptions& options, const kafka::ClientSettings& settings, kafka::Admin& admin,
                  const Log& log) {
  TRY(auto lags, Lags::open(admin));
  TRY(const auto found, admin.groups(patience));
  Table table{{{"group"}, {"type"}, {"state"}, {"partitions", true}, {"lag", true}}, {}};
  for (const auto& group : found) {
    std::optional<std::int64_t> lag = 0;
    std::size_t partitions = 0;
    if (group.type == "share") {
      TRY(const auto all, kafka::share_offsets(settings, group.id, patience, log));
      for (const auto& one : all) add(lag, one.lag);
      partitions = all.size();
    } else {
      TRY(const auto all, lags.of(group.id));
      for (const auto& one : all) add(lag, one.lag());
      partitions = all.size();
    }
    table.rows.push_back({group.id, group.type.empty() ? "-" : group.type, group.state, std::to_string(partitions),
                          known_or_dash(lag, options.output)});
  }
  print(table, options.output);
  return {};
}

Result<void> describe_offsets(const GroupsOptions& options, const kafka::ClientSettings& settings, kafka::Admin& admin,
                              const Log& log) {
  TRY(auto lags, Lags::open(admin));
  Table table{{{"group"},
               {"topic"},
               {"partition", true},
               {"offset", true},
               {"end_offset", true},
               {"lag", true},
               {"member"},
               {"host"},
               {"client"}},
              {}};
  for (const std::string& group : options.names) {
    // Who has what is told where it can be asked for; the offsets are there all the same.
    const auto described = kafka::describe_group(settings, group, patience, log);
    if (described && described->type == "share") {
      // A partition may have many members: --members tells them.
      TRY(const auto shared, kafka::share_offsets(settings, group, patience, log));
      for (const auto& one : shared) {
        table.rows.push_back({group, one.topic, std::to_string(one.partition), known_or_dash(one.start, options.output),
                              "-", known_or_dash(one.lag, options.output), "-", "-", "-"});
      }
      continue;
    }
    TRY(const auto all, lags.of(group));
    std::map<std::pair<std::string, std::int32_t>, const kafka::GroupMember*> owners;
    if (described) {
      for (const auto& member : described->members) {
        for (const auto& partition : member.partitions) owners[partition] = &member;
      }
    }
    for (const auto& one : all) {
      const auto owner = owners.find({one.at.topic, one.at.partition});
      const bool owned = owner != owners.end();
      table.rows.push_back({group, one.at.topic, std::to_string(one.at.partition), std::to_string(one.at.offset),
                            known_or_dash(one.end, options.output), known_or_dash(one.lag(), options.output),
                            owned ? owner->second->id : "-", owned ? owner->second->host : "-",
                            owned ? owner->second->client_id : "-"});
    }
  }
  print(table, options.output);
  return {};
}

Result<void> describe_members(const GroupsOptions& options, const kafka::ClientSettings& settings, const Log& log) {
  Table table{{{"group"},
               {"member"},
               {"instance"},
               {"host"},
               {"client"},
               {"epoch", true},
               {"partitions", true},
               {"assignment"}},
              {}};
  for (const std::string& group : options.names) {
    TRY(const auto described, kafka::describe_group(settings, group, patience, log));
    for (const auto& member : described.members) {
      std::string assignment;
      for (const auto& [topic, partition] : member.partitions) {
        assignment += (assignment.empty() ? "" : " ") + topic + ":" + std::to_string(partition);
      }
      const auto epoch = member.epoch < 0 ? std::nullopt : std::optional<std::int64_t>(member.epoch);
      table.rows.push_back({group, member.id, member.instance_id.empty() ? "-" : member.instance_id, member.host,
                            member.client_id, known_or_dash(epoch, options.output),
                            std::to_string(member.partitions.size()), assignment});
    }
  }
  print(table, options.output);
  return {};
}

Result<void> describe_state(const GroupsOptions& options, const kafka::ClientSettings& settings, const Log& log) {
  Table table{{{"group"}, {"type"}, {"state"}, {"assignor"}, {"members", true}, {"coordinator", true}}, {}};
  for (const std::string& group : options.names) {
    TRY(const auto described, kafka::describe_group(settings, group, patience, log));
    table.rows.push_back({group, described.type, described.state, described.assignor.empty() ? "-" : described.assignor,
                          std::to_string(described.members.size()), std::to_string(described.coordinator)});
  }
  print(table, options.output);
  return {};
}

/// The partitions that --topic names, or all for which the group has an offset.
Result<std::vector<kafka::GroupOffset>> chosen(const GroupsOptions& options, kafka::Admin& admin,
                                               const std::string& group) {
  TRY(auto committed, admin.group_offsets(group, patience));
  if (options.topics.empty()) return committed;
  TRY(const auto layout, admin.layout(patience));
  std::vector<kafka::GroupOffset> all;
  for (const std::string& text : options.topics) {
    // A topic's name has no colon.
    const std::size_t colon = text.find(':');
    const std::string topic = text.substr(0, colon);
    const auto found = std::ranges::find(layout.topics, topic, &kafka::TopicLayout::name);
    if (found == layout.topics.end()) return fail(ErrorCode::not_found, "there is no topic " + topic);
    const std::size_t before = all.size();
    for (const auto& partition : found->partitions) {
      if (colon != std::string::npos && text.substr(colon + 1) != std::to_string(partition.id)) continue;
      const auto at = std::ranges::find_if(committed, [&](const kafka::GroupOffset& one) {
        return one.topic == topic && one.partition == partition.id;
      });
      all.push_back({topic, partition.id, at == committed.end() ? -1 : at->offset});
    }
    if (all.size() == before) return fail(ErrorCode::not_found, "there is no partition " + text);
  }
  return all;
}

Result<void> reset_offsets(const GroupsOptions& options, kafka::Admin& admin) {
  if (options.to.empty()) return fail(ErrorCode::invalid_argument, "reset-offsets: --to says where to");
  TRY(const Start start, parse_start("--to", options.to));
  Table table{{{"group"}, {"topic"}, {"partition", true}, {"offset", true}, {"new_offset", true}}, {}};
  for (const std::string& group : options.names) {
    TRY(const auto before, chosen(options, admin, group));
    std::vector<kafka::GroupOffset> after;
    for (const auto& at : before) {
      TRY(const std::int64_t offset, offset_of(admin, "--to", start, at.topic, at.partition));
      after.push_back({at.topic, at.partition, offset});
      const auto old = at.offset < 0 ? std::nullopt : std::optional(at.offset);
      table.rows.push_back(
          {group, at.topic, std::to_string(at.partition), known_or_dash(old, options.output), std::to_string(offset)});
    }
    if (options.execute && !after.empty()) CHECK(admin.set_group_offsets(group, after, patience));
  }
  print(table, options.output);
  if (!options.execute) fmt::print(stderr, "nothing was changed: --execute does it\n");
  return {};
}

Result<void> groups(const GroupsOptions& options, const Log& log) {
  TRY(const auto settings, kafka_settings(options.kafka));
  TRY(const auto admin, kafka::Admin::create(settings, log));
  if (options.action == "list") return list(options, settings, *admin, log);
  if (options.names.empty()) return fail(ErrorCode::invalid_argument, options.action + ": name at least one group");
  if (options.action == "reset-offsets") return reset_offsets(options, *admin);
  if (options.action == "delete") {
    for (const std::string& group : options.names) CHECK(admin->delete_group(group, patience));
    return {};
  }
  if (options.members) return describe_members(options, settings, log);
  if (options.state) return describe_state(options, settings, log);
  return describe_offsets(options, settings, *admin, log);
}

}  // namespace

int run_groups(const GroupsOptions& options, Context& context) {
  const auto outcome = groups(options, context.log);
  return outcome ? ExitCode::done : report("groups", outcome.error());
}

}  // namespace tickerlake::app
