#pragma once
// The broker's settings of groups, with Kafka's defaults but where a single node needs none of the patience.
#include <cstdint>

namespace tickerlake::broker {

inline constexpr std::int32_t max_group_members = 10'000;
inline constexpr std::int32_t least_session_timeout_ms = 6'000, longest_session_timeout_ms = 1'800'000;

/// The broker's settings of share groups: group.share.session.timeout.ms, …, with their limits.
struct ShareGroupOptions {
  std::int32_t session_timeout_ms = 45'000, min_session_timeout_ms = 45'000, max_session_timeout_ms = 60'000;
  std::int32_t heartbeat_interval_ms = 5'000, min_heartbeat_interval_ms = 5'000, max_heartbeat_interval_ms = 15'000;
  std::int32_t max_size = 200;
  std::int32_t record_lock_ms = 30'000, min_record_lock_ms = 15'000, max_record_lock_ms = 60'000;
  std::int32_t delivery_count_limit = 5, min_delivery_count_limit = 2, max_delivery_count_limit = 10;
  std::int32_t max_record_locks = 2'000;  // group.share.partition.max.record.locks
  std::int32_t min_max_record_locks = 100, max_max_record_locks = 4'000;
};

struct GroupOptions {
  std::int64_t retention_ms = 7 * 24 * 3'600'000ll;  // offsets.retention.minutes
  // The classic protocol.
  std::int32_t initial_rebalance_delay_ms = 0;                       // group.initial.rebalance.delay.ms
  std::int32_t max_size = 10'000;                                    // group.max.size
  std::int32_t min_session_timeout_ms = least_session_timeout_ms;    // group.min.session.timeout.ms
  std::int32_t max_session_timeout_ms = longest_session_timeout_ms;  // group.max.session.timeout.ms
  // The consumer protocol: group.consumer.session.timeout.ms, …
  std::int32_t consumer_session_timeout_ms = 45'000;
  std::int32_t consumer_min_session_timeout_ms = 45'000, consumer_max_session_timeout_ms = 60'000;
  std::int32_t consumer_heartbeat_interval_ms = 5'000;
  std::int32_t consumer_min_heartbeat_interval_ms = 5'000, consumer_max_heartbeat_interval_ms = 15'000;
  std::int32_t consumer_max_size = max_group_members;
  ShareGroupOptions share;
};

}  // namespace tickerlake::broker
