#pragma once
// Rewriting a batch with some of its records (compaction) or in another codec, as Kafka's brokers do: offsets,
// sequences, timestamps and headers of what stays are as they were.
#include <optional>
#include <span>
#include <vector>

#include "kafka/records/batch.h"

namespace tickerlake::kafka {

/// Bit 6 of a batch's attributes: its base timestamp is the time at which its tombstones, or its transaction's marker,
/// may go (KIP-534). Records' timestamps are relative to it all the same.
constexpr std::optional<TimestampMs> delete_horizon(const BatchHeader& header) {
  return (header.attributes & 0x40) != 0 ? std::optional(header.base_timestamp) : std::nullopt;
}

/// A record as it lies in its batch.
struct RawRecord {
  std::int64_t offset = 0;
  TimestampMs timestamp = 0;
  std::int32_t offset_delta = 0;
  std::optional<ByteView> key;
  bool has_value = false;
  ByteView bytes;  // all of it, from its length on
  ByteView tail;   // what follows its offset delta: key, value, headers
};

/// A batch's records, decompressed once. The batch's bytes must outlive it, and it the records.
class RawRecords {
 public:
  /// ErrorCode::corrupt when a record is malformed; exhausted when they decompress to more than max_size.
  static Result<RawRecords> read(const Batch& batch, std::size_t max_size);
  std::span<const RawRecord> all() const { return records_; }

 private:
  Buffer decompressed_;  // moving a vector keeps its bytes where they are, so the records stay valid
  std::vector<RawRecord> records_;
};

/// The batch with those of its records, which are in their order and at least one: first and last offset, sequence and
/// codec stay. new_horizon: becomes its delete horizon.
Result<Buffer> keep_records(const Batch& batch, std::span<const RawRecord> kept,
                            std::optional<TimestampMs> new_horizon);

/// The batch with its records in another codec. ErrorCode::exhausted when they decompress to more than max_size.
Result<Buffer> recompress(const Batch& batch, Codec codec, std::optional<int> level, std::size_t max_size);

/// The batch without any record, as a sign of what its producer has written and of where the log goes on.
Buffer empty_batch(const BatchHeader& header);

}  // namespace tickerlake::kafka
