// InitProducerId: an id for an idempotent producer. Transactional producers are refused: there is no coordinator.
#include "services/broker/api/handlers.h"
#include "services/broker/producer_ids.h"

namespace tickerlake::broker {

kafka::InitProducerIdResponse handle(Broker& broker, const Caller& caller,
                                     const kafka::InitProducerIdRequest& request) {
  kafka::InitProducerIdResponse response;
  if (request.transactional_id) {
    broker.log().warning("client \"{}\" asks for transactions (transactional.id \"{}\"), which are not supported",
                         caller.client_id, *request.transactional_id);
    response.error_code = kafka::KafkaError::unsupported_version;
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
