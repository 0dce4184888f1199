#include "kafka/records/record_check.h"

#include <gtest/gtest.h>

#include <random>

#include "kafka/records/compression.h"
#include "kafka/records/records.h"

namespace tickerlake::kafka {
namespace {

class CheckRecords : public ::testing::TestWithParam<Codec> {
 protected:
  static Buffer batch(int records, std::size_t value_size, Codec codec) {
    BatchBuilder builder({.codec = codec});
    const std::string value(value_size, 'v'), key = "key";
    const RecordHeader headers[] = {{"name", as_bytes(key)}, {"null", std::nullopt}};
    for (int i = 0; i < records; ++i)
      builder.add(1000 + i, i % 2 ? as_bytes(key) : std::optional<ByteView>{}, as_bytes(value), headers);
    return *builder.finish();
  }
  static Result<void> check(const Buffer& bytes, std::size_t max_size = 1 << 30) {
    ByteView rest = bytes;
    return check_records(*take_batch(rest), max_size);
  }
};

INSTANTIATE_TEST_SUITE_P(Codecs, CheckRecords,
                         ::testing::Values(Codec::none, Codec::gzip, Codec::snappy, Codec::lz4, Codec::zstd));

TEST_P(CheckRecords, accepts_what_the_builder_makes_across_the_edges_of_its_window) {
  for (const int records : {1, 2, 1000}) {
    for (const std::size_t size : {0u, 1u, 63u, 65'530u}) {
      if (records * size > 4'000'000) continue;
      const auto checked = check(batch(records, size, GetParam()));
      EXPECT_TRUE(checked) << records << " of " << size << ": " << checked.error().message;
    }
  }
}

TEST_P(CheckRecords, refuses_another_count_of_records) {
  Buffer bytes = batch(10, 100, GetParam());
  for (const int count : {1, 9, 11, 1'000'000}) {
    store_big_endian(&bytes[57], count);
    EXPECT_EQ(check(bytes).error().code, ErrorCode::invalid_argument) << count;
  }
}

TEST_P(CheckRecords, names_the_records_without_a_key) {
  const Buffer bytes = batch(7, 100, GetParam());
  ByteView rest = bytes;
  EXPECT_EQ(records_without_key(*take_batch(rest), 1 << 30).value(), (std::vector<std::int32_t>{0, 2, 4, 6}));
}

TEST_P(CheckRecords, stops_at_the_bound_of_what_may_come_out) {
  if (GetParam() == Codec::none) return;  // as long as it is
  const Buffer bytes = batch(10, 100'000, GetParam());
  EXPECT_EQ(check(bytes, 500'000).error().code, ErrorCode::exhausted);
  EXPECT_TRUE(check(bytes, 1'100'000));
}

TEST_P(CheckRecords, agrees_with_the_reader_on_damaged_records) {
  const unsigned seed = std::random_device{}();
  SCOPED_TRACE("seed " + std::to_string(seed));
  std::mt19937 random(seed);
  const Buffer whole = batch(5, 40, Codec::none);
  for (int round = 0; round < 2'000; ++round) {
    Buffer plain(whole.begin() + batch_header_size, whole.end());
    for (unsigned i = 0; i < 1 + random() % 3; ++i) plain[random() % plain.size()] = static_cast<std::byte>(random());
    const Buffer payload = GetParam() == Codec::none ? plain : *compress(GetParam(), plain);
    Buffer bytes(whole.begin(), whole.begin() + batch_header_size);
    bytes.insert(bytes.end(), payload.begin(), payload.end());
    store_big_endian(&bytes[8], static_cast<std::int32_t>(bytes.size() - batch_length_prefix));
    store_big_endian(&bytes[21], static_cast<std::int16_t>(GetParam()));
    const bool good = check(bytes).has_value();
    // What passes, a reader can read to its end.
    if (!good) continue;
    ByteView rest = bytes;
    auto reader = RecordReader::open(*take_batch(rest));
    ASSERT_TRUE(reader);
    Record record;
    Result<bool> more = true;
    std::int64_t offset = 0;
    while ((more = reader->next(record)) && *more) EXPECT_EQ(record.offset, offset++);
    EXPECT_TRUE(more) << more.error().message;
  }
}

}  // namespace
}  // namespace tickerlake::kafka
