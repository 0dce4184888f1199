#include "kafka/client/group_descriptions.h"

#include "kafka/client/coordinator.h"
#include "kafka/wire/consumer_groups.h"
#include "kafka/wire/groups.h"
#include "kafka/wire/reader.h"
#include "kafka/wire/share_groups.h"

namespace tickerlake::kafka {
namespace {

/// ConsumerProtocolAssignment: a version, then topics with their partitions; what follows is the application's.
std::vector<std::pair<std::string, std::int32_t>> assigned(const Buffer& bytes) {
  std::vector<std::pair<std::string, std::int32_t>> partitions;
  if (bytes.empty()) return partitions;
  Reader reader(bytes, 0, false);
  std::int16_t version = 0;
  std::vector<ByTopic<std::int32_t>> topics;
  reader(version);
  reader(topics);
  if (reader.failed()) return partitions;
  for (const auto& topic : topics) {
    for (const std::int32_t partition : topic.partitions) partitions.emplace_back(topic.name, partition);
  }
  return partitions;
}

Result<GroupDescription> describe_classic(Cluster& cluster, std::int32_t node, const std::string& group,
                                          const Patience& patience) {
  DescribeGroupsRequest request;
  request.groups = {group};
  TRY(auto answer, cluster.ask(node, request, patience));
  if (answer.groups.size() != 1) return fail(ErrorCode::corrupt, "an answer about other groups");
  auto& told = answer.groups.front();
  if (told.error_code == KafkaError::group_id_not_found || told.group_state == "Dead") {
    return fail(ErrorCode::not_found, "there is no group " + group);
  }
  if (told.error_code != KafkaError::none)
    return std::unexpected(to_error(told.error_code, "describing group " + group));
  GroupDescription description{group, "classic", told.group_state, told.protocol_data, node, {}};
  for (auto& member : told.members) {
    description.members.push_back({member.member_id, member.group_instance_id.value_or(""), member.client_id,
                                   member.client_host, -1, assigned(member.member_assignment)});
  }
  return description;
}

GroupDescription to_description(std::int32_t node, const ConsumerGroupDescribeResponse::Group& told) {
  GroupDescription description{told.group_id, "consumer", told.group_state, told.assignor_name, node, {}};
  for (const auto& member : told.members) {
    GroupMember& one = description.members.emplace_back();
    one = {member.member_id,    member.instance_id.value_or(""),
           member.client_id,    member.client_host,
           member.member_epoch, {}};
    for (const auto& topic : member.assignment.topic_partitions) {
      for (const std::int32_t partition : topic.partitions) one.partitions.emplace_back(topic.topic_name, partition);
    }
  }
  return description;
}

GroupDescription to_description(std::int32_t node, const ShareGroupDescribeResponse::Group& told) {
  GroupDescription description{told.group_id, "share", told.group_state, told.assignor_name, node, {}};
  for (const auto& member : told.members) {
    GroupMember& one = description.members.emplace_back();
    one = {member.member_id, "", member.client_id, member.client_host, member.member_epoch, {}};
    for (const auto& topic : member.assignment.topic_partitions) {
      for (const std::int32_t partition : topic.partitions) one.partitions.emplace_back(topic.topic_name, partition);
    }
  }
  return description;
}

/// A group that is none of KIP-848's: a share group where there are such, or one of the classic protocol.
Result<GroupDescription> describe_other(Cluster& cluster, std::int32_t node, const std::string& group,
                                        const Patience& patience) {
  ShareGroupDescribeRequest request;
  request.group_ids = {group};
  const auto answer = cluster.ask(node, request, patience);
  if (!answer && answer.error().code != ErrorCode::unsupported) return std::unexpected(answer.error());
  if (answer && answer->groups.size() == 1) {
    const auto& told = answer->groups.front();
    if (told.error_code == KafkaError::none) return to_description(node, told);
    // Brokers that could have share groups and don't say so with another error.
    const bool is_none =
        told.error_code == KafkaError::group_id_not_found || told.error_code == KafkaError::unsupported_version;
    if (!is_none) return std::unexpected(to_error(told.error_code, "describing group " + group));
  }
  return describe_classic(cluster, node, group, patience);
}

}  // namespace

Result<GroupDescription> describe_group(const ClientSettings& settings, const std::string& group,
                                        std::chrono::milliseconds timeout, const Log& log) {
  TRY(const auto cluster, Cluster::create(settings, log));
  const Patience patience = cluster->for_at_most(timeout);
  TRY(const std::int32_t node, find_coordinator(*cluster, group, patience));
  ConsumerGroupDescribeRequest request;
  request.group_ids = {group};
  const auto answer = cluster->ask(node, request, patience);
  // Brokers before Kafka 4 have groups of the classic protocol only.
  if (!answer && answer.error().code != ErrorCode::unsupported) return std::unexpected(answer.error());
  if (!answer || answer->groups.size() != 1) return describe_classic(*cluster, node, group, patience);
  const auto& told = answer->groups.front();
  if (told.error_code == KafkaError::group_id_not_found) return describe_other(*cluster, node, group, patience);
  if (told.error_code != KafkaError::none)
    return std::unexpected(to_error(told.error_code, "describing group " + group));
  return to_description(node, told);
}

}  // namespace tickerlake::kafka
