#include "services/broker/partition.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <thread>

#include "services/broker/log/log_testing.h"
#include "services/broker/log/segment.h"

namespace tickerlake::broker {
namespace {

using testing::make_batch;
using testing::make_producer_batch;

constexpr TimestampMs start_ms = 1'000'000'000'000;

class PartitionTest : public ::testing::Test {
 protected:
  ~PartitionTest() override {
    if (partition_) partition_->close();
    group_commit_.stop();
  }
  Partition& open() {
    auto opened = Partition::open(path_, config_, {group_commit_, clock_, Log()});
    ensure(opened.has_value(), opened ? "" : opened.error().message);
    partition_ = *std::move(opened);
    return *partition_;
  }
  static Appended append(Partition& partition, const Buffer& batch) {
    auto appended = partition.append_durably(batch, Origin::client);
    ensure(appended.has_value(), appended ? "" : appended.error().message);
    return *appended;
  }
  static Refusal refusal(Partition& partition, const Buffer& batch) {
    auto appended = partition.append(batch, Origin::client);
    ensure(!appended.has_value(), "the batch is refused");
    return appended.error().why;
  }
  /// Base offsets of the batches that a read gives.
  static std::vector<std::int64_t> read(Partition& partition, std::int64_t from, std::int64_t max_bytes,
                                        bool at_least_one = true, Isolation isolation = Isolation::read_uncommitted) {
    const auto fetched = partition.read(Offset(from), max_bytes, at_least_one, isolation);
    ensure(fetched.has_value(), "the offset is in range");
    if (fetched->batches.empty()) return {};
    const Buffer bytes = fetched->batches.load().value();
    ByteView rest = bytes;
    std::vector<std::int64_t> bases;
    while (!rest.empty()) {
      const auto batch = kafka::take_batch(rest);
      ensure(batch && kafka::crc_matches(*batch), "whole batches");
      bases.push_back(batch->header.base_offset);
    }
    return bases;
  }

