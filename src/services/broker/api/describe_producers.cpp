// DescribeProducers: who has written into a partition of late, and whose transaction is undecided there (KIP-664).
#include "services/broker/api/handlers.h"
#include "services/broker/api/partition_lookup.h"
#include "services/broker/security/access.h"

namespace tickerlake::broker {

kafka::DescribeProducersResponse handle(Broker& broker, const Caller& caller,
                                        const kafka::DescribeProducersRequest& request) {
  kafka::DescribeProducersResponse response;
  for (const auto& topic : request.topics) {
    auto& topic_result = response.topics.emplace_back();
    topic_result.name = topic.name;
    for (const std::int32_t index : topic.partitions) {
      auto& result = topic_result.partitions.emplace_back();
      result.partition_index = index;
      const auto found = find_permitted(caller, Operation::read, broker.topics(), false, {}, topic.name, index);
      if (!found) {
        result.error_code = found.error();
        continue;
      }
      for (const DescribedProducer& producer : found->partition->producers()) {
        result.active_producers.push_back(
            {.producer_id = producer.id.value(),
             .producer_epoch = producer.epoch,
             .last_sequence = producer.last_sequence,
             .last_timestamp = producer.last_seen_ms,
             .coordinator_epoch = producer.had_marker ? 0 : -1,
             .current_txn_start_offset = producer.transaction ? producer.transaction->value() : -1});
      }
    }
  }
  return response;
}

}  // namespace tickerlake::broker
