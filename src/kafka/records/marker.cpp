#include "kafka/records/marker.h"

#include <array>

#include "base/panic.h"
#include "kafka/records/records.h"

namespace tickerlake::kafka {

Buffer make_marker(Marker marker, std::int64_t producer_id, std::int16_t producer_epoch, TimestampMs now_ms) {
  std::array<std::byte, 4> key{};
  store_big_endian(key.data() + 2, static_cast<std::int16_t>(marker));
  const std::array<std::byte, 6> value{};  // version 0; one node's coordinator stays in its epoch, 0
  BatchBuilder builder(
      {.producer_id = producer_id, .producer_epoch = producer_epoch, .is_control = true, .is_transactional = true});
  builder.add(now_ms, key, value);
  auto batch = builder.finish();
  ensure(batch.has_value(), "a batch without compression can be built");
  return *std::move(batch);
}

std::optional<Marker> marker_of(const Batch& batch) {
  if (!batch.header.is_control() || batch.header.codec() != Codec::none) return std::nullopt;
  auto reader = RecordReader::open(batch);
  if (!reader) return std::nullopt;
  Record record;
  const auto more = reader->next(record);
  if (!more || !*more || !record.key || record.key->size() < 4) return std::nullopt;
  const auto type = load_big_endian<std::int16_t>(record.key->data() + 2);
  if (type != static_cast<std::int16_t>(Marker::abort) && type != static_cast<std::int16_t>(Marker::commit)) {
    return std::nullopt;
  }
  return static_cast<Marker>(type);
}

}  // namespace tickerlake::kafka
