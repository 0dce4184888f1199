#pragma once
// What a batch must be before a partition takes it, and how refusals are worded. No I/O.
#include <expected>
#include <optional>

#include "base/bytes.h"
#include "base/time.h"
#include "kafka/records/batch.h"
#include "services/broker/log/producer_state.h"
#include "services/broker/partition.h"

namespace tickerlake::broker {

/// Exactly one well-formed v2 batch that the topic's settings allow.
std::expected<kafka::Batch, AppendError> check_append(ByteView bytes, Origin origin, const TopicConfig& config,
                                                      TimestampMs now_ms);

/// Why an idempotent producer's batch is refused; nothing when it is not.
std::optional<AppendError> refusal(const ProducerState::Verdict& verdict, const kafka::BatchHeader& header);

}  // namespace tickerlake::broker
