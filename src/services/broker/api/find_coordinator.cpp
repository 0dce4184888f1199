// FindCoordinator: this broker coordinates every group. Since version 4 for several groups at once.
#include "services/broker/api/handlers.h"

namespace tickerlake::broker {
namespace {

using kafka::FindCoordinatorResponse;
using kafka::KafkaError;

constexpr std::int8_t group_key = 0, transaction_key = 1;

FindCoordinatorResponse::Coordinator find(const BrokerOptions& options, std::int8_t key_type, const std::string& key) {
  FindCoordinatorResponse::Coordinator found;
  found.key = key;
  if (key_type != group_key) {
    found.node_id = -1;
    found.port = -1;
    // The one code that makes producers give up at once instead of asking again until a time-out.
    found.error_code = key_type == transaction_key ? KafkaError::transactional_id_authorization_failed
                                                   : KafkaError::invalid_request;
    found.error_message = "only groups have a coordinator here: transactions and share groups are not supported";
    return found;
  }
  found.node_id = options.node_id;
  found.host = options.advertised.host;
  found.port = options.advertised.port;
  return found;
}

}  // namespace

FindCoordinatorResponse handle(Broker& broker, const Caller& caller, const kafka::FindCoordinatorRequest& request) {
  FindCoordinatorResponse response;
  if (caller.version >= 4) {
    for (const std::string& key : request.coordinator_keys) {
      response.coordinators.push_back(find(broker.options(), request.key_type, key));
    }
    return response;
  }
  const auto found = find(broker.options(), request.key_type, request.key);
  response.error_code = found.error_code;
  response.error_message = found.error_message;
  response.node_id = found.node_id;
  response.host = found.host;
  response.port = found.port;
  return response;
}

}  // namespace tickerlake::broker
