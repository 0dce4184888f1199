// AddOffsetsToTxn: the groups' journal becomes part of a transaction, which then may commit offsets of a group.
#include "services/broker/api/handlers.h"
#include "services/broker/api/transaction_errors.h"
#include "services/broker/groups/groups.h"
#include "services/broker/security/access.h"
#include "services/broker/transactions/transactions.h"

namespace tickerlake::broker {

using kafka::KafkaError;

kafka::AddOffsetsToTxnResponse handle(Broker& broker, const Caller& caller,
                                      const kafka::AddOffsetsToTxnRequest& request) {
  kafka::AddOffsetsToTxnResponse response;
  if (!may_transact(caller, Operation::write, request.transactional_id)) {
    response.error_code = KafkaError::transactional_id_authorization_failed;
  } else if (!may_group(caller, Operation::read, request.group_id)) {
    response.error_code = KafkaError::group_authorization_failed;
  } else if (request.group_id.empty()) {
    response.error_code = KafkaError::invalid_group_id;
  } else if (const auto journal = broker.groups().journal(); !journal) {
    response.error_code = KafkaError::coordinator_not_available;
  } else {
    const Producer producer{ProducerId(request.producer_id), request.producer_epoch};
    const KafkaError error = broker.transactions().add(request.transactional_id, producer,
                                                       {{offsets_topic, offsets_partition}}, TransactionProtocol::v1);
    response.error_code = for_version(error, caller.version, {.producer_fenced = 2, .transaction_abortable = 4});
  }
  return response;
}

}  // namespace tickerlake::broker
