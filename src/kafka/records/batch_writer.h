#pragma once
// A batch built where it will be sent from: no memory is taken for a record, and the CRC is computed once.
#include <memory>
#include <optional>
#include <span>
#include <string_view>

#include "kafka/records/batch.h"

namespace tickerlake::kafka {

/// Not thread-safe. clear() makes it as new and keeps its memory.
class BatchWriter {
 public:
  struct Field {
    std::string_view name;
    std::string_view value;
  };
  struct Record {
    TimestampMs timestamp = 0;
    std::optional<std::string_view> key;
    std::optional<std::string_view> value;
    std::span<const Field> headers;
  };
  struct Producer {
    std::int64_t id = -1;
    std::int16_t epoch = -1;
    std::int32_t base_sequence = -1;
  };

  /// room: bytes of the batch before compression; a single record that is larger still fits, alone.
  explicit BatchWriter(std::size_t room) : room_(room) {}

  /// False when the batch is full without it. The first record always fits.
  bool add(const Record& record);
  std::int32_t count() const { return count_; }
  std::size_t size() const { return used_; }

  /// Writes the header. The bytes stay until clear(). There must be a record.
  Result<ByteView> finish(Codec codec, const Producer& producer);
  void clear();

 private:
  void reserve(std::size_t size);

  const std::size_t room_;
  std::unique_ptr<std::byte[]> bytes_;
  std::size_t capacity_ = 0;
  std::size_t used_ = batch_header_size;
  std::int32_t count_ = 0;
  TimestampMs base_timestamp_ = 0;
  TimestampMs max_timestamp_ = 0;
  Buffer compressed_;
};

}  // namespace tickerlake::kafka
