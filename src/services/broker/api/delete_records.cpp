// DeleteRecords (key 21, KIP-107): moves log starts forward.
#include "services/broker/api/handlers.h"
#include "services/broker/api/partition_lookup.h"
#include "services/broker/security/access.h"

namespace tickerlake::broker {

namespace {

using kafka::KafkaError;
using PartitionAnswer = kafka::DeleteRecordsResponse::Topic::Partition;

constexpr std::int64_t up_to_high_watermark = -1;

PartitionAnswer delete_before(Broker& broker, const Caller& caller, const std::string& topic, std::int32_t index,
                              std::int64_t offset) {
  PartitionAnswer answer;
  answer.partition_index = index;
  answer.low_watermark = -1;
  const auto fail_with = [&](KafkaError error) {
    answer.error_code = error;
    return answer;
  };
  const auto found = find_permitted(caller, Operation::remove, broker.topics(), false, {}, topic, index);
  if (!found) return fail_with(found.error());
  if (!found->topic->settings.deletes) return fail_with(KafkaError::policy_violation);
  if (offset < up_to_high_watermark) return fail_with(KafkaError::offset_out_of_range);
  const Offset before = offset == up_to_high_watermark ? found->partition->offsets().high_watermark : Offset(offset);
  const auto deleted = found->partition->delete_records(before);
  if (!deleted) {
    if (deleted.error().code == ErrorCode::invalid_argument) return fail_with(KafkaError::offset_out_of_range);
    if (deleted.error().code == ErrorCode::unavailable) return fail_with(closed_error(broker.topics(), false));
    broker.log().error("delete records: {}", deleted.error().message);
    return fail_with(KafkaError::kafka_storage_error);
  }
  answer.low_watermark = deleted->value();
  return answer;
}

}  // namespace

kafka::DeleteRecordsResponse handle(Broker& broker, const Caller& caller, const kafka::DeleteRecordsRequest& request) {
  kafka::DeleteRecordsResponse response;
  for (const auto& topic : request.topics) {
    auto& topic_answer = response.topics.emplace_back();
    topic_answer.name = topic.name;
    for (const auto& asked : topic.partitions) {
      topic_answer.partitions.push_back(delete_before(broker, caller, topic.name, asked.partition_index, asked.offset));
    }
  }
  return response;
}

}  // namespace tickerlake::broker