  io::TemporaryDirectory directory_;
  io::Path path_ = directory_.path() / "p";
  testing::ManualClock clock_{start_ms};
  GroupCommit group_commit_{Log()};
  TopicConfig config_;
  std::shared_ptr<Partition> partition_;
};

TEST_F(PartitionTest, stores_batches_as_they_are_but_for_offset_and_leader_epoch) {
  Partition& partition = open();
  append(partition, make_batch());
  Buffer batch = make_batch({.records = 5, .builder = {.codec = kafka::Codec::zstd}});
  EXPECT_EQ(append(partition, batch).base, Offset(3));
  const auto fetched = partition.read(Offset(3), 1 << 20, true);
  kafka::patch_base_offset(batch, 3);
  kafka::patch_leader_epoch(batch, 0);
  EXPECT_EQ(fetched->batches.load().value(), batch);
}

TEST_F(PartitionTest, gives_the_batch_that_holds_an_offset_in_its_middle) {
  Partition& partition = open();
  append(partition, make_batch());
  append(partition, make_batch());
  EXPECT_THAT(read(partition, 4, 1 << 20), ::testing::ElementsAre(3));
}

TEST_F(PartitionTest, gives_whole_batches_up_to_the_limit_and_at_least_one_if_asked) {
  config_.index_interval_bytes = 100;
  Partition& partition = open();
  for (int i = 0; i < 10; ++i) append(partition, make_batch());
  const auto size = std::ssize(make_batch());
  EXPECT_THAT(read(partition, 3, 3 * size), ::testing::ElementsAre(3, 6, 9));
  EXPECT_THAT(read(partition, 3, 3 * size + 1), ::testing::ElementsAre(3, 6, 9));
  EXPECT_THAT(read(partition, 3, 3 * size - 1), ::testing::ElementsAre(3, 6));
  EXPECT_THAT(read(partition, 3, 1, true), ::testing::ElementsAre(3));
  EXPECT_THAT(read(partition, 3, 1, false), ::testing::IsEmpty());
  EXPECT_THAT(read(partition, 30, 1 << 20), ::testing::IsEmpty());
}

TEST_F(PartitionTest, reads_every_offset_across_segments_and_a_reopening) {
  config_.segment_bytes = 1'024;
  config_.index_interval_bytes = 200;
  for (int round = 0; round < 2; ++round) {
    Partition& partition = open();
    for (int i = 0; i < 40; ++i) append(partition, make_batch({.records = 1 + i % 4}));
    const std::int64_t end = partition.offsets().log_end.value();
    std::int64_t expected = 0;
    while (expected < end) {
      const auto bases = read(partition, expected, 300);
      ASSERT_FALSE(bases.empty());
      ASSERT_LE(bases.front(), expected);
      const auto last = partition.read(Offset(bases.back()), 1, true)->batches.load().value();
      expected = kafka::parse_batch_header(last)->last_offset() + 1;
    }
    ASSERT_TRUE(partition.close_cleanly().has_value());
  }
}

TEST_F(PartitionTest, offsets_out_of_range_are_errors) {
  Partition& partition = open();
  append(partition, make_batch());
  EXPECT_EQ(partition.read(Offset(4), 1, true).error(), FetchError::out_of_range);
  EXPECT_EQ(partition.read(Offset(-1), 1, true).error(), FetchError::out_of_range);
}

TEST_F(PartitionTest, a_slice_outlives_its_deleted_segment) {
  config_.segment_bytes = 1'024;
  config_.file_delete_delay_ms = 0;
  config_.retention_ms = -1;
  Partition& partition = open();
  for (int i = 0; i < 30; ++i) append(partition, make_batch());
  const auto fetched = partition.read(Offset(0), 1'000, true);
  ASSERT_TRUE(partition.delete_records(Offset(60)).has_value());
  partition.apply_retention();
  partition.maintain();
  ASSERT_FALSE(std::filesystem::exists(path_ / segment_file_name(Offset(0), ".log")));
  EXPECT_TRUE(fetched->batches.load().has_value());
  EXPECT_EQ(partition.read(Offset(0), 1, true).error(), FetchError::out_of_range);
  EXPECT_THAT(read(partition, 60, 1), ::testing::ElementsAre(60));
}

TEST_F(PartitionTest, the_log_start_survives_a_reopening_with_and_without_a_clean_stop) {
  for (const bool clean : {false, true}) {
    Partition& partition = open();
    for (int i = 0; i < 4; ++i) append(partition, make_batch());
    const Offset before = partition.offsets().log_end - 4;
    ASSERT_TRUE(partition.delete_records(before).has_value());
    if (clean) {
      ASSERT_TRUE(partition.close_cleanly().has_value());
    }
    EXPECT_EQ(open().offsets().log_start, before);
  }
}

TEST_F(PartitionTest, records_can_not_be_deleted_above_the_high_watermark) {
  Partition& partition = open();
  append(partition, make_batch());
  EXPECT_EQ(partition.delete_records(Offset(4)).error().code, ErrorCode::invalid_argument);
  EXPECT_EQ(partition.delete_records(Offset(3)).value(), Offset(3));
  EXPECT_EQ(partition.delete_records(Offset(1)).value(), Offset(3));
}

TEST_F(PartitionTest, drops_segments_whose_records_are_all_too_old) {
  config_.segment_bytes = 1'024;
  config_.retention_ms = 1'000;
  Partition& partition = open();
  for (int i = 0; i < 30; ++i) append(partition, make_batch({.timestamp_ms = start_ms + i * 100}));
  partition.apply_retention();
  EXPECT_EQ(partition.offsets().log_start, Offset(0));
  clock_.advance(2'500);
  partition.apply_retention();
  const Offset start = partition.offsets().log_start;
  EXPECT_GT(start, Offset(0));
  EXPECT_LE(start, Offset(45));
  clock_.advance(10'000);
  partition.apply_retention();
  EXPECT_EQ(partition.offsets().log_start, Offset(90)) << "like Kafka, the active segment goes too";
  EXPECT_EQ(append(partition, make_batch()).base, Offset(90));
}

TEST_F(PartitionTest, drops_the_oldest_segments_over_the_size) {
  config_.segment_bytes = 1'024;
  config_.retention_bytes = 3'000;
  config_.retention_ms = -1;
  Partition& partition = open();
  for (int i = 0; i < 60; ++i) append(partition, make_batch());
  partition.apply_retention();
  EXPECT_GE(partition.size_bytes(), 3'000);
  EXPECT_LT(partition.size_bytes(), 3'000 + 1'024);
  EXPECT_GT(partition.offsets().log_start, Offset(0));
}

TEST_F(PartitionTest, a_retried_batch_is_stored_once) {
  Partition& partition = open();
  append(partition, make_producer_batch(5, 0, 0));
  append(partition, make_producer_batch(5, 0, 3));
  const Appended again = append(partition, make_producer_batch(5, 0, 0));
  EXPECT_TRUE(again.duplicate);
  EXPECT_EQ(again.base, Offset(0));
  EXPECT_EQ(partition.offsets().log_end, Offset(6));
  EXPECT_EQ(refusal(partition, make_producer_batch(5, 0, 9)), Refusal::out_of_order_sequence);
  append(partition, make_producer_batch(5, 1, 0));
  EXPECT_EQ(refusal(partition, make_producer_batch(5, 0, 6)), Refusal::invalid_producer_epoch);
}

TEST_F(PartitionTest, refuses_what_is_damaged_too_large_or_not_for_clients) {
  config_.max_message_bytes = 500;
  Partition& partition = open();
  Buffer damaged = make_batch();
  damaged.back() ^= std::byte{1};
  EXPECT_EQ(refusal(partition, damaged), Refusal::corrupt);
  EXPECT_EQ(refusal(partition, {}), Refusal::corrupt);
  EXPECT_EQ(refusal(partition, make_batch({.value_size = 500})), Refusal::too_large);
  EXPECT_EQ(refusal(partition, make_batch({.builder = {.is_control = true}})), Refusal::invalid_record);
  EXPECT_EQ(refusal(partition, make_batch({.builder = {.is_transactional = true}})), Refusal::invalid_record);
  Buffer two = make_batch();
  const Buffer second = make_batch();
  two.insert(two.end(), second.begin(), second.end());
  EXPECT_EQ(refusal(partition, two), Refusal::invalid_record);
  Buffer old_format = make_batch();
  old_format[16] = std::byte{1};
  EXPECT_EQ(refusal(partition, old_format), Refusal::unsupported_format);
  EXPECT_EQ(refusal(partition, make_batch({.timestamp_ms = start_ms + 3'600'001})), Refusal::invalid_timestamp);
  EXPECT_EQ(partition.offsets().log_end, Offset(0));
}

TEST_F(PartitionTest, log_append_time_replaces_the_producers_timestamps) {
  config_.timestamp_type = TimestampType::log_append_time;
  Partition& partition = open();
  EXPECT_EQ(append(partition, make_batch()).log_append_time_ms, start_ms);
  EXPECT_THAT(read(partition, 0, 1 << 20), ::testing::ElementsAre(0));  // with a matching CRC
  const auto found = partition.find_by_timestamp(start_ms);
  ASSERT_TRUE(found.has_value() && found->has_value());
  EXPECT_EQ((*found)->timestamp_ms, start_ms);
}

TEST_F(PartitionTest, finds_the_first_record_at_or_after_a_time) {
  config_.segment_bytes = 1'024;
  config_.index_interval_bytes = 150;
  Partition& partition = open();
  for (int i = 0; i < 60; ++i) append(partition, make_batch({.timestamp_ms = i * 10}));  // each t, t+1, t+2
  for (int time = 0; time < 592; ++time) {
    const auto found = partition.find_by_timestamp(time);
    ASSERT_TRUE(found.has_value() && found->has_value()) << time;
    const int in_batch = std::min(time % 10, 3);
    ASSERT_EQ((*found)->offset.value(), time / 10 * 3 + in_batch) << time;
  }
  EXPECT_FALSE(partition.find_by_timestamp(600)->has_value());
}

TEST_F(PartitionTest, finds_the_record_with_the_largest_timestamp) {
  Partition& partition = open();
  EXPECT_FALSE(partition.find_max_timestamp()->has_value());
  append(partition, make_batch({.timestamp_ms = 100}));
  append(partition, make_batch({.timestamp_ms = 900}));
  append(partition, make_batch({.timestamp_ms = 300}));
  const auto found = partition.find_max_timestamp();
  ASSERT_TRUE(found.has_value() && found->has_value());
  EXPECT_EQ((*found)->offset, Offset(5));
  EXPECT_EQ((*found)->timestamp_ms, 902);
}

TEST_F(PartitionTest, closing_refuses_appends_and_wakes_who_waits) {
  Partition& partition = open();
  FetchSignal signal;
  const Partition::Watch watch(partition_, signal);
  partition.close();
  EXPECT_TRUE(signal.wait_until(std::chrono::steady_clock::now()));
  EXPECT_EQ(refusal(partition, make_batch()), Refusal::closed);
  EXPECT_EQ(partition.read(Offset(0), 1, true).error(), FetchError::closed);
}

TEST_F(PartitionTest, what_may_be_seen_at_once_is_seen_before_it_is_on_disk_but_never_past_what_may_not) {
  Partition& partition = open();
  group_commit_.stop();  // only sync() syncs
  FetchSignal signal;
  const Partition::Watch watch(partition_, signal);
  const auto append = [&](Visible visible) {
    ASSERT_TRUE(partition.append(make_batch(), Origin::client, visible).has_value());
  };
  const auto seen = [&](Isolation isolation) { return read(partition, 0, 10'000, true, isolation); };
  append(Visible::at_once);
  EXPECT_TRUE(signal.wait_until(std::chrono::steady_clock::now()));
  EXPECT_EQ(seen(Isolation::read_uncommitted), (std::vector<std::int64_t>{0}));
  EXPECT_EQ(seen(Isolation::read_durable), std::vector<std::int64_t>());
  EXPECT_EQ(seen(Isolation::read_committed), std::vector<std::int64_t>());
  append(Visible::when_durable);
  EXPECT_FALSE(signal.wait_until(std::chrono::steady_clock::now())) << "nothing to see";
  append(Visible::at_once);
  EXPECT_EQ(seen(Isolation::read_uncommitted), (std::vector<std::int64_t>{0}));
  EXPECT_EQ(partition.offsets().high_watermark, Offset(3));
  EXPECT_EQ(partition.offsets().durable, Offset(0));
  EXPECT_FALSE(partition.delete_records(Offset(6)).has_value());
  EXPECT_EQ(partition.delete_records(Offset(3)), Offset(3)) << "syncs first";
  for (const Isolation each : {Isolation::read_uncommitted, Isolation::read_durable, Isolation::read_committed}) {
    EXPECT_EQ(read(partition, 3, 10'000, true, each), (std::vector<std::int64_t>{3, 6}));
  }
}

TEST_F(PartitionTest, a_reader_waiting_for_appends_sees_each_once_and_only_when_durable) {
  Partition& partition = open();
  constexpr int batches = 500;
  std::jthread writer([&] {
    for (int i = 0; i < batches; ++i) ASSERT_TRUE(partition.append(make_batch(), Origin::client).has_value());
  });
  FetchSignal signal;
  const Partition::Watch watch(partition_, signal);
  std::int64_t next = 0;
  const auto deadline = std::chrono::steady_clock::now() + std::chrono::seconds(60);
  while (next < batches * 3) {
    const auto fetched = partition.read(Offset(next), 1'000, true);
    ASSERT_TRUE(fetched.has_value());
    if (fetched->batches.empty()) {
      ASSERT_TRUE(signal.wait_until(deadline));
      continue;
    }
    for (std::int64_t base : read(partition, next, 1'000)) {
      ASSERT_EQ(base, next);
      next += 3;
    }
    ASSERT_LE(next, partition.offsets().high_watermark.value());
  }
}

}  // namespace
}  // namespace tickerlake::broker
