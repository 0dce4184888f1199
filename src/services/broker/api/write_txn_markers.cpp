// WriteTxnMarkers: between Kafka's nodes the way in which a coordinator ends transactions; here what an administrator
// ends a hanging one with (Admin.abortTransaction).
#include "services/broker/api/handlers.h"
#include "services/broker/security/access.h"
#include "services/broker/topics.h"
#include "services/broker/transactions/marker_writer.h"

namespace tickerlake::broker {

kafka::WriteTxnMarkersResponse handle(Broker& broker, const Caller& caller,
                                      const kafka::WriteTxnMarkersRequest& request) {
  kafka::WriteTxnMarkersResponse response;
  const bool permitted = may_cluster(caller, Operation::alter) || may_cluster(caller, Operation::cluster_action);
  MarkerWriter writer(broker.topics(), broker.groups(), broker.clock());
  for (const auto& marker : request.markers) {
    auto& result = response.markers.emplace_back();
    result.producer_id = marker.producer_id;
    const auto kind = marker.transaction_result ? kafka::Marker::commit : kafka::Marker::abort;
    const Producer producer{ProducerId(marker.producer_id), marker.producer_epoch};
    const bool valid = marker.producer_id >= 0 && marker.producer_epoch >= 0;
    for (const auto& topic : marker.topics) {
      auto& topic_result = result.topics.emplace_back();
      topic_result.name = topic.name;
      for (const std::int32_t index : topic.partitions) {
        const auto refusal =
            permitted ? kafka::KafkaError::invalid_request : kafka::KafkaError::cluster_authorization_failed;
        topic_result.partitions.push_back(
            {index, valid && permitted ? writer.write({topic.name, index}, producer, kind) : refusal});
      }
    }
  }
  writer.wait_durable();
  return response;
}

}  // namespace tickerlake::broker
