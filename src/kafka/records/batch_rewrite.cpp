#include "kafka/records/batch_rewrite.h"

#include <algorithm>

#include "base/digest.h"
#include "base/panic.h"
#include "kafka/records/compression.h"
#include "kafka/wire/reader.h"
#include "kafka/wire/writer.h"

namespace tickerlake::kafka {
namespace {

constexpr std::size_t crc_at = 17, attributes_at = 21, base_timestamp_at = 27, max_timestamp_at = 35,
                      record_count_at = 57;
constexpr std::int16_t codec_bits = 0x07, horizon_bit = 0x40;

// These wrap instead of overflowing: times and deltas are a peer's.
std::int64_t sum(std::int64_t a, std::int64_t b) {
  return static_cast<std::int64_t>(static_cast<std::uint64_t>(a) + static_cast<std::uint64_t>(b));
}
std::int64_t difference(std::int64_t a, std::int64_t b) {
  return static_cast<std::int64_t>(static_cast<std::uint64_t>(a) - static_cast<std::uint64_t>(b));
}

std::unexpected<Error> malformed() { return fail(ErrorCode::corrupt, "a record in a batch is malformed"); }

Result<RawRecord> take_record(const BatchHeader& header, ByteView& rest) {
  Reader outer(rest, 0, false);
  const std::int64_t size = outer.varint();
  if (size < 0) return malformed();
  Reader reader(outer.take(static_cast<std::uint64_t>(size)), 0, false);
  if (outer.failed()) return malformed();
  RawRecord record;
  record.bytes = rest.first(rest.size() - outer.rest().size());
  reader.take(1);  // attributes: none are defined
  const std::int64_t timestamp_delta = reader.varint();
  const std::int64_t offset_delta = reader.varint();
  if (offset_delta < 0 || offset_delta > header.last_offset_delta) return malformed();
  record.offset_delta = static_cast<std::int32_t>(offset_delta);
  record.offset = header.base_offset + offset_delta;
  record.timestamp = header.is_log_append_time() ? header.max_timestamp : sum(header.base_timestamp, timestamp_delta);
  record.tail = reader.rest();
  if (const std::int64_t key_size = reader.varint(); key_size >= 0) {
    record.key = reader.take(static_cast<std::uint64_t>(key_size));
  }
  record.has_value = reader.varint() >= 0;
  if (reader.failed()) return malformed();
  rest = outer.rest();
  return record;
}

/// A record of a batch that gets another base timestamp.
void write_rebased(Writer& out, const RawRecord& record, TimestampMs base_timestamp) {
  Writer head(0, false);
  head.integer(std::int8_t{0});
  head.varint(difference(record.timestamp, base_timestamp));
  head.varint(record.offset_delta);
  const Buffer bytes = head.finish().bytes;
  out.varint(static_cast<std::int64_t>(bytes.size() + record.tail.size()));
  out.raw(bytes);
  out.raw(record.tail);
}

void seal(Buffer& batch, std::int16_t attributes) {
  store_big_endian(&batch[8], static_cast<std::int32_t>(batch.size() - batch_length_prefix));
  store_big_endian(&batch[attributes_at], attributes);
  store_big_endian(&batch[crc_at], crc32c(ByteView(batch).subspan(attributes_at)));
}

}  // namespace

Result<RawRecords> RawRecords::read(const Batch& batch, std::size_t max_size) {
  RawRecords records;
  ByteView rest = batch.payload();
  if (batch.header.codec() != Codec::none) {
    TRY(records.decompressed_, decompress(batch.header.codec(), rest, max_size));
    rest = records.decompressed_;
  }
  for (std::int32_t i = 0; i < batch.header.record_count; ++i) {
    TRY(const RawRecord record, take_record(batch.header, rest));
    records.records_.push_back(record);
  }
  if (!rest.empty()) return fail(ErrorCode::corrupt, "bytes are left behind a batch's last record");
  return records;
}

Result<Buffer> keep_records(const Batch& batch, std::span<const RawRecord> kept,
                            std::optional<TimestampMs> new_horizon) {
  ensure(!kept.empty(), "a batch that is kept has records");
  const BatchHeader& header = batch.header;
  Writer records(0, false);
  TimestampMs youngest = kept.front().timestamp;
  for (const RawRecord& record : kept) {
    youngest = std::max(youngest, record.timestamp);
    if (new_horizon) {
      write_rebased(records, record, *new_horizon);
    } else {
      records.raw(record.bytes);
    }
  }
  Buffer payload = records.finish().bytes;
  if (header.codec() != Codec::none) {
    TRY(payload, compress(header.codec(), payload));
  }
  Buffer result(batch.bytes.begin(), batch.bytes.begin() + batch_header_size);
  result.insert(result.end(), payload.begin(), payload.end());
  if (new_horizon) store_big_endian(&result[base_timestamp_at], *new_horizon);
  store_big_endian(&result[max_timestamp_at], youngest);
  store_big_endian(&result[record_count_at], static_cast<std::int32_t>(kept.size()));
  seal(result, static_cast<std::int16_t>(header.attributes | (new_horizon ? horizon_bit : 0)));
  return result;
}

Result<Buffer> recompress(const Batch& batch, Codec codec, std::optional<int> level, std::size_t max_size) {
  Buffer decompressed;
  ByteView payload = batch.payload();
  if (batch.header.codec() != Codec::none) {
    TRY(decompressed, decompress(batch.header.codec(), payload, max_size));
    payload = decompressed;
  }
  Buffer compressed;
  if (codec != Codec::none) {
    TRY(compressed, compress(codec, payload, level));
    payload = compressed;
  }
  Buffer result(batch.bytes.begin(), batch.bytes.begin() + batch_header_size);
  result.insert(result.end(), payload.begin(), payload.end());
  seal(result, static_cast<std::int16_t>((batch.header.attributes & ~codec_bits) | static_cast<std::int16_t>(codec)));
  return result;
}

Buffer empty_batch(const BatchHeader& header) {
  Buffer result(batch_header_size);
  store_big_endian(&result[0], header.base_offset);
  store_big_endian(&result[12], header.leader_epoch);
  result[16] = std::byte{2};
  store_big_endian(&result[23], header.last_offset_delta);
  store_big_endian(&result[base_timestamp_at], TimestampMs{-1});
  store_big_endian(&result[max_timestamp_at], header.max_timestamp);
  store_big_endian(&result[43], header.producer_id);
  store_big_endian(&result[51], header.producer_epoch);
  store_big_endian(&result[53], header.base_sequence);
  seal(result, static_cast<std::int16_t>(header.attributes & ~(codec_bits | horizon_bit)));
  return result;
}

}  // namespace tickerlake::kafka
