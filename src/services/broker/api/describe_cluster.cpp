// DescribeCluster: this broker, which is the whole cluster and its controller.
#include "services/broker/api/authorized_operations.h"
#include "services/broker/api/handlers.h"

namespace tickerlake::broker {

kafka::DescribeClusterResponse handle(Broker& broker, const Caller&, const kafka::DescribeClusterRequest& request) {
  constexpr std::int8_t brokers = 1;
  const BrokerOptions& options = broker.options();
  kafka::DescribeClusterResponse response;
  response.endpoint_type = request.endpoint_type;
  if (request.endpoint_type != brokers) {
    response.error_code = kafka::KafkaError::mismatched_endpoint_type;
    response.error_message = "this is a broker; there are no separate controllers to ask";
    return response;
  }
  response.cluster_id = options.cluster_id;
  response.controller_id = options.node_id;
  response.brokers.push_back({.broker_id = options.node_id,
                              .host = options.advertised.host,
                              .port = options.advertised.port,
                              .rack = std::nullopt,
                              .is_fenced = false});
  if (request.include_cluster_authorized_operations) response.cluster_authorized_operations = all_cluster_operations;
  return response;
}

}  // namespace tickerlake::broker
