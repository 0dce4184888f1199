// FindCoordinator: this broker coordinates every group and every transaction. Since version 4 for several groups at
// once.
#include "services/broker/api/handlers.h"
#include "services/broker/security/access.h"
#include "services/broker/security/session.h"

namespace tickerlake::broker {
namespace {

using kafka::FindCoordinatorResponse;
using kafka::KafkaError;

constexpr std::int8_t group_key = 0, transaction_key = 1;

FindCoordinatorResponse::Coordinator find(const BrokerOptions& options, const Caller& caller, std::int8_t key_type,
                                          const std::string& key) {
  FindCoordinatorResponse::Coordinator found;
  found.key = key;
  if (key_type != group_key && key_type != transaction_key) {
    found.node_id = -1;
    found.port = -1;
    found.error_code = KafkaError::invalid_request;
    found.error_message = "only groups and transactions have a coordinator here: share groups are not supported";
    return found;
  }
  const bool is_group = key_type == group_key;
  if (!may(caller, Operation::describe, is_group ? ResourceType::group : ResourceType::transactional_id, key)) {
    found.node_id = -1;
    found.port = -1;
    found.error_code =
        is_group ? KafkaError::group_authorization_failed : KafkaError::transactional_id_authorization_failed;
    return found;
  }
  const io::Endpoint& at = caller.session->listener.advertised;
  found.node_id = options.node_id;
  found.host = at.host;
  found.port = at.port;
  return found;
}

}  // namespace

FindCoordinatorResponse handle(Broker& broker, const Caller& caller, const kafka::FindCoordinatorRequest& request) {
  FindCoordinatorResponse response;
  if (caller.version >= 4) {
    for (const std::string& key : request.coordinator_keys) {
      response.coordinators.push_back(find(broker.options(), caller, request.key_type, key));
    }
    return response;
  }
  const auto found = find(broker.options(), caller, request.key_type, request.key);
  response.error_code = found.error_code;
  response.error_message = found.error_message;
  response.node_id = found.node_id;
  response.host = found.host;
  response.port = found.port;
  return response;
}

}  // namespace tickerlake::broker
