// EndTxn: a transaction is committed or aborted; answered when its markers are on disk. Since version 5 (KIP-890) the
// producer goes on with the next epoch.
#include "services/broker/api/handlers.h"
#include "services/broker/api/transaction_errors.h"
#include "services/broker/security/access.h"
#include "services/broker/transactions/transactions.h"

namespace tickerlake::broker {

kafka::EndTxnResponse handle(Broker& broker, const Caller& caller, const kafka::EndTxnRequest& request) {
  if (!may_transact(caller, Operation::write, request.transactional_id)) {
    kafka::EndTxnResponse refused;
    refused.error_code = kafka::KafkaError::transactional_id_authorization_failed;
    return refused;
  }
  const auto protocol = caller.version >= 5 ? TransactionProtocol::v2 : TransactionProtocol::v1;
  const auto marker = request.committed ? kafka::Marker::commit : kafka::Marker::abort;
  const Producer producer{ProducerId(request.producer_id), request.producer_epoch};
  const auto answer = broker.transactions().end(request.transactional_id, producer, marker, protocol);
  kafka::EndTxnResponse response;
  response.error_code = for_version(answer.error, caller.version, {.producer_fenced = 2, .transaction_abortable = 4});
  response.producer_id = answer.producer.id.value();
  response.producer_epoch = answer.producer.epoch;
  return response;
}

}  // namespace tickerlake::broker
