#include "kafka/records/batch_writer.h"

#include <algorithm>
#include <bit>

#include "base/digest.h"
#include "base/panic.h"
#include "kafka/records/compression.h"

namespace tickerlake::kafka {
namespace {

constexpr std::size_t crc_at = 17, attributes_at = 21;

constexpr std::uint64_t zigzag(std::int64_t value) {
  return (static_cast<std::uint64_t>(value) << 1) ^ static_cast<std::uint64_t>(value >> 63);
}

constexpr std::size_t varint_size(std::int64_t value) {
  return static_cast<std::size_t>(std::bit_width(zigzag(value) | 1) + 6) / 7;
}

std::byte* put_varint(std::byte* to, std::int64_t value) {
  std::uint64_t rest = zigzag(value);
  for (; rest >= 0x80; rest >>= 7) *to++ = static_cast<std::byte>(rest | 0x80);
  *to++ = static_cast<std::byte>(rest);
  return to;
}

std::byte* put_text(std::byte* to, std::string_view text) {
  to = put_varint(to, static_cast<std::int64_t>(text.size()));
  if (!text.empty()) std::memcpy(to, text.data(), text.size());
  return to + text.size();
}

std::size_t text_size(std::string_view text) {
  return varint_size(static_cast<std::int64_t>(text.size())) + text.size();
}

}  // namespace

bool BatchWriter::add(const Record& record) {
  if (count_ == 0) base_timestamp_ = max_timestamp_ = record.timestamp;
  const std::int64_t timestamp_delta = record.timestamp - base_timestamp_;
  std::size_t size = 1 + varint_size(timestamp_delta) + varint_size(count_) +
                     (record.key ? text_size(*record.key) : 1) + (record.value ? text_size(*record.value) : 1) +
                     varint_size(static_cast<std::int64_t>(record.headers.size()));
  for (const Field& header : record.headers) size += text_size(header.name) + text_size(header.value);
  const std::size_t whole = varint_size(static_cast<std::int64_t>(size)) + size;
  if (count_ > 0 && used_ + whole > room_) return false;
  reserve(used_ + whole);

  std::byte* to = bytes_.get() + used_;
  to = put_varint(to, static_cast<std::int64_t>(size));
  *to++ = std::byte{0};  // attributes: none are defined
  to = put_varint(to, timestamp_delta);
  to = put_varint(to, count_);
  to = record.key ? put_text(to, *record.key) : put_varint(to, -1);
  to = record.value ? put_text(to, *record.value) : put_varint(to, -1);
  to = put_varint(to, static_cast<std::int64_t>(record.headers.size()));
  for (const Field& header : record.headers) to = put_text(put_text(to, header.name), header.value);
  used_ += whole;
  max_timestamp_ = std::max(max_timestamp_, record.timestamp);
  ++count_;
  return true;
}

Result<ByteView> BatchWriter::finish(Codec codec, const Producer& producer) {
  ensure(count_ > 0, "a record batch has at least one record");
  MutableBytes batch(bytes_.get(), used_);
  if (codec != Codec::none) {
    TRY(compressed_, compress(codec, ByteView(batch).subspan(batch_header_size)));
    compressed_.insert(compressed_.begin(), batch_header_size, std::byte{0});
    batch = compressed_;
  }
  std::byte* at = batch.data();
  store_big_endian<std::int64_t>(at, 0);
  store_big_endian(at + 8, static_cast<std::int32_t>(batch.size() - batch_length_prefix));
  store_big_endian<std::int32_t>(at + 12, -1);  // the leader's epoch: not known
  at[16] = std::byte{2};
  store_big_endian(at + attributes_at, static_cast<std::int16_t>(codec));
  store_big_endian(at + 23, count_ - 1);
  store_big_endian(at + 27, base_timestamp_);
  store_big_endian(at + 35, max_timestamp_);
  store_big_endian(at + 43, producer.id);
  store_big_endian(at + 51, producer.epoch);
  store_big_endian(at + 53, producer.base_sequence);
  store_big_endian(at + 57, count_);
  store_big_endian(at + crc_at, crc32c(ByteView(batch).subspan(attributes_at)));
  return batch;
}

void BatchWriter::clear() {
  if (capacity_ > room_) {  // it held one large record
    bytes_.reset();
    capacity_ = 0;
  }
  compressed_ = {};
  used_ = batch_header_size;
  count_ = 0;
}

void BatchWriter::reserve(std::size_t size) {
  if (size <= capacity_) return;
  const std::size_t capacity = std::max(size, room_);
  auto larger = std::make_unique_for_overwrite<std::byte[]>(capacity);
  if (bytes_) std::memcpy(larger.get(), bytes_.get(), used_);
  bytes_ = std::move(larger);
  capacity_ = capacity;
}

}  // namespace tickerlake::kafka
