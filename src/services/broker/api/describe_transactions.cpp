// DescribeTransactions: the state of transactional ids (KIP-664).
#include "services/broker/api/handlers.h"
#include "services/broker/security/access.h"
#include "services/broker/transactions/transactions.h"

namespace tickerlake::broker {

using kafka::KafkaError;

kafka::DescribeTransactionsResponse handle(Broker& broker, const Caller& caller,
                                           const kafka::DescribeTransactionsRequest& request) {
  kafka::DescribeTransactionsResponse response;
  for (const std::string& id : request.transactional_ids) {
    auto& result = response.transaction_states.emplace_back();
    result.transactional_id = id;
    if (!may_transact(caller, Operation::describe, id)) {
      result.error_code = KafkaError::transactional_id_authorization_failed;
      continue;
    }
    const auto described = broker.transactions().describe(id);
    if (!described) {
      result.error_code = id.empty() ? KafkaError::invalid_request : KafkaError::transactional_id_not_found;
      continue;
    }
    const TransactionState& state = described->state;
    result.transaction_state = name(state.status);
    result.transaction_timeout_ms = state.timeout_ms;
    result.transaction_start_time_ms = state.started_ms;
    result.producer_id = state.producer.id.value();
    result.producer_epoch = state.producer.epoch;
    for (const TopicPartition& partition : state.partitions) {
      if (!may_topic(caller, Operation::describe, partition.topic)) continue;
      if (result.topics.empty() || result.topics.back().name != partition.topic) {
        result.topics.push_back({partition.topic, {}});
      }
      result.topics.back().partitions.push_back(partition.partition);
    }
  }
  return response;
}

}  // namespace tickerlake::broker
