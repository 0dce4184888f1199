#include "kafka/client/cluster_admin.h"

#include <algorithm>

#include "kafka/client/coordinator.h"
#include "kafka/wire/groups.h"
#include "kafka/wire/offsets.h"
#include "kafka/wire/topics.h"

namespace tickerlake::kafka {
namespace {

using std::chrono::milliseconds;

constexpr milliseconds pause{100};
constexpr std::int16_t last_delete_by_name = 5;
constexpr std::int16_t last_offsets_of_one_group = 7;
constexpr std::int16_t last_commit_by_name = 9;

std::int32_t to_ms(milliseconds time) { return static_cast<std::int32_t>(time.count()); }

/// What a broker says of one topic; detail: its own words.
Result<void> check(KafkaError code, const std::string& what, const std::optional<std::string>& detail = std::nullopt) {
  if (code == KafkaError::none) return {};
  Error error = to_error(code, what);
  if (detail && !detail->empty()) error.message = what + ": " + *detail;
  return std::unexpected(std::move(error));
}

bool can_pass(const Error& error) { return error.code == ErrorCode::unavailable || error.code == ErrorCode::timeout; }

}  // namespace

Result<std::unique_ptr<ClusterAdmin>> ClusterAdmin::create(const ClientSettings& settings, const Log& log) {
  TRY(auto cluster, Cluster::create(settings, log));
  return std::unique_ptr<ClusterAdmin>(new ClusterAdmin(std::move(cluster)));
}

template <class TryOnce>
auto ClusterAdmin::until_it_passes(const Patience& patience, TryOnce&& try_once) -> decltype(try_once()) {
  while (true) {
    auto outcome = try_once();
    if (outcome || !can_pass(outcome.error()) || patience.is_over()) return outcome;
    cluster_->ask_another();
    cluster_->waiter().wait({}, pause);
  }
}

template <class Request>
Result<typename Request::Response> ClusterAdmin::ask_controller(const Request& request, const Patience& patience,
                                                                std::int16_t most) {
  TRY(const auto view, cluster_->metadata({.topics = std::vector<MetadataRequest::Topic>{}}, patience));
  if (view.controller_id < 0) return fail(ErrorCode::unavailable, "the cluster has no controller");
  return cluster_->ask(view.controller_id, request, patience, most);
}

template <class Request>
Result<typename Request::Response> ClusterAdmin::ask_coordinator(const std::string& group, const Request& request,
                                                                 const Patience& patience, std::int16_t most) {
  TRY(const std::int32_t node, find_coordinator(*cluster_, group, patience));
  return cluster_->ask(node, request, patience, most);
}

Result<ClusterLayout> ClusterAdmin::layout(milliseconds timeout) {
  TRY(const auto answer,
      cluster_->metadata({.topics = std::nullopt, .allow_auto_topic_creation = false}, cluster_->for_at_most(timeout)));
  ClusterLayout layout;
  layout.id = answer.cluster_id.value_or("");
  layout.controller = answer.controller_id;
  for (const auto& broker : answer.brokers)
    layout.nodes[broker.node_id] = broker.host + ":" + std::to_string(broker.port);
  for (const auto& found : answer.topics) {
    TopicLayout topic{found.name.value_or(""), {}};
    for (const auto& partition : found.partitions)
      topic.partitions.push_back(
          {partition.partition_index, partition.leader_id, partition.replica_nodes, partition.isr_nodes});
    std::ranges::sort(topic.partitions, {}, &PartitionLayout::id);
    layout.topics.push_back(std::move(topic));
  }
  std::ranges::sort(layout.topics, {}, &TopicLayout::name);
  return layout;
}

Result<std::string> ClusterAdmin::cluster_id(milliseconds timeout) {
  return cluster_->cluster_id(cluster_->for_at_most(timeout));
}

Result<void> ClusterAdmin::create_topic(const NewTopic& topic, milliseconds timeout) {
  const std::string what = "creating topic " + topic.name;
  CreateTopicsRequest request;
  auto& wanted = request.topics.emplace_back();
  wanted.name = topic.name;
  wanted.num_partitions = topic.partitions;
  wanted.replication_factor = static_cast<std::int16_t>(topic.replication_factor);
  for (const auto& [name, value] : topic.configs) wanted.configs.push_back({name, value});
  request.timeout_ms = to_ms(timeout);
  const Patience patience = cluster_->for_at_most(timeout);
  return until_it_passes(patience, [&]() -> Result<void> {
    TRY(const auto answer, ask_controller(request, patience, CreateTopicsRequest::api.versions.last));
    if (answer.topics.size() != 1) return fail(ErrorCode::corrupt, what + ": an answer about other topics");
    return check(answer.topics[0].error_code, what, answer.topics[0].error_message);
  });
}

Result<void> ClusterAdmin::delete_topic(const std::string& topic, milliseconds timeout) {
  const std::string what = "deleting topic " + topic;
  DeleteTopicsRequest request;
  request.topic_names = {topic};
  request.timeout_ms = to_ms(timeout);
  const Patience patience = cluster_->for_at_most(timeout);
  return until_it_passes(patience, [&]() -> Result<void> {
    TRY(const auto answer, ask_controller(request, patience, last_delete_by_name));
    if (answer.responses.size() != 1) return fail(ErrorCode::corrupt, what + ": an answer about other topics");
    return check(answer.responses[0].error_code, what, answer.responses[0].error_message);
  });
}

Result<std::optional<int>> ClusterAdmin::partitions(const std::string& topic, milliseconds timeout) {
  return cluster_->partitions(topic, cluster_->for_at_most(timeout));
}

Result<void> ClusterAdmin::wait_for_leaders(const std::string& topic, milliseconds timeout) {
  const Patience patience = cluster_->for_at_most(timeout);
  CHECK(cluster_->wait_for_leaders(topic, patience));
  // Before KRaft brokers hear of a topic one after the other, and the next command may ask any of them.
  const auto nodes = cluster_->nodes();
  for (const auto& [node, endpoint] : nodes) {
    CHECK(until_it_passes(patience, [&]() -> Result<void> {
      const MetadataRequest request{.topics = {{{.topic_id = {}, .name = topic}}}, .allow_auto_topic_creation = false};
      const auto answer = cluster_->ask(node, request, patience);
      if (!answer || answer->topics.size() != 1) return {};  // it is down
      if (answer->topics[0].error_code != KafkaError::unknown_topic_or_partition) return {};
      return fail(ErrorCode::unavailable,
                  "broker " + std::to_string(node) + " does not know of topic " + topic + " yet");
    }));
  }
  return {};
}

Result<Watermarks> ClusterAdmin::watermarks(const std::string& topic, std::int32_t partition, milliseconds timeout) {
  return cluster_->watermarks(topic, partition, cluster_->for_at_most(timeout));
}

Result<std::int64_t> ClusterAdmin::offset_at(const std::string& topic, std::int32_t partition, TimestampMs time,
                                             milliseconds timeout) {
  return cluster_->offset_at(topic, partition, time, cluster_->for_at_most(timeout));
}

Result<std::vector<GroupListing>> ClusterAdmin::groups(milliseconds timeout) {
  const Patience patience = cluster_->for_at_most(timeout);
  TRY(const auto view, cluster_->metadata({.topics = std::vector<MetadataRequest::Topic>{}}, patience));
  std::vector<GroupListing> groups;
  for (const auto& broker : view.brokers) {
    const auto answer = cluster_->ask(broker.node_id, ListGroupsRequest{}, patience);
    // Brokers that are down have no groups: those have another coordinator soon.
    if (!answer && can_pass(answer.error()) && view.brokers.size() > 1) continue;
    if (!answer) return std::unexpected(answer.error());
    CHECK(check(answer->error_code, "listing groups"));
    for (const auto& group : answer->groups) groups.push_back({group.group_id, group.group_type, group.group_state});
  }
  std::ranges::sort(groups, {}, &GroupListing::id);
  return groups;
}

Result<std::vector<GroupOffset>> ClusterAdmin::group_offsets(const std::string& group, milliseconds timeout) {
  const std::string what = "asking for the offsets of group " + group;
  OffsetFetchRequest request;
  request.group_id = group;
  request.topics = std::nullopt;
  const Patience patience = cluster_->for_at_most(timeout);
  return until_it_passes(patience, [&]() -> Result<std::vector<GroupOffset>> {
    TRY(const auto answer, ask_coordinator(group, request, patience, last_offsets_of_one_group));
    CHECK(check(answer.error_code, what));
    std::vector<GroupOffset> offsets;
    for (const auto& topic : answer.topics) {
      for (const auto& partition : topic.partitions) {
        CHECK(check(partition.error_code, what));
        if (partition.committed_offset >= 0)
          offsets.push_back({topic.name, partition.partition_index, partition.committed_offset});
      }
    }
    std::ranges::sort(offsets, {}, [](const GroupOffset& at) { return std::pair(at.topic, at.partition); });
    return offsets;
  });
}

Result<void> ClusterAdmin::delete_group(const std::string& group, milliseconds timeout) {
  const std::string what = "deleting group " + group;
  DeleteGroupsRequest request;
  request.groups = {group};
  const Patience patience = cluster_->for_at_most(timeout);
  return until_it_passes(patience, [&]() -> Result<void> {
    TRY(const auto answer, ask_coordinator(group, request, patience, DeleteGroupsRequest::api.versions.last));
    if (answer.results.size() != 1) return fail(ErrorCode::corrupt, what + ": an answer about other groups");
    switch (answer.results[0].error_code) {
      case KafkaError::non_empty_group:
        return fail(ErrorCode::conflict, what + ": it has members");
      case KafkaError::group_id_not_found:
        return fail(ErrorCode::not_found, what + ": there is no such group");
      default:
        return check(answer.results[0].error_code, what);
    }
  });
}

Result<void> ClusterAdmin::set_group_offsets(const std::string& group, const std::vector<GroupOffset>& offsets,
                                             milliseconds timeout) {
  const std::string what = "setting the offsets of group " + group;
  OffsetCommitRequest request;
  request.group_id = group;
  for (const GroupOffset& at : offsets) {
    if (request.topics.empty() || request.topics.back().name != at.topic) request.topics.emplace_back().name = at.topic;
    request.topics.back().partitions.push_back(
        {.partition_index = at.partition, .committed_offset = at.offset, .committed_metadata = ""});
  }
  const Patience patience = cluster_->for_at_most(timeout);
  return until_it_passes(patience, [&]() -> Result<void> {
    TRY(const auto answer, ask_coordinator(group, request, patience, last_commit_by_name));
    for (const auto& topic : answer.topics) {
      for (const auto& partition : topic.partitions) {
        // What a group with members answers to one who is none of them.
        if (partition.error_code == KafkaError::unknown_member_id)
          return fail(ErrorCode::conflict, what + ": it has members");
        CHECK(check(partition.error_code, what));
      }
    }
    return {};
  });
}

}  // namespace tickerlake::kafka
