// SaslAuthenticate: one message of the mechanism. A failed attempt is answered late, so that guessing takes its time.
#include "services/broker/api/handlers.h"
#include "services/broker/security/security.h"
#include "services/broker/security/session.h"

namespace tickerlake::broker {

kafka::SaslAuthenticateResponse handle(Broker& broker, const Caller& caller,
                                       const kafka::SaslAuthenticateRequest& request) {
  if (!caller.session->sasl) {
    kafka::SaslAuthenticateResponse response;
    response.error_code = kafka::KafkaError::illegal_sasl_state;
    response.error_message = "SaslAuthenticate request received on a listener without SASL";
    return response;
  }
  auto response = caller.session->sasl->authenticate(request.auth_bytes);
  if (caller.session->sasl->has_failed())
    std::this_thread::sleep_for(broker.security().settings().failed_authentication);
  return response;
}

}  // namespace tickerlake::broker
