#pragma once
// The records inside a batch: reading them one by one, and building a batch.
#include <optional>
#include <string_view>
#include <utility>
#include <vector>

#include "kafka/records/batch.h"

namespace tickerlake::kafka {

/// How long a batch's records may be once decompressed, unless the caller says otherwise.
inline constexpr std::size_t max_decompressed_batch = 128u << 20;

struct RecordHeader {
  std::string_view key;
  std::optional<ByteView> value;
};

/// One record. The views point into the RecordReader's batch (or its decompressed copy).
struct Record {
  std::int64_t offset = 0;
  TimestampMs timestamp = 0;
  std::optional<ByteView> key;
  std::optional<ByteView> value;
  std::vector<RecordHeader> headers;
};

/// Iterates over a batch's records. The batch's bytes must outlive it.
class RecordReader {
 public:
  static Result<RecordReader> open(const Batch& batch, std::size_t max_size = max_decompressed_batch);

  /// False behind the last record. ErrorCode::corrupt for malformed records, or bytes behind the last one.
  Result<bool> next(Record& record);

 private:
  RecordReader(const BatchHeader& header, Buffer decompressed, ByteView rest)
      : header_(header), decompressed_(std::move(decompressed)), rest_(rest) {}
  BatchHeader header_;
  Buffer decompressed_;  // moving a vector keeps its bytes where they are, so rest_ stays valid
  ByteView rest_;
  std::int32_t read_ = 0;
};

/// Collects records into one batch. Offsets follow each other from base_offset on.
class BatchBuilder {
 public:
  struct Options {
    Codec codec = Codec::none;
    std::int64_t base_offset = 0;
    std::int32_t leader_epoch = -1;
    std::int64_t producer_id = -1;
    std::int16_t producer_epoch = -1;
    std::int32_t base_sequence = -1;
    bool is_control = false;
    bool is_transactional = false;
  };
  BatchBuilder() : BatchBuilder(Options{}) {}
  explicit BatchBuilder(Options options) : options_(options) {}

  void add(TimestampMs timestamp, std::optional<ByteView> key, std::optional<ByteView> value,
           std::span<const RecordHeader> headers = {});
  std::int32_t count() const { return count_; }
  /// Of the records so far, before compression.
  std::size_t size() const { return records_.size(); }
  /// The batch, its CRC computed. There must be a record; the builder must not be used afterwards.
  Result<Buffer> finish();

 private:
  const Options options_;
  Buffer records_;
  std::int32_t count_ = 0;
  TimestampMs base_timestamp_ = 0;
  TimestampMs max_timestamp_ = 0;
};

}  // namespace tickerlake::kafka
