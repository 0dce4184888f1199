#include "kafka/records/records.h"

#include <gtest/gtest.h>

#include "kafka/errors.h"
#include "kafka/records/compression.h"

namespace tickerlake::kafka {
namespace {

Buffer build(Codec codec, int count = 100) {
  BatchBuilder builder({.codec = codec, .base_offset = 1000});
  for (int i = 0; i < count; ++i) {
    const std::string value = "value number " + std::to_string(i) + std::string(100, 'x');
    const RecordHeader headers[] = {{"seq", as_bytes("1")}, {"none", std::nullopt}};
    builder.add(1'500'000 + i, i % 2 == 0 ? std::optional(as_bytes("key")) : std::nullopt, as_bytes(value), headers);
  }
  return *builder.finish();
}

Batch first_batch(ByteView bytes) { return *take_batch(bytes); }

class EachCodec : public testing::TestWithParam<Codec> {};
INSTANTIATE_TEST_SUITE_P(Codecs, EachCodec,
                         testing::Values(Codec::none, Codec::gzip, Codec::snappy, Codec::lz4, Codec::zstd));

TEST_P(EachCodec, a_built_batch_passes_the_check_and_gives_its_records_back) {
  const Buffer bytes = build(GetParam());
  const Batch batch = first_batch(bytes);
  ASSERT_TRUE(check_batch(batch));
  EXPECT_EQ(batch.header.last_offset(), 1099);
  EXPECT_EQ(batch.header.max_timestamp, 1'500'099);
  auto reader = RecordReader::open(batch);
  ASSERT_TRUE(reader);
  Record record;
  for (int i = 0; i < 100; ++i) {
    ASSERT_TRUE(reader->next(record).value());
    EXPECT_EQ(record.offset, 1000 + i);
    EXPECT_EQ(record.timestamp, 1'500'000 + i);
    EXPECT_EQ(record.key.has_value(), i % 2 == 0);
    EXPECT_TRUE(as_text(*record.value).starts_with("value number " + std::to_string(i)));
    ASSERT_EQ(record.headers.size(), 2u);
    EXPECT_EQ(record.headers[0].key, "seq");
    EXPECT_FALSE(record.headers[1].value);
  }
  EXPECT_FALSE(reader->next(record).value());
}

TEST_P(EachCodec, decompression_stops_at_its_bound) {
  const Buffer zeros(1 << 20);
  const Buffer packed = *compress(GetParam(), zeros);
  EXPECT_EQ(decompress(GetParam(), packed, zeros.size())->size(), zeros.size());
  EXPECT_EQ(decompress(GetParam(), packed, zeros.size() - 1).error().code, ErrorCode::exhausted);
  EXPECT_EQ(decompress(GetParam(), packed, 10).error().code, ErrorCode::exhausted);
}

TEST_P(EachCodec, data_that_is_cut_off_is_corrupt_and_never_a_crash) {
  const Buffer packed = *compress(GetParam(), as_bytes(std::string(1000, 'a') + "some more text"));
  for (std::size_t size = 0; size < packed.size(); ++size) {
    const auto result = decompress(GetParam(), ByteView(packed).first(size), 1 << 20);
    if (GetParam() == Codec::none || !result) continue;
    // Xerial blocks have no end mark: a cut between two is not seen here but by the record count.
    EXPECT_EQ(GetParam(), Codec::snappy) << size;
  }
}

TEST_P(EachCodec, a_batch_cut_off_at_any_byte_is_refused) {
  const Buffer bytes = build(GetParam(), 5);
  for (std::size_t size = 0; size < bytes.size(); ++size) {
    ByteView rest = ByteView(bytes).first(size);
    const auto batch = take_batch(rest);
    ASSERT_FALSE(batch) << size;
    EXPECT_EQ(batch.error().code, ErrorCode::corrupt);
  }
}

TEST_P(EachCodec, any_flipped_bit_behind_the_crc_is_found) {
  Buffer bytes = build(GetParam(), 3);
  for (std::size_t at = 17; at < bytes.size(); ++at) {
    bytes[at] ^= std::byte{4};
    EXPECT_EQ(check_batch(first_batch(bytes)).error().code, ErrorCode::corrupt) << at;
    bytes[at] ^= std::byte{4};
  }
}

TEST(RecordBatch, patching_offset_and_epoch_leaves_the_crc_valid) {
  Buffer bytes = build(Codec::none);
  patch_base_offset(bytes, 5'000'000'000);
  patch_leader_epoch(bytes, 7);
  const Batch batch = first_batch(bytes);
  EXPECT_TRUE(check_batch(batch));
  EXPECT_EQ(batch.header.base_offset, 5'000'000'000);
  EXPECT_EQ(batch.header.leader_epoch, 7);
}

TEST(RecordBatch, log_append_time_stands_in_for_the_producers_timestamps) {
  Buffer bytes = build(Codec::lz4);
  set_log_append_time(bytes, 42);
  const Batch batch = first_batch(bytes);
  ASSERT_TRUE(check_batch(batch));
  Record record;
  auto reader = RecordReader::open(batch);
  ASSERT_TRUE(reader->next(record).value());
  EXPECT_EQ(record.timestamp, 42);
}

TEST(RecordBatch, message_sets_of_old_formats_are_unsupported_and_unknown_ones_corrupt) {
  Buffer bytes = build(Codec::none);
  for (const int magic : {0, 1}) {
    bytes[16] = static_cast<std::byte>(magic);
    EXPECT_EQ(parse_batch_header(bytes).error().code, ErrorCode::unsupported);
  }
  bytes[16] = std::byte{3};
  EXPECT_EQ(parse_batch_header(bytes).error().code, ErrorCode::corrupt);
}

TEST(RecordBatch, a_sequence_wraps_behind_the_largest_integer) {
  BatchHeader header;
  header.base_sequence = std::numeric_limits<std::int32_t>::max() - 1;
  header.last_offset_delta = 3;
  EXPECT_EQ(header.last_sequence(), 1);
}

TEST(Snappy, a_raw_block_without_java_framing_is_read) {
  // librdkafka writes raw snappy: here 5 literal bytes.
  const unsigned char raw[] = {5, 4 << 2, 'h', 'e', 'l', 'l', 'o'};
  const auto text = decompress(Codec::snappy, std::as_bytes(std::span(raw)), 100);
  ASSERT_TRUE(text);
  EXPECT_EQ(as_text(*text), "hello");
}

TEST(Snappy, a_claim_of_gigabytes_in_a_few_bytes_costs_no_memory) {
  const unsigned char raw[] = {0xFF, 0xFF, 0xFF, 0xFF, 0x07, 0};
  EXPECT_FALSE(decompress(Codec::snappy, std::as_bytes(std::span(raw)), std::size_t{4} << 30));
}

}  // namespace
}  // namespace tickerlake::kafka
