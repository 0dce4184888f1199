// ListOffsets (key 2): the ends of a partition, and offsets by time.
#include "services/broker/api/handlers.h"
#include "services/broker/api/partition_lookup.h"
#include "services/broker/security/access.h"

namespace tickerlake::broker {

namespace {

using kafka::KafkaError;
using PartitionAnswer = kafka::ListOffsetsResponse::Topic::Partition;

/// Timestamps with a meaning of their own (KIP-79, KIP-405, KIP-734, KIP-1005).
enum Special : std::int64_t {
  latest = -1,
  earliest = -2,
  max_timestamp = -3,
  earliest_local = -4,
  latest_tiered = -5,  // nothing is ever moved to another tier
};

PartitionAnswer at(Offset offset, TimestampMs timestamp_ms = -1) {
  PartitionAnswer answer;
  answer.offset = offset.value();
  answer.timestamp = timestamp_ms;
  answer.leader_epoch = leader_epoch;
  return answer;
}

PartitionAnswer failed(KafkaError error) {
  PartitionAnswer answer;
  answer.error_code = error;
  return answer;
}

/// readable: where what the client may see ends.
PartitionAnswer found_or_none(const Broker& broker, const Result<std::optional<TimestampedOffset>>& found,
                              Offset readable) {
  if (!found) {
    broker.log().error("offset by time: {}", found.error().message);
    return failed(KafkaError::kafka_storage_error);
  }
  if (!*found || (*found)->offset >= readable) return PartitionAnswer{};
  return at((*found)->offset, (*found)->timestamp_ms);
}

PartitionAnswer list(Broker& broker, const Caller& caller, const kafka::ListOffsetsRequest::Topic& topic,
                     const kafka::ListOffsetsRequest::Topic::Partition& asked, bool read_committed) {
  const auto found =
      find_permitted(caller, Operation::describe, broker.topics(), false, {}, topic.name, asked.partition_index);
  if (!found) return failed(found.error());
  if (const auto error = check_leader_epoch(asked.current_leader_epoch); error != KafkaError::none) {
    return failed(error);
  }
  const Offsets offsets = found->partition->offsets();
  const Offset readable = read_committed ? offsets.last_stable : offsets.high_watermark;
  switch (asked.timestamp) {
    case latest:
      return at(readable);
    case earliest:
    case earliest_local:
      return at(offsets.log_start);
    case max_timestamp:
      return found_or_none(broker, found->partition->find_max_timestamp(), Offset(INT64_MAX));
    case latest_tiered:
      return PartitionAnswer{};
    default:
      break;
  }
  if (asked.timestamp < 0) return failed(KafkaError::unsupported_version);
  return found_or_none(broker, found->partition->find_by_timestamp(asked.timestamp), readable);
}

}  // namespace

kafka::ListOffsetsResponse handle(Broker& broker, const Caller& caller, const kafka::ListOffsetsRequest& request) {
  kafka::ListOffsetsResponse response;
  for (const auto& topic : request.topics) {
    auto& topic_answer = response.topics.emplace_back();
    topic_answer.name = topic.name;
    for (const auto& asked : topic.partitions) {
      auto& answer =
          topic_answer.partitions.emplace_back(list(broker, caller, topic, asked, request.isolation_level == 1));
      answer.partition_index = asked.partition_index;
    }
  }
  return response;
}

}  // namespace tickerlake::broker
