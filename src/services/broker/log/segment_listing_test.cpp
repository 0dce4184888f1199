#include "services/broker/log/segment_listing.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "services/broker/log/log_testing.h"
#include "services/broker/log/partition_log.h"

namespace tickerlake::broker {
namespace {

using testing::make_batch;

class SegmentListingTest : public ::testing::Test {
 protected:
  /// A log with an index entry a batch, closed.
  void write(const io::Path& path, int batches) {
    TopicConfig config;
    config.index_interval_bytes = 1;
    auto log = PartitionLog::open(path, config, 0, Log());
    ensure(log.has_value(), "open");
    for (int i = 0; i < batches; ++i) {
      Buffer batch = make_batch({.records = 3, .timestamp_ms = 1'000 + i * 100});
      kafka::patch_base_offset(batch, (*log)->end().offset.value());
      const auto header = kafka::parse_batch_header(batch);
      const ByteView parts[] = {batch};
      ensure((*log)->append(parts, *header, config, 0).has_value(), "append");
    }
    ensure((*log)->prepare_checkpoint().has_value(), "indexes are flushed");
  }
  SegmentListing list(const io::Path& path) {
    positions_.clear();
    auto listed = list_segment(path, Offset(0), [&](const kafka::BatchHeader& header, std::int64_t position) {
      positions_.push_back(position);
      size_ = header.size();
    });
    ensure(listed.has_value(), "listed");
    return *std::move(listed);
  }

  io::TemporaryDirectory directory_;
  std::vector<std::int64_t> positions_;
  std::int64_t size_ = 0;
};

TEST_F(SegmentListingTest, shows_every_batch_and_the_index_entries_that_lead_to_them) {
  const io::Path path = directory_.path() / "p";
  write(path, 4);
  const SegmentListing segment = list(path);
  EXPECT_EQ(segment.batches, 4);
  EXPECT_EQ(segment.records, 12);
  EXPECT_EQ(segment.next, Offset(12));
  EXPECT_EQ(segment.min_base_ms, 1'000);
  EXPECT_EQ(segment.max_ms, 1'302);
  EXPECT_EQ(segment.rest, 0);
  EXPECT_THAT(positions_, ::testing::ElementsAre(0, size_, 2 * size_, 3 * size_));
  ASSERT_EQ(segment.offset_index.size(), 3u);  // none for position 0
  for (std::size_t i = 0; i < 3; ++i) {
    EXPECT_EQ(segment.offset_index[i].relative_offset, static_cast<std::int32_t>(i + 1) * 3);
    EXPECT_EQ(segment.offset_index[i].position, positions_[i + 1]);
  }
  EXPECT_EQ(segment.time_index.back().timestamp_ms, 1'302);
}

TEST_F(SegmentListingTest, stops_before_a_batch_that_is_not_whole_and_says_how_much_is_behind) {
  const io::Path path = directory_.path() / "p";
  write(path, 2);
  const auto file = io::File::open(path / "00000000000000000000.log", io::File::Mode::read_write);
  for (const std::int64_t torn : {std::int64_t{1}, std::int64_t{30}, size_ - 1}) {
    const std::int64_t whole = list(path).size - list(path).rest;
    const std::int64_t kept = torn == 1 ? whole + 1 : whole - torn;
    ASSERT_TRUE(file->truncate(kept).has_value());
    const SegmentListing segment = list(path);
    EXPECT_EQ(segment.rest, kept - segment.batches * size_);
    EXPECT_EQ(segment.records, segment.batches * 3);
    EXPECT_EQ(segment.size, kept);
  }
}

TEST_F(SegmentListingTest, ignores_the_zeros_that_apache_kafka_puts_behind_an_active_index) {
  const io::Path path = directory_.path() / "p";
  write(path, 3);
  for (const char* name : {"00000000000000000000.index", "00000000000000000000.timeindex"}) {
    const auto file = io::File::open(path / name, io::File::Mode::read_write);
    ASSERT_TRUE(file->truncate(*file->size() + 240).has_value());
  }
  EXPECT_EQ(list(path).offset_index.size(), 2u);
  EXPECT_EQ(list(path).time_index.back().timestamp_ms, 1'202);
}

TEST_F(SegmentListingTest, finds_partitions_in_our_layout_and_in_that_of_apache_kafka) {
  const io::Path ours = directory_.path() / "ours", theirs = directory_.path() / "theirs";
  for (const char* partition : {"0", "10", "2", "x"}) {
    std::filesystem::create_directories(ours / "kafka" / "topics" / "t" / partition);
    std::filesystem::create_directories(theirs / (std::string("t-") + partition));
  }
  std::filesystem::create_directories(theirs / "t-u-0");  // of the topic t-u
  for (const io::Path& data : {ours, theirs}) {
    const auto found = partition_directories(data, "t");
    ASSERT_TRUE(found.has_value());
    EXPECT_THAT(*found, ::testing::ElementsAre(::testing::Key(0), ::testing::Key(2), ::testing::Key(10)));
  }
  for (const char* absent : {"", "u", "../t", ".", "t-"}) {
    EXPECT_EQ(partition_directories(ours, absent).error().code, ErrorCode::not_found) << absent;
    EXPECT_EQ(partition_directories(theirs, absent).error().code, ErrorCode::not_found) << absent;
  }
}

}  // namespace
}  // namespace tickerlake::broker
