#include "kafka/records/batch.h"

#include <limits>
#include <string>

#include "base/digest.h"

namespace tickerlake::kafka {
namespace {

constexpr std::size_t leader_epoch_at = 12, magic_at = 16, crc_at = 17, attributes_at = 21, max_timestamp_at = 35;

// A record is at least a length, attributes, two deltas, two lengths and a header count: one byte each.
constexpr std::int64_t least_record_size = 7;

}  // namespace

std::int32_t BatchHeader::last_sequence() const {
  if (base_sequence < 0) return base_sequence;
  const std::int64_t last = std::int64_t{base_sequence} + last_offset_delta;
  return static_cast<std::int32_t>(last & std::numeric_limits<std::int32_t>::max());
}

Result<BatchHeader> parse_batch_header(ByteView bytes) {
  if (bytes.size() <= magic_at) return fail(ErrorCode::corrupt, "a record batch is cut off in its header");
  const auto magic = static_cast<std::int8_t>(bytes[magic_at]);
  if (magic == 0 || magic == 1) {
    return fail(ErrorCode::unsupported,
                "message format v" + std::to_string(magic) + " (before Kafka 0.11) is not supported");
  }
  if (magic != 2) return fail(ErrorCode::corrupt, "a record batch has magic " + std::to_string(magic));
  if (bytes.size() < batch_header_size) return fail(ErrorCode::corrupt, "a record batch is cut off in its header");
  const std::byte* at = bytes.data();
  BatchHeader header;
  header.base_offset = load_big_endian<std::int64_t>(at);
  header.length = load_big_endian<std::int32_t>(at + 8);
  header.leader_epoch = load_big_endian<std::int32_t>(at + leader_epoch_at);
  header.magic = magic;
  header.crc = load_big_endian<std::uint32_t>(at + crc_at);
  header.attributes = load_big_endian<std::int16_t>(at + attributes_at);
  header.last_offset_delta = load_big_endian<std::int32_t>(at + 23);
  header.base_timestamp = load_big_endian<std::int64_t>(at + 27);
  header.max_timestamp = load_big_endian<std::int64_t>(at + max_timestamp_at);
  header.producer_id = load_big_endian<std::int64_t>(at + 43);
  header.producer_epoch = load_big_endian<std::int16_t>(at + 51);
  header.base_sequence = load_big_endian<std::int32_t>(at + 53);
  header.record_count = load_big_endian<std::int32_t>(at + 57);
  if (header.size() < static_cast<std::int64_t>(batch_header_size)) {
    return fail(ErrorCode::corrupt, "a record batch of " + std::to_string(header.length) + " bytes");
  }
  return header;
}

Result<Batch> take_batch(ByteView& rest) {
  TRY(const BatchHeader header, parse_batch_header(rest));
  if (header.size() > static_cast<std::int64_t>(rest.size())) {
    return fail(ErrorCode::corrupt, "a record batch of " + std::to_string(header.size()) + " bytes where " +
                                        std::to_string(rest.size()) + " are left");
  }
  const auto size = static_cast<std::size_t>(header.size());
  const Batch batch{header, rest.first(size)};
  rest = rest.subspan(size);
  return batch;
}

bool crc_matches(const Batch& batch) { return crc32c(batch.bytes.subspan(attributes_at)) == batch.header.crc; }

Result<void> check_batch(const Batch& batch) {
  const BatchHeader& header = batch.header;
  if (!crc_matches(batch)) return fail(ErrorCode::corrupt, "a record batch's CRC does not match");
  if (header.codec_number() > 4) {
    return fail(ErrorCode::invalid_argument, "unknown compression codec " + std::to_string(header.codec_number()));
  }
  if (header.record_count <= 0) return fail(ErrorCode::invalid_argument, "a record batch without records");
  if (header.last_offset_delta != header.record_count - 1) {
    return fail(ErrorCode::invalid_argument, "a record batch's last offset delta and record count disagree");
  }
  if (header.codec() == Codec::none &&
      std::int64_t{header.record_count} * least_record_size > static_cast<std::int64_t>(batch.payload().size())) {
    return fail(ErrorCode::invalid_argument, "a record batch is too short for its record count");
  }
  if (header.has_producer() && (header.producer_epoch < 0 || (header.base_sequence < 0 && !header.is_control()))) {
    return fail(ErrorCode::invalid_argument, "a record batch with a producer id but no epoch or sequence");
  }
  return {};
}

void patch_base_offset(MutableBytes batch, std::int64_t base_offset) { store_big_endian(batch.data(), base_offset); }

void patch_leader_epoch(MutableBytes batch, std::int32_t leader_epoch) {
  store_big_endian(batch.data() + leader_epoch_at, leader_epoch);
}

void set_log_append_time(MutableBytes batch, TimestampMs time) {
  const auto attributes = load_big_endian<std::int16_t>(batch.data() + attributes_at);
  store_big_endian(batch.data() + attributes_at, static_cast<std::int16_t>(attributes | 0x08));
  store_big_endian(batch.data() + max_timestamp_at, time);
  store_big_endian(batch.data() + crc_at, crc32c(batch.subspan(attributes_at)));
}

}  // namespace tickerlake::kafka
