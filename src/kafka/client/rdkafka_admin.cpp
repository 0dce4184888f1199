#include "kafka/client/rdkafka_admin.h"

#include <algorithm>

#include "kafka/client/admin_request.h"
#include "kafka/client/client_state.h"

namespace tickerlake::kafka {
namespace {

using std::chrono::milliseconds;

using admin::ask;
using admin::Event;
using admin::Handle;

constexpr std::size_t message_room = 512;

/// The first error among a request's topics.
Result<void> check_topics(const rd_kafka_topic_result_t** results, std::size_t count, const std::string& what) {
  for (std::size_t i = 0; i < count; ++i) {
    const auto code = rd_kafka_topic_result_error(results[i]);
    if (code == RD_KAFKA_RESP_ERR_NO_ERROR) continue;
    Error error = to_error(code, what);
    if (const char* detail = rd_kafka_topic_result_error_string(results[i])) error.message = what + ": " + detail;
    return std::unexpected(std::move(error));
  }
  return {};
}

/// The first error among a request's groups.
Result<void> check_group(const rd_kafka_group_result_t** results, std::size_t count, const std::string& what) {
  for (std::size_t i = 0; i < count; ++i) {
    const rd_kafka_error_t* error = rd_kafka_group_result_error(results[i]);
    if (error == nullptr) continue;
    switch (rd_kafka_error_code(error)) {
      case RD_KAFKA_RESP_ERR_NON_EMPTY_GROUP:
        return fail(ErrorCode::conflict, what + ": it has members");
      case RD_KAFKA_RESP_ERR_GROUP_ID_NOT_FOUND:
        return fail(ErrorCode::not_found, what + ": there is no such group");
      default:
        return std::unexpected(to_error(rd_kafka_error_code(error), what));
    }
  }
  return {};
}

}  // namespace

Result<std::unique_ptr<RdkafkaAdmin>> RdkafkaAdmin::create(const ClientSettings& settings, const Log& log) {
  TRY(Client client, Client::create(Kind::producer, settings, {}, {}, log));
  return std::unique_ptr<RdkafkaAdmin>(new RdkafkaAdmin(std::move(client)));
}

Result<ClusterLayout> RdkafkaAdmin::layout(milliseconds timeout) {
  const struct rd_kafka_metadata* raw = nullptr;
  const auto code = rd_kafka_metadata(handle_, 1, nullptr, &raw, static_cast<int>(timeout.count()));
  if (code != RD_KAFKA_RESP_ERR_NO_ERROR) return std::unexpected(to_error(code, "asking for the cluster's layout"));
  const Handle<const struct rd_kafka_metadata, rd_kafka_metadata_destroy> metadata(raw);

  ClusterLayout layout;
  TRY(layout.id, Client::cluster_id(timeout));
  layout.controller = rd_kafka_controllerid(handle_, static_cast<int>(timeout.count()));
  for (int i = 0; i < metadata->broker_cnt; ++i) {
    const auto& broker = metadata->brokers[i];
    layout.nodes[broker.id] = std::string(broker.host) + ":" + std::to_string(broker.port);
  }
  for (int i = 0; i < metadata->topic_cnt; ++i) {
    const auto& found = metadata->topics[i];
    TopicLayout topic{found.topic, {}};
    for (int p = 0; p < found.partition_cnt; ++p) {
      const auto& partition = found.partitions[p];
      topic.partitions.push_back({partition.id,
                                  partition.leader,
                                  {partition.replicas, partition.replicas + partition.replica_cnt},
                                  {partition.isrs, partition.isrs + partition.isr_cnt}});
    }
    std::ranges::sort(topic.partitions, {}, &PartitionLayout::id);
    layout.topics.push_back(std::move(topic));
  }
  std::ranges::sort(layout.topics, {}, &TopicLayout::name);
  return layout;
}

Result<void> RdkafkaAdmin::create_topic(const NewTopic& topic, milliseconds timeout) {
  char text[message_room];
  const Handle<rd_kafka_NewTopic_t, rd_kafka_NewTopic_destroy> wanted(
      rd_kafka_NewTopic_new(topic.name.c_str(), topic.partitions, topic.replication_factor, text, sizeof text));
  if (!wanted) return fail(ErrorCode::invalid_argument, "topic " + topic.name + ": " + text);
  for (const auto& [name, value] : topic.configs) {
    rd_kafka_NewTopic_set_config(wanted.get(), name.c_str(), value.c_str());
  }
  const std::string what = "creating topic " + topic.name;
  rd_kafka_NewTopic_t* list[] = {wanted.get()};
  TRY(const Event event,
      ask(handle_, RD_KAFKA_ADMIN_OP_CREATETOPICS, timeout, what,
          [&](const auto* options, auto* queue) { rd_kafka_CreateTopics(handle_, list, 1, options, queue); }));
  std::size_t count = 0;
  const auto** results = rd_kafka_CreateTopics_result_topics(rd_kafka_event_CreateTopics_result(event.get()), &count);
  return check_topics(results, count, what);
}

Result<void> RdkafkaAdmin::delete_topic(const std::string& topic, milliseconds timeout) {
  const Handle<rd_kafka_DeleteTopic_t, rd_kafka_DeleteTopic_destroy> wanted(rd_kafka_DeleteTopic_new(topic.c_str()));
  const std::string what = "deleting topic " + topic;
  rd_kafka_DeleteTopic_t* list[] = {wanted.get()};
  TRY(const Event event,
      ask(handle_, RD_KAFKA_ADMIN_OP_DELETETOPICS, timeout, what,
          [&](const auto* options, auto* queue) { rd_kafka_DeleteTopics(handle_, list, 1, options, queue); }));
  std::size_t count = 0;
  const auto** results = rd_kafka_DeleteTopics_result_topics(rd_kafka_event_DeleteTopics_result(event.get()), &count);
  return check_topics(results, count, what);
}

Result<std::vector<GroupListing>> RdkafkaAdmin::groups(milliseconds timeout) {
  TRY(const Event event,
      ask(handle_, RD_KAFKA_ADMIN_OP_LISTCONSUMERGROUPS, timeout, "listing groups",
          [&](const auto* options, auto* queue) { rd_kafka_ListConsumerGroups(handle_, options, queue); }));
  const auto* result = rd_kafka_event_ListConsumerGroups_result(event.get());
  std::size_t count = 0;
  const auto** errors = rd_kafka_ListConsumerGroups_result_errors(result, &count);
  if (count > 0) return std::unexpected(to_error(rd_kafka_error_code(errors[0]), "listing groups"));
  const auto** found = rd_kafka_ListConsumerGroups_result_valid(result, &count);
  std::vector<GroupListing> groups;
  groups.reserve(count);
  for (std::size_t i = 0; i < count; ++i) {
    groups.push_back({rd_kafka_ConsumerGroupListing_group_id(found[i]), "",
                      rd_kafka_consumer_group_state_name(rd_kafka_ConsumerGroupListing_state(found[i]))});
  }
  std::ranges::sort(groups, {}, &GroupListing::id);
  return groups;
}

Result<std::vector<GroupOffset>> RdkafkaAdmin::group_offsets(const std::string& group, milliseconds timeout) {
  const Handle<rd_kafka_ListConsumerGroupOffsets_t, rd_kafka_ListConsumerGroupOffsets_destroy> wanted(
      rd_kafka_ListConsumerGroupOffsets_new(group.c_str(), nullptr));
  const std::string what = "asking for the offsets of group " + group;
  rd_kafka_ListConsumerGroupOffsets_t* list[] = {wanted.get()};
  TRY(const Event event,
      ask(handle_, RD_KAFKA_ADMIN_OP_LISTCONSUMERGROUPOFFSETS, timeout, what, [&](const auto* options, auto* queue) {
        rd_kafka_ListConsumerGroupOffsets(handle_, list, 1, options, queue);
      }));
  std::size_t count = 0;
  const auto** results = rd_kafka_ListConsumerGroupOffsets_result_groups(
      rd_kafka_event_ListConsumerGroupOffsets_result(event.get()), &count);
  std::vector<GroupOffset> offsets;
  for (std::size_t i = 0; i < count; ++i) {
    if (const auto* error = rd_kafka_group_result_error(results[i])) {
      return std::unexpected(to_error(rd_kafka_error_code(error), what));
    }
    const auto* partitions = rd_kafka_group_result_partitions(results[i]);
    for (int p = 0; partitions != nullptr && p < partitions->cnt; ++p) {
      const auto& element = partitions->elems[p];
      if (element.offset >= 0) offsets.push_back({element.topic, element.partition, element.offset});
    }
  }
  std::ranges::sort(offsets, {}, [](const GroupOffset& at) { return std::pair(at.topic, at.partition); });
  return offsets;
}

Result<void> RdkafkaAdmin::delete_group(const std::string& group, milliseconds timeout) {
  const Handle<rd_kafka_DeleteGroup_t, rd_kafka_DeleteGroup_destroy> wanted(rd_kafka_DeleteGroup_new(group.c_str()));
  const std::string what = "deleting group " + group;
  rd_kafka_DeleteGroup_t* list[] = {wanted.get()};
  TRY(const Event event,
      ask(handle_, RD_KAFKA_ADMIN_OP_DELETEGROUPS, timeout, what,
          [&](const auto* options, auto* queue) { rd_kafka_DeleteGroups(handle_, list, 1, options, queue); }));
  std::size_t count = 0;
  const auto** results = rd_kafka_DeleteGroups_result_groups(rd_kafka_event_DeleteGroups_result(event.get()), &count);
  return check_group(results, count, what);
}

Result<void> RdkafkaAdmin::set_group_offsets(const std::string& group, const std::vector<GroupOffset>& offsets,
                                             milliseconds timeout) {
  const Handle<rd_kafka_topic_partition_list_t, rd_kafka_topic_partition_list_destroy> partitions(
      rd_kafka_topic_partition_list_new(static_cast<int>(offsets.size())));
  for (const GroupOffset& at : offsets) {
    rd_kafka_topic_partition_list_add(partitions.get(), at.topic.c_str(), at.partition)->offset = at.offset;
  }
  const Handle<rd_kafka_AlterConsumerGroupOffsets_t, rd_kafka_AlterConsumerGroupOffsets_destroy> wanted(
      rd_kafka_AlterConsumerGroupOffsets_new(group.c_str(), partitions.get()));
  const std::string what = "setting the offsets of group " + group;
  rd_kafka_AlterConsumerGroupOffsets_t* list[] = {wanted.get()};
  TRY(const Event event,
      ask(handle_, RD_KAFKA_ADMIN_OP_ALTERCONSUMERGROUPOFFSETS, timeout, what, [&](const auto* options, auto* queue) {
        rd_kafka_AlterConsumerGroupOffsets(handle_, list, 1, options, queue);
      }));
  std::size_t count = 0;
  const auto** results = rd_kafka_AlterConsumerGroupOffsets_result_groups(
      rd_kafka_event_AlterConsumerGroupOffsets_result(event.get()), &count);
  CHECK(check_group(results, count, what));
  for (std::size_t i = 0; i < count; ++i) {
    const auto* done = rd_kafka_group_result_partitions(results[i]);
    for (int p = 0; done != nullptr && p < done->cnt; ++p) {
      const auto& element = done->elems[p];
      if (element.err == RD_KAFKA_RESP_ERR_NO_ERROR) continue;
      // What a group with members answers to one who is none of them.
      if (element.err == RD_KAFKA_RESP_ERR_UNKNOWN_MEMBER_ID)
        return fail(ErrorCode::conflict, what + ": it has members");
      return std::unexpected(to_error(element.err, what));
    }
  }
  return {};
}

}  // namespace tickerlake::kafka
