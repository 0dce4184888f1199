#include "kafka/client/group_consumer.h"

#include <algorithm>
#include <utility>

#include "kafka/client/client_state.h"
#include "kafka/client/rdkafka_messages.h"

namespace tickerlake::kafka {
namespace {

struct DestroyList {
  void operator()(rd_kafka_topic_partition_list_t* list) const { rd_kafka_topic_partition_list_destroy(list); }
};
using PartitionList = std::unique_ptr<rd_kafka_topic_partition_list_t, DestroyList>;

}  // namespace

Result<std::unique_ptr<GroupConsumer>> GroupConsumer::create(const ClientSettings& settings, const std::string& group,
                                                             const std::string& topic, bool from_beginning,
                                                             const Log& log) {
  const Defaults defaults = {
      {"fetch.wait.max.ms", "100"},
      {"isolation.level", "read_committed"},
      {"session.timeout.ms", "10000"},    // a member that dies silently is missed after that
      {"heartbeat.interval.ms", "1000"},  // and a rebalance noticed after this
  };
  const Defaults fixed = {
      {"group.id", group},
      {"enable.auto.commit", "true"},
      {"enable.auto.offset.store", "false"},  // done() says what may be committed
      {"auto.offset.reset", from_beginning ? "earliest" : "latest"},
      {"enable.partition.eof", "true"},
      {"allow.auto.create.topics", "false"},
  };
  TRY(Client client, Client::create(Kind::consumer, settings, defaults, fixed, log));
  auto consumer = std::unique_ptr<GroupConsumer>(new GroupConsumer(std::move(client), topic));
  rd_kafka_poll_set_consumer(consumer->handle_);
  const PartitionList wanted(rd_kafka_topic_partition_list_new(1));
  rd_kafka_topic_partition_list_add(wanted.get(), topic.c_str(), RD_KAFKA_PARTITION_UA);
  const auto code = rd_kafka_subscribe(consumer->handle_, wanted.get());
  if (code != RD_KAFKA_RESP_ERR_NO_ERROR) return std::unexpected(to_error(code, "subscribing to " + topic));
  return consumer;
}

GroupConsumer::~GroupConsumer() { rd_kafka_consumer_close(handle_); }

Result<void> GroupConsumer::poll(RecordBatch& batch, std::size_t max, std::chrono::milliseconds timeout) {
  batch.clear();
  auto messages = std::make_shared<RdkafkaMessages>(0);
  auto wait_ms = static_cast<int>(timeout.count());
  while (messages->list.size() < max) {
    rd_kafka_message_t* message = rd_kafka_consumer_poll(handle_, wait_ms);
    if (message == nullptr) break;
    wait_ms = 0;
    messages->list.push_back(message);
    if (message->err == RD_KAFKA_RESP_ERR_NO_ERROR) {
      batch.records_.push_back(to_record(message));
    } else if (message->err == RD_KAFKA_RESP_ERR__PARTITION_EOF) {
      batch.ends_.push_back({message->partition, message->offset});
    } else if (!passes_by_itself(message->err)) {
      return std::unexpected(to_error(message->err, "consuming " + topic_));
    }
  }
  batch.memory_.push_back(std::move(messages));
  if (auto failure = state_->first_failure()) return std::unexpected(*std::move(failure));
  return {};
}

Result<std::vector<std::int32_t>> GroupConsumer::assignment() const {
  rd_kafka_topic_partition_list_t* list = nullptr;
  const auto code = rd_kafka_assignment(handle_, &list);
  if (code != RD_KAFKA_RESP_ERR_NO_ERROR) return std::unexpected(to_error(code, "asking for the assignment"));
  const PartitionList owned(list);
  std::vector<std::int32_t> partitions;
  for (int i = 0; i < list->cnt; ++i) partitions.push_back(list->elems[i].partition);
  std::ranges::sort(partitions);
  return partitions;
}

Result<void> GroupConsumer::done(const FetchedRecord& record) {
  const PartitionList list(rd_kafka_topic_partition_list_new(1));
  rd_kafka_topic_partition_list_add(list.get(), topic_.c_str(), record.partition)->offset = record.offset + 1;
  const auto code = rd_kafka_offsets_store(handle_, list.get());
  // A partition that has just been given away: its next owner begins at what was committed.
  if (code != RD_KAFKA_RESP_ERR_NO_ERROR && code != RD_KAFKA_RESP_ERR__STATE)
    return std::unexpected(to_error(code, "storing the group's offset"));
  return {};
}

}  // namespace tickerlake::kafka
