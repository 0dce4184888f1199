// DescribeCluster: this broker, which is the whole cluster and its controller.
#include "services/broker/api/handlers.h"
#include "services/broker/security/access.h"
#include "services/broker/security/session.h"

namespace tickerlake::broker {

kafka::DescribeClusterResponse handle(Broker& broker, const Caller& caller,
                                      const kafka::DescribeClusterRequest& request) {
  constexpr std::int8_t brokers = 1;
  const BrokerOptions& options = broker.options();
  const io::Endpoint& at = caller.session->listener.advertised;
  kafka::DescribeClusterResponse response;
  response.endpoint_type = request.endpoint_type;
  if (request.endpoint_type != brokers) {
    response.error_code = kafka::KafkaError::mismatched_endpoint_type;
    response.error_message = "this is a broker; there are no separate controllers to ask";
    return response;
  }
  response.cluster_id = options.cluster_id;
  response.controller_id = options.node_id;
  response.brokers.push_back(
      {.broker_id = options.node_id, .host = at.host, .port = at.port, .rack = std::nullopt, .is_fenced = false});
  if (request.include_cluster_authorized_operations) {
    response.cluster_authorized_operations = cluster_operations(caller);
  }
  return response;
}

}  // namespace tickerlake::broker
