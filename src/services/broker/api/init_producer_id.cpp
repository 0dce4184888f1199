// InitProducerId: an id for an idempotent producer; for a transactional one its id's next epoch, which shuts out
// whoever had the one before and aborts what that has left open.
#include "services/broker/api/handlers.h"
#include "services/broker/api/transaction_errors.h"
#include "services/broker/producer_ids.h"
#include "services/broker/security/access.h"
#include "services/broker/transactions/transactions.h"

namespace tickerlake::broker {

using kafka::KafkaError;

kafka::InitProducerIdResponse handle(Broker& broker, const Caller& caller,
                                     const kafka::InitProducerIdRequest& request) {
  kafka::InitProducerIdResponse response;
  if (request.transactional_id && !may_transact(caller, Operation::write, *request.transactional_id)) {
    response.error_code = KafkaError::transactional_id_authorization_failed;
    return response;
  }
  if (!request.transactional_id && !may_cluster(caller, Operation::idempotent_write) &&
      !may_some_topic(caller, Operation::write)) {
    response.error_code = KafkaError::cluster_authorization_failed;
    return response;
  }
  if (request.transactional_id) {
    std::optional<Producer> expected;
    if (request.producer_id >= 0) expected = {ProducerId(request.producer_id), request.producer_epoch};
    if (expected && expected->epoch < 0) {
      response.error_code = KafkaError::invalid_request;
      return response;
    }
    const auto answer = broker.transactions().init(*request.transactional_id, expected, request.transaction_timeout_ms);
    response.error_code = for_version(answer.error, caller.version, {.producer_fenced = 4});
    response.producer_id = answer.producer.id.value();
    response.producer_epoch = answer.producer.epoch;
    return response;
  }
  const auto id = broker.producer_ids().next();
  if (!id) {
    broker.log().error("no producer id: {}", id.error().message);
    response.error_code = kafka::to_kafka(id.error());
    return response;
  }
  response.producer_id = id->value();
  return response;
}

}  // namespace tickerlake::broker
