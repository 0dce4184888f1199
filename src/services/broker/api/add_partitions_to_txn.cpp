// AddPartitionsToTxn: partitions become part of a transaction, all or none. Since version 4 for several transactions
// at once, which may also only ask whether they are part of it.
#include "services/broker/api/handlers.h"
#include "services/broker/api/transaction_errors.h"
#include "services/broker/topics.h"
#include "services/broker/transactions/transactions.h"

namespace tickerlake::broker {
namespace {

using kafka::AddPartitionsToTxnRequest;
using kafka::AddPartitionsToTxnResponse;
using kafka::KafkaError;
using TopicResults = std::vector<AddPartitionsToTxnResponse::Topic>;

bool exists(const Topics& topics, const TopicPartition& partition) {
  const auto topic = topics.find(partition.topic);
  return topic && topic->partition(partition.partition);
}

/// Gives each partition of the request its error.
template <class ErrorOf>
TopicResults answer(const AddPartitionsToTxnRequest::Transaction& transaction, const ErrorOf& error_of) {
  TopicResults results;
  for (const auto& topic : transaction.topics) {
    auto& result = results.emplace_back();
    result.name = topic.name;
    for (const std::int32_t index : topic.partitions) {
      result.partitions.push_back({index, error_of(TopicPartition{topic.name, index})});
    }
  }
  return results;
}

TopicResults add(Broker& broker, const AddPartitionsToTxnRequest::Transaction& transaction, std::int16_t version) {
  const Producer producer{ProducerId(transaction.producer_id), transaction.producer_epoch};
  const auto worded = [version](KafkaError error) {
    return for_version(error, version, {.producer_fenced = 2, .transaction_abortable = 5});
  };
  if (transaction.verify_only) {
    return answer(transaction, [&](const TopicPartition& partition) {
      return worded(broker.transactions().verify(transaction.transactional_id, producer, partition));
    });
  }
  std::set<TopicPartition> partitions;
  bool all_exist = true;
  for (const auto& topic : transaction.topics) {
    for (const std::int32_t index : topic.partitions) {
      all_exist = all_exist && exists(broker.topics(), {topic.name, index});
      partitions.insert({topic.name, index});
    }
  }
  if (!all_exist) {
    return answer(transaction, [&](const TopicPartition& partition) {
      return exists(broker.topics(), partition) ? KafkaError::operation_not_attempted
                                                : KafkaError::unknown_topic_or_partition;
    });
  }
  const KafkaError error =
      worded(broker.transactions().add(transaction.transactional_id, producer, partitions, TransactionProtocol::v1));
  return answer(transaction, [error](const TopicPartition&) { return error; });
}

}  // namespace

AddPartitionsToTxnResponse handle(Broker& broker, const Caller& caller, const AddPartitionsToTxnRequest& request) {
  AddPartitionsToTxnResponse response;
  if (caller.version < 4) {
    response.results =
        add(broker, {request.transactional_id, request.producer_id, request.producer_epoch, false, request.topics},
            caller.version);
    return response;
  }
  for (const auto& transaction : request.transactions) {
    response.results_by_transaction.push_back({transaction.transactional_id, add(broker, transaction, caller.version)});
  }
  return response;
}

}  // namespace tickerlake::broker
