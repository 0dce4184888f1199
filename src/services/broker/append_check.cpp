#include "services/broker/append_check.h"

#include <fmt/format.h>

#include <limits>

#include "kafka/records/record_check.h"
#include "kafka/records/records.h"
#include "services/broker/log/segment_scan.h"

namespace tickerlake::broker {

namespace {

std::unexpected<AppendError> refuse(Refusal why, std::string message) {
  return std::unexpected<AppendError>(AppendError{why, std::move(message)});
}

Refusal refusal_of(ErrorCode code) {
  switch (code) {
    case ErrorCode::unsupported:
      return Refusal::unsupported_format;
    case ErrorCode::invalid_argument:
      return Refusal::invalid_record;
    case ErrorCode::exhausted:
      return Refusal::too_large;
    default:
      return Refusal::corrupt;
  }
}

std::expected<void, AppendError> check_timestamps(const kafka::BatchHeader& header, const TopicConfig& config,
                                                  TimestampMs now_ms) {
  if (config.timestamp_type == TimestampType::log_append_time) return {};
  if (header.is_log_append_time()) {
    return refuse(Refusal::invalid_timestamp, "clients must not set the timestamp type LogAppendTime");
  }
  const bool too_new = header.max_timestamp >= 0 && header.max_timestamp - now_ms > config.timestamp_after_max_ms;
  const bool has_least = config.timestamp_before_max_ms < std::numeric_limits<std::int64_t>::max();
  const bool too_old = has_least && header.base_timestamp < now_ms - config.timestamp_before_max_ms;
  if (!too_new && !too_old) return {};
  return refuse(Refusal::invalid_timestamp,
                fmt::format("timestamps {} to {} are out of the range that message.timestamp.before.max.ms and "
                            "message.timestamp.after.max.ms allow",
                            header.base_timestamp, header.max_timestamp));
}

}  // namespace

std::expected<kafka::Batch, AppendError> check_append(ByteView bytes, Origin origin, const TopicConfig& config,
                                                      TimestampMs now_ms) {
  ByteView rest = bytes;
  const auto batch = kafka::take_batch(rest);
  if (!batch) return refuse(refusal_of(batch.error().code), batch.error().message);
  if (!rest.empty()) return refuse(Refusal::invalid_record, "more than one record batch for a partition");
  const kafka::BatchHeader& header = batch->header;
  const std::int64_t most = std::min(config.max_message_bytes, max_batch_size);
  if (header.size() > most) {
    return refuse(Refusal::too_large,
                  fmt::format("a record batch of {} bytes is over max.message.bytes, {}", header.size(), most));
  }
  if (header.size() > config.segment_bytes) {
    return refuse(Refusal::too_large, fmt::format("a record batch of {} bytes is over segment.bytes, {}", header.size(),
                                                  config.segment_bytes));
  }
  if (const auto checked = kafka::check_batch(*batch); !checked) {
    return refuse(refusal_of(checked.error().code), checked.error().message);
  }
  if (origin == Origin::client) {
    std::optional<std::int32_t> without_key;
    if (const auto read = kafka::check_records(*batch, kafka::max_decompressed_batch, &without_key); !read) {
      return refuse(refusal_of(read.error().code), read.error().message);
    }
    if (config.compacted && without_key && !header.is_control()) {
      AppendError refused{Refusal::invalid_record, "Compacted topic cannot accept message without key."};
      refused.record = without_key;
      return std::unexpected(std::move(refused));
    }
    if (header.is_control()) return refuse(Refusal::invalid_record, "clients must not write control batches");
    if (header.is_transactional() && !header.has_producer()) {
      return refuse(Refusal::invalid_record, "a transactional batch without a producer");
    }
    if (auto checked = check_timestamps(header, config, now_ms); !checked) {
      return std::unexpected(std::move(checked.error()));
    }
  }
  return *batch;
}

std::optional<AppendError> refusal(const ProducerState::Verdict& verdict, const kafka::BatchHeader& header) {
  if (const auto* stale = std::get_if<ProducerState::StaleEpoch>(&verdict)) {
    return AppendError{Refusal::invalid_producer_epoch,
                       fmt::format("producer {} writes with epoch {}, but {} is current", header.producer_id,
                                   header.producer_epoch, stale->current)};
  }
  if (const auto* order = std::get_if<ProducerState::OutOfOrder>(&verdict)) {
    return AppendError{Refusal::out_of_order_sequence,
                       fmt::format("producer {} sent sequence {} where {} comes next", header.producer_id,
                                   header.base_sequence, order->expected)};
  }
  return std::nullopt;
}

}  // namespace tickerlake::broker
