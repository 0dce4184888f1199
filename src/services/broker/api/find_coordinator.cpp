// FindCoordinator: this broker coordinates every group, every transaction and every share-partition. Since version 4
// for several groups at once.
#include "services/broker/api/handlers.h"
#include "services/broker/security/access.h"
#include "services/broker/security/session.h"

namespace tickerlake::broker {
namespace {

using kafka::FindCoordinatorResponse;
using kafka::KafkaError;

constexpr std::int8_t group_key = 0, transaction_key = 1, share_key = 2;
constexpr std::int16_t first_version_of_shares = 6;

FindCoordinatorResponse::Coordinator find(const BrokerOptions& options, const Caller& caller, std::int8_t key_type,
                                          const std::string& key) {
  FindCoordinatorResponse::Coordinator found;
  found.key = key;
  const auto refuse = [&](KafkaError error, std::optional<std::string> message = std::nullopt) {
    found.node_id = -1;
    found.port = -1;
    found.error_code = error;
    found.error_message = std::move(message);
    return found;
  };
  if (key_type == group_key) {
    if (!may_group(caller, Operation::describe, key)) return refuse(KafkaError::group_authorization_failed);
  } else if (key_type == transaction_key) {
    if (!may_transact(caller, Operation::describe, key)) {
      return refuse(KafkaError::transactional_id_authorization_failed);
    }
  } else if (key_type == share_key && caller.version >= first_version_of_shares) {
    // Among brokers: clients are told of partitions' leaders, who keep the state.
    if (!may_cluster(caller, Operation::cluster_action)) return refuse(KafkaError::cluster_authorization_failed);
  } else {
    return refuse(KafkaError::invalid_request, "there is no coordinator of keys of type " + std::to_string(key_type));
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
