#pragma once
// The broker's strong types. On the wire they are plain integers; api/ converts at the edge.
#include <compare>
#include <cstdint>
#include <string>

#include "base/strong.h"
#include "kafka/wire/api.h"

namespace tickerlake::broker {

/// The position of a record in a partition, as Kafka counts: 0 is the first ever written.
using Offset = Strong<struct OffsetTag, std::int64_t>;
using ProducerId = Strong<struct ProducerIdTag, std::int64_t>;

using TopicId = kafka::Uuid;

struct TopicPartition {
  std::string topic;
  std::int32_t partition = 0;
  auto operator<=>(const TopicPartition&) const = default;
};

/// One node leads everything and never fails over, so every batch carries this leader epoch.
inline constexpr std::int32_t leader_epoch = 0;

}  // namespace tickerlake::broker
