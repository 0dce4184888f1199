// TxnOffsetCommit: offsets of a group that count when the transaction is committed. Since version 5 (KIP-890) it adds
// the groups' journal to the transaction itself.
#include "services/broker/api/handlers.h"
#include "services/broker/api/transaction_errors.h"
#include "services/broker/groups/groups.h"
#include "services/broker/security/access.h"
#include "services/broker/topics.h"
#include "services/broker/transactions/transactions.h"

namespace tickerlake::broker {

using kafka::KafkaError;

namespace {

KafkaError join_transaction(Broker& broker, const Caller& caller, const kafka::TxnOffsetCommitRequest& request) {
  const std::int16_t version = caller.version;
  if (!may_transact(caller, Operation::write, request.transactional_id))
    return KafkaError::transactional_id_authorization_failed;
  if (!may_group(caller, Operation::read, request.group_id)) return KafkaError::group_authorization_failed;
  if (request.group_id.empty()) return KafkaError::invalid_group_id;
  if (!broker.groups().journal()) return KafkaError::coordinator_not_available;
  const Producer producer{ProducerId(request.producer_id), request.producer_epoch};
  const TopicPartition journal{offsets_topic, offsets_partition};
  const bool adds_itself = version >= 5;
  const KafkaError error =
      adds_itself ? broker.transactions().add(request.transactional_id, producer, {journal}, TransactionProtocol::v2)
                  : broker.transactions().verify(request.transactional_id, producer, journal);
  // All clients of this API know the old code for a producer that was shut out.
  constexpr std::int16_t never = INT16_MAX;
  return for_version(error, version, {.producer_fenced = never, .transaction_abortable = 4});
}

}  // namespace

kafka::TxnOffsetCommitResponse handle(Broker& broker, const Caller& caller,
                                      const kafka::TxnOffsetCommitRequest& request) {
  const TimestampMs now = broker.clock().now_ms();
  kafka::TxnOffsetCommitResponse response;
  std::vector<std::pair<TopicPartition, CommittedOffset>> offsets;
  for (const auto& wanted : request.topics) {
    const auto topic = broker.topics().find(wanted.name);
    auto& result = response.topics.emplace_back();
    result.name = wanted.name;
    for (const auto& partition : wanted.partitions) {
      KafkaError error = KafkaError::none;
      if (!may_topic(caller, Operation::read, wanted.name)) {
        error = KafkaError::topic_authorization_failed;
      } else if (!topic || !topic->partition(partition.partition_index)) {
        error = KafkaError::unknown_topic_or_partition;
      } else if (partition.committed_metadata && partition.committed_metadata->size() > max_offset_metadata) {
        error = KafkaError::offset_metadata_too_large;
      } else {
        offsets.push_back({{topic->name, partition.partition_index},
                           {partition.committed_offset,
                            partition.committed_leader_epoch,
                            partition.committed_metadata.value_or(""),
                            now,
                            {}}});
      }
      result.partitions.push_back({partition.partition_index, error});
    }
  }
  KafkaError error = join_transaction(broker, caller, request);
  if (error == KafkaError::none) {
    error = broker.groups().commit_in_transaction(request.group_id, {request.member_id, request.group_instance_id},
                                                  request.generation_id, ProducerId(request.producer_id),
                                                  request.producer_epoch, offsets);
  }
  for (auto& topic : response.topics) {
    for (auto& partition : topic.partitions) {
      if (partition.error_code == KafkaError::none) partition.error_code = error;
    }
  }
  return response;
}

}  // namespace tickerlake::broker
