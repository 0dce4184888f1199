#include "services/broker/groups/offset_log.h"

#include <algorithm>

namespace tickerlake::broker {
namespace {

constexpr std::size_t records_per_batch = 1000;  // of replace_all()

}  // namespace

Result<void> OffsetLog::read_all(const std::function<void(JournalEvent, Offset)>& visit) {
  return journal_.read_all([&](const kafka::Batch& batch) -> Result<void> {
    const Offset at(batch.header.base_offset);
    const ProducerId producer(batch.header.producer_id);
    if (const auto marker = kafka::marker_of(batch)) {
      visit(OffsetsDecision{producer, *marker}, at);
      return {};
    }
    if (batch.header.is_control()) return {};
    PendingOffsets pending{producer, batch.header.producer_epoch, {}};
    CHECK(for_each_keyed(batch, [&](const kafka::Record& record) {
      auto decoded = decode_coordinator_record(*record.key, record.value);
      if (!decoded) {
        log_.warning("{} at offset {}: {}", offsets_topic, record.offset, decoded.error().message);
      } else if (*decoded) {
        auto* offset = std::get_if<OffsetRecord>(&**decoded);
        if (batch.header.is_transactional() && offset != nullptr) {
          pending.offsets.push_back(std::move(*offset));
        } else if (offset != nullptr) {
          visit(std::move(*offset), Offset(record.offset));
        } else if (auto* group = std::get_if<GroupRecord>(&**decoded)) {
          visit(std::move(*group), Offset(record.offset));
        } else if (auto* consumers = std::get_if<ConsumerGroupRecord>(&**decoded)) {
          visit(std::move(*consumers), Offset(record.offset));
        } else {
          visit(std::get<ShareGroupRecord>(**std::move(decoded)), Offset(record.offset));
        }
      }
    }));
    if (!pending.offsets.empty()) visit(std::move(pending), at);
    return {};
  });
}

Result<Offset> OffsetLog::append(const std::vector<CoordinatorRecord>& records) {
  const TimestampMs now = clock_.now_ms();
  std::vector<KeyValue> encoded;
  encoded.reserve(records.size());
  for (const CoordinatorRecord& record : records) encoded.push_back(encode(record, now));
  return journal_.append(encoded);
}

Result<Offset> OffsetLog::append(const PendingOffsets& pending) {
  std::vector<KeyValue> encoded;
  encoded.reserve(pending.offsets.size());
  for (const OffsetRecord& record : pending.offsets) encoded.push_back(encode(record));
  return journal_.append(encoded, {.producer_id = pending.producer.value(),
                                   .producer_epoch = pending.epoch,
                                   .base_sequence = 0,
                                   .is_transactional = true});
}

Result<void> OffsetLog::replace_all(const std::vector<CoordinatorRecord>& state,
                                    const std::vector<PendingOffsets>& pending) {
  return journal_.replace_all([&]() -> Result<void> {
    for (std::size_t at = 0; at < state.size(); at += records_per_batch) {
      const auto first = state.begin() + static_cast<std::ptrdiff_t>(at);
      const auto last = state.begin() + static_cast<std::ptrdiff_t>(std::min(at + records_per_batch, state.size()));
      CHECK(append({first, last}));
    }
    for (const PendingOffsets& offsets : pending) {
      TRY(const auto partition, journal_.partition());
      partition->admit(offsets.producer, offsets.epoch);  // it is undecided; after a start nobody may have said so yet
      CHECK(append(offsets));
    }
    return {};
  });
}

}  // namespace tickerlake::broker
