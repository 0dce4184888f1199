// AddPartitionsToTxn: partitions become part of a transaction, all or none. Since version 4 for several transactions
// at once, which may also only ask whether they are part of it.
#include "services/broker/api/handlers.h"
#include "services/broker/api/transaction_errors.h"
#include "services/broker/security/access.h"
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

TopicResults add(Broker& broker, const Caller& caller, const AddPartitionsToTxnRequest::Transaction& transaction) {
  const std::int16_t version = caller.version;
  const Producer producer{ProducerId(transaction.producer_id), transaction.producer_epoch};
  const auto worded = [version](KafkaError error) {
    return for_version(error, version, {.producer_fenced = 2, .transaction_abortable = 5});
  };
  if (transaction.verify_only) {
    return answer(transaction, [&](const TopicPartition& partition) {
      return worded(broker.transactions().verify(transaction.transactional_id, producer, partition));
    });
  }
  if (!may_transact(caller, Operation::write, transaction.transactional_id)) {
    return answer(transaction, [](const TopicPartition&) { return KafkaError::transactional_id_authorization_failed; });
  }
  const auto is_permitted = [&](const std::string& topic) { return may_topic(caller, Operation::write, topic); };
  if (!std::ranges::all_of(transaction.topics, is_permitted, &AddPartitionsToTxnRequest::Topic::name)) {
    return answer(transaction, [&](const TopicPartition& partition) {
      return is_permitted(partition.topic) ? KafkaError::operation_not_attempted
                                           : KafkaError::topic_authorization_failed;
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
    response.results = add(
        broker, caller, {request.transactional_id, request.producer_id, request.producer_epoch, false, request.topics});
    return response;
  }
  // From version 4 on brokers ask each other so.
  if (!may_cluster(caller, Operation::cluster_action)) {
    response.error_code = KafkaError::cluster_authorization_failed;
    return response;
  }
  for (const auto& transaction : request.transactions) {
    response.results_by_transaction.push_back({transaction.transactional_id, add(broker, caller, transaction)});
  }
  return response;
}

}  // namespace tickerlake::broker
