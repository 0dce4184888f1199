// SaslHandshake: which mechanism the client will use to say who it is, at first or again (KIP-368).
#include "services/broker/api/handlers.h"
#include "services/broker/security/session.h"

namespace tickerlake::broker {

kafka::SaslHandshakeResponse handle(Broker&, const Caller& caller, const kafka::SaslHandshakeRequest& request) {
  if (caller.session->sasl) return caller.session->sasl->handshake(request.mechanism, caller.version);
  kafka::SaslHandshakeResponse response;
  response.error_code = kafka::KafkaError::illegal_sasl_state;
  return response;
}

}  // namespace tickerlake::broker
