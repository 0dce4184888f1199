#include "kafka/records/records.h"

#include "base/digest.h"
#include "base/panic.h"
#include "kafka/records/compression.h"
#include "kafka/wire/reader.h"
#include "kafka/wire/writer.h"

namespace tickerlake::kafka {
namespace {

std::optional<ByteView> read_sized(Reader& reader) {
  const std::int64_t size = reader.varint();
  if (size < 0) return std::nullopt;
  return reader.take(static_cast<std::uint64_t>(size));
}

void write_sized(Writer& writer, const std::optional<ByteView>& bytes) {
  writer.varint(bytes ? static_cast<std::int64_t>(bytes->size()) : -1);
  if (bytes) writer.raw(*bytes);
}

// These wrap instead of overflowing: times and deltas are a peer's.
std::int64_t sum(std::int64_t a, std::int64_t b) {
  return static_cast<std::int64_t>(static_cast<std::uint64_t>(a) + static_cast<std::uint64_t>(b));
}
std::int64_t difference(std::int64_t a, std::int64_t b) {
  return static_cast<std::int64_t>(static_cast<std::uint64_t>(a) - static_cast<std::uint64_t>(b));
}

std::unexpected<Error> malformed() { return fail(ErrorCode::corrupt, "a record in a batch is malformed"); }

}  // namespace

Result<RecordReader> RecordReader::open(const Batch& batch, std::size_t max_size) {
  if (batch.header.codec_number() == 0) return RecordReader(batch.header, {}, batch.payload());
  TRY(Buffer decompressed, decompress(batch.header.codec(), batch.payload(), max_size));
  const ByteView rest = decompressed;
  return RecordReader(batch.header, std::move(decompressed), rest);
}

Result<bool> RecordReader::next(Record& record) {
  if (read_ >= header_.record_count) {
    if (!rest_.empty()) return fail(ErrorCode::corrupt, "bytes are left behind a batch's last record");
    return false;
  }
  Reader outer(rest_, 0, false);
  const std::int64_t size = outer.varint();
  if (size < 0) return malformed();
  Reader reader(outer.take(static_cast<std::uint64_t>(size)), 0, false);
  if (outer.failed()) return malformed();
  reader.take(1);  // attributes: none are defined
  const std::int64_t timestamp_delta = reader.varint();
  const std::int64_t offset_delta = reader.varint();
  record.timestamp =
      header_.is_log_append_time() ? header_.max_timestamp : sum(header_.base_timestamp, timestamp_delta);
  record.offset = sum(header_.base_offset, offset_delta);
  record.key = read_sized(reader);
  record.value = read_sized(reader);
  record.headers.clear();
  const std::int64_t headers = reader.varint();
  if (headers < 0) return malformed();
  for (std::int64_t i = 0; i < headers && !reader.failed(); ++i) {
    const auto key = read_sized(reader);
    if (!key) return malformed();
    record.headers.push_back({as_text(*key), read_sized(reader)});
  }
  if (!reader.finish()) return malformed();
  rest_ = outer.rest();
  ++read_;
  return true;
}

void BatchBuilder::add(TimestampMs timestamp, std::optional<ByteView> key, std::optional<ByteView> value,
                       std::span<const RecordHeader> headers) {
  if (count_ == 0) base_timestamp_ = max_timestamp_ = timestamp;
  max_timestamp_ = std::max(max_timestamp_, timestamp);
  Writer writer(0, false);
  writer.integer(std::int8_t{0});
  writer.varint(difference(timestamp, base_timestamp_));
  writer.varint(count_++);
  write_sized(writer, key);
  write_sized(writer, value);
  writer.varint(static_cast<std::int64_t>(headers.size()));
  for (const RecordHeader& header : headers) {
    write_sized(writer, as_bytes(header.key));
    write_sized(writer, header.value);
  }
  const Frame body = writer.finish();
  Writer prefix(0, false);
  prefix.varint(static_cast<std::int64_t>(body.bytes.size()));
  const Frame size = prefix.finish();
  records_.insert(records_.end(), size.bytes.begin(), size.bytes.end());
  records_.insert(records_.end(), body.bytes.begin(), body.bytes.end());
}

Result<Buffer> BatchBuilder::finish() {
  ensure(count_ > 0, "a record batch has at least one record");
  Buffer compressed;
  if (options_.codec != Codec::none) {
    TRY(compressed, compress(options_.codec, records_));
  }
  const Buffer& payload = options_.codec == Codec::none ? records_ : compressed;
  auto attributes = static_cast<std::int16_t>(options_.codec);
  if (options_.is_transactional) attributes |= 0x10;
  if (options_.is_control) attributes |= 0x20;
  Writer writer(0, false);
  writer.integer(options_.base_offset);
  writer.integer(static_cast<std::int32_t>(batch_header_size - batch_length_prefix + payload.size()));
  writer.integer(options_.leader_epoch);
  writer.integer(std::int8_t{2});
  writer.integer(std::uint32_t{0});
  writer.integer(attributes);
  writer.integer(count_ - 1);
  writer.integer(base_timestamp_);
  writer.integer(max_timestamp_);
  writer.integer(options_.producer_id);
  writer.integer(options_.producer_epoch);
  writer.integer(options_.base_sequence);
  writer.integer(count_);
  writer.raw(payload);
  Buffer batch = writer.finish().bytes;
  constexpr std::size_t crc_at = 17, attributes_at = 21;
  store_big_endian(&batch[crc_at], crc32c(ByteView(batch).subspan(attributes_at)));
  return batch;
}

}  // namespace tickerlake::kafka
