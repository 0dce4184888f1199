#include "services/broker/api/share_requests.h"

#include <algorithm>
#include <optional>

#include "services/broker/api/partition_lookup.h"
#include "services/broker/share/share_states.h"

namespace tickerlake::broker {
namespace {

using kafka::KafkaError;

/// Ranges in order, with one type for all of a range or one for each record of it. Nothing for others.
std::optional<std::vector<Acknowledgement>> check(const std::vector<kafka::AcknowledgementBatch>& batches,
                                                  bool may_renew) {
  std::vector<Acknowledgement> checked;
  std::int64_t last = -1;
  for (const kafka::AcknowledgementBatch& batch : batches) {
    if (batch.first_offset <= last || batch.last_offset < batch.first_offset) return std::nullopt;
    last = batch.last_offset;
    const auto types = static_cast<std::int64_t>(batch.acknowledge_types.size());
    if (types == 0 || (types > 1 && last - batch.first_offset != types - 1)) return std::nullopt;
    Acknowledgement& one = checked.emplace_back(Acknowledgement{Offset(batch.first_offset), Offset(last), {}});
    for (const std::int8_t number : batch.acknowledge_types) {
      const auto type = static_cast<AcknowledgeType>(number);
      if (type < AcknowledgeType::gap || type > AcknowledgeType::renew) return std::nullopt;
      if (type == AcknowledgeType::renew && !may_renew) return std::nullopt;
      one.types.push_back(type);
    }
  }
  return checked;
}

}  // namespace

AcknowledgeOutcome acknowledge(Broker& broker, const Caller& caller, const ShareMember& member,
                               const std::vector<kafka::ShareFetchRequest::Topic>& topics, bool may_renew) {
  AcknowledgeOutcome outcome;
  for (const auto& topic : topics) {
    for (const auto& partition : topic.partitions) {
      if (partition.acknowledgement_batches.empty()) continue;
      const ShareTarget target{topic.topic_id, partition.partition_index};
      KafkaError& error = outcome.errors[target];
      const auto batches = check(partition.acknowledgement_batches, may_renew);
      const auto found =
          find_permitted(caller, Operation::read, broker.topics(), true, target.topic, "", target.partition);
      if (!found) {
        error = found.error();
      } else if (!batches) {
        error = KafkaError::invalid_request;
      } else {
        const auto done =
            broker.shares().acknowledge({member.group, target.topic, target.partition}, member.id, *batches);
        error = done ? KafkaError::none : done.error();
        if (done) outcome.behind = std::max(outcome.behind, *done);
      }
    }
  }
  return outcome;
}

}  // namespace tickerlake::broker
