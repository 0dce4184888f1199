#pragma once
// Record batches v2 (KIP-98), as they travel and as they lie in the log. All integers big-endian.
//
//   at  0 base offset i64 │ 8 length i32 (of what follows) │ 12 leader epoch i32 │ 16 magic i8 = 2 │ 17 CRC-32C u32 of
//   21…end at 21 attributes i16 │ 23 last offset delta i32 │ 27 base timestamp i64 │ 35 max timestamp i64 │ 43 producer
//   id i64 at 51 producer epoch i16 │ 53 base sequence i32 │ 57 record count i32 │ 61 records, compressed as one piece
//
// The CRC leaves out base offset and leader epoch, so a broker patches them without computing it again.
#include <cstdint>
#include <optional>

#include "base/bytes.h"
#include "base/result.h"
#include "base/time.h"

namespace tickerlake::kafka {

enum class Codec : std::int8_t { none = 0, gzip = 1, snappy = 2, lz4 = 3, zstd = 4 };

inline constexpr std::size_t batch_header_size = 61;
inline constexpr std::size_t batch_length_prefix = 12;  // base offset and length: what the length does not count

/// The header's fields. Offsets are absolute; last_offset() = base_offset + last_offset_delta.
struct BatchHeader {
  std::int64_t base_offset = 0;
  std::int32_t length = 0;
  std::int32_t leader_epoch = -1;
  std::int8_t magic = 2;
  std::uint32_t crc = 0;
  std::int16_t attributes = 0;
  std::int32_t last_offset_delta = 0;
  TimestampMs base_timestamp = 0;
  TimestampMs max_timestamp = 0;
  std::int64_t producer_id = -1;
  std::int16_t producer_epoch = -1;
  std::int32_t base_sequence = -1;
  std::int32_t record_count = 0;

  std::int64_t size() const { return static_cast<std::int64_t>(batch_length_prefix) + length; }  // in bytes, all of it
  std::int64_t last_offset() const { return base_offset + last_offset_delta; }
  /// The last record's sequence; wraps from the largest i32 to 0.
  std::int32_t last_sequence() const;
  std::int8_t codec_number() const { return static_cast<std::int8_t>(attributes & 0x07); }
  Codec codec() const { return static_cast<Codec>(codec_number()); }
  bool is_log_append_time() const { return (attributes & 0x08) != 0; }
  bool is_transactional() const { return (attributes & 0x10) != 0; }
  bool is_control() const { return (attributes & 0x20) != 0; }
  bool has_producer() const { return producer_id >= 0; }
};

/// Reads a header from at least batch_header_size bytes, checking only what makes it safe to step to the next batch:
/// ErrorCode::unsupported for magic 0 or 1 (message sets of before Kafka 0.11), ErrorCode::corrupt for a length that
/// can't be, or fewer bytes than a header.
Result<BatchHeader> parse_batch_header(ByteView bytes);

/// A batch and its bytes (header included).
struct Batch {
  BatchHeader header;
  ByteView bytes;
  ByteView payload() const { return bytes.subspan(batch_header_size); }
};

/// Takes the first batch off rest. ErrorCode::corrupt when it is cut off; the CRC is not looked at.
Result<Batch> take_batch(ByteView& rest);

/// The CRC, a known codec, and counts and deltas that agree: what a broker checks before it appends a producer's batch.
/// ErrorCode::corrupt (CORRUPT_MESSAGE), or invalid_argument (INVALID_RECORD) where the CRC is right and content wrong.
Result<void> check_batch(const Batch& batch);
/// Only the CRC: what recovery checks.
bool crc_matches(const Batch& batch);

/// Change a batch in place. The first two leave the CRC valid; set_log_append_time computes it again.
void patch_base_offset(MutableBytes batch, std::int64_t base_offset);
void patch_leader_epoch(MutableBytes batch, std::int32_t leader_epoch);
void set_log_append_time(MutableBytes batch, TimestampMs time);

}  // namespace tickerlake::kafka
