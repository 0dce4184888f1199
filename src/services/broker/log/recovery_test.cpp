// What opening a log after a crash keeps and cuts, for every byte at which a write can tear.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <map>

#include "services/broker/log/log_testing.h"
#include "services/broker/log/partition_log.h"
#include "services/broker/log/segment_scan.h"

namespace tickerlake::broker {
namespace {

using testing::content_of;
using testing::make_batch;
using testing::make_producer_batch;
using testing::overwrite;

class LogRecoveryTest : public ::testing::Test {
 protected:
  std::unique_ptr<PartitionLog> open() {
    auto opened = PartitionLog::open(path_, config_, 0, Log());
    ensure(opened.has_value(), opened ? "" : opened.error().message);
    return *std::move(opened);
  }
  Offset append(PartitionLog& log, Buffer batch) {
    kafka::patch_base_offset(batch, log.end().offset.value());
    const auto header = kafka::parse_batch_header(batch);
    const ByteView parts[] = {batch};
    ensure(log.append(parts, *header, config_, 0).has_value(), "append");
    return log.end().offset;
  }
  /// What Partition::write_checkpoint() does.
  void checkpoint(PartitionLog& log) {
    const auto parts = log.prepare_checkpoint();
    ensure(parts.has_value(), "checkpoint");
    if (parts->checkpoint.has_producers) {
      overwrite(path_ / snapshot_file_name(parts->checkpoint.recovery.offset), as_text(parts->producers));
    }
    overwrite(path_ / checkpoint_file_name, parts->checkpoint.encode());
  }
  io::Path file(Offset base, std::string_view extension = ".log") const {
    return path_ / segment_file_name(base, extension);
  }

  io::TemporaryDirectory directory_;
  io::Path path_ = directory_.path() / "p";
  TopicConfig config_;
};

TEST_F(LogRecoveryTest, an_empty_folder_becomes_an_empty_log) {
  const auto log = open();
  EXPECT_EQ(log->end().offset, Offset(0));
  EXPECT_EQ(log->log_start(), Offset(0));
}

TEST_F(LogRecoveryTest, keeps_everything_before_a_write_torn_at_any_byte) {
  {
    auto log = open();
    append(*log, make_batch());
    append(*log, make_batch());
  }
  const std::string whole = content_of(file(Offset(0)));
  const std::size_t second = whole.size() / 2;
  for (std::size_t size = 0; size <= whole.size(); ++size) {
    overwrite(file(Offset(0)), whole.substr(0, size));
    const auto log = open();
    const std::int64_t kept = size < second ? 0 : size < whole.size() ? 3 : 6;
    ASSERT_EQ(log->end().offset, Offset(kept)) << "torn at byte " << size;
    ASSERT_EQ(log->end().position, kept * static_cast<std::int64_t>(second) / 3);
    ASSERT_EQ(content_of(file(Offset(0))).size(), static_cast<std::size_t>(log->end().position));
  }
}

TEST_F(LogRecoveryTest, cuts_at_a_batch_in_which_any_byte_has_changed) {
  {
    auto log = open();
    append(*log, make_batch());
    append(*log, make_batch());
  }
  const std::string whole = content_of(file(Offset(0)));
  const std::size_t second = whole.size() / 2;
  for (std::size_t at = second; at < whole.size(); ++at) {
    std::string changed = whole;
    changed[at] = static_cast<char>(changed[at] ^ 0x40);
    overwrite(file(Offset(0)), changed);
    const std::size_t in_batch = at - second;
    // Not covered by the CRC: the base offset (a larger one is a gap, as compaction makes them) and the leader epoch.
    if (in_batch < 8 || (in_batch >= 12 && in_batch < 16)) continue;
    const auto log = open();
    ASSERT_EQ(log->end().offset, Offset(3)) << "changed byte " << in_batch << " of the batch";
  }
}

TEST_F(LogRecoveryTest, the_indexes_of_full_segments_are_whole_after_everything_was_checked) {
  config_.segment_bytes = 2'000;
  config_.index_interval_bytes = 100;
  const auto indexes = [&] {
    std::map<std::string, std::string> content;
    for (const auto& entry : std::filesystem::directory_iterator(path_)) {
      const std::string name = entry.path().filename().string();
      if (name.ends_with("index")) content[name] = content_of(entry.path());
    }
    return content;
  };
  {
    auto log = open();
    for (int i = 0; i < 60; ++i) append(*log, make_batch({.timestamp_ms = 1'000 + 10 * i}));
    checkpoint(*log);
  }
  const auto before = indexes();
  ASSERT_GT(before.size(), 6u);
  std::filesystem::remove(path_ / checkpoint_file_name);
  {
    auto log = open();
    checkpoint(*log);
  }
  EXPECT_EQ(indexes(), before);
}

TEST_F(LogRecoveryTest, cuts_a_tail_of_zeros) {
  {
    auto log = open();
    append(*log, make_batch());
  }
  const std::string whole = content_of(file(Offset(0)));
  overwrite(file(Offset(0)), whole + std::string(10'000, '\0'));
  EXPECT_EQ(open()->end().offset, Offset(3));
  EXPECT_EQ(content_of(file(Offset(0))), whole);
}

TEST_F(LogRecoveryTest, cuts_at_an_offset_that_no_log_of_ours_can_have) {
  for (const std::int64_t offset : {std::int64_t{1} << 31, INT64_MAX - 4, INT64_MAX - 1}) {
    const Buffer first = make_batch();
    Buffer second = make_batch();
    kafka::patch_base_offset(second, offset);  // the CRC does not cover it
    io::make_directories(path_).value();
    overwrite(file(Offset(0)), std::string(as_text(first)) + std::string(as_text(second)));
    EXPECT_EQ(open()->end().offset, Offset(3)) << offset;
    EXPECT_EQ(content_of(file(Offset(0))), as_text(first));
  }
}

TEST_F(LogRecoveryTest, appends_go_on_where_the_log_was_cut) {
  {
    auto log = open();
    append(*log, make_batch());
    append(*log, make_batch());
  }
  const std::string whole = content_of(file(Offset(0)));
  overwrite(file(Offset(0)), whole.substr(0, whole.size() - 1));
  {
    auto log = open();
    EXPECT_EQ(append(*log, make_batch()), Offset(6));
  }
  EXPECT_EQ(open()->end().offset, Offset(6));
}

TEST_F(LogRecoveryTest, does_not_read_what_a_checkpoint_covers) {
  {
    auto log = open();
    append(*log, make_batch());
    checkpoint(*log);
    append(*log, make_batch());
  }
  std::string damaged = content_of(file(Offset(0)));
  damaged[70] ^= 1;  // in the first batch
  overwrite(file(Offset(0)), damaged);
  EXPECT_EQ(open()->end().offset, Offset(6));
}

TEST_F(LogRecoveryTest, a_clean_stop_leaves_nothing_to_sync_or_scan) {
  {
    auto log = open();
    append(*log, make_batch());
    checkpoint(*log);
  }
  const auto log = open();
  EXPECT_TRUE(log->unsynced().files.empty());
  EXPECT_EQ(log->end().offset, Offset(3));
  EXPECT_TRUE(log->opened_with().has_value());
}

TEST_F(LogRecoveryTest, what_was_recovered_has_to_be_synced_before_anybody_reads_it) {
  {
    auto log = open();
    append(*log, make_batch());
  }
  EXPECT_THAT(open()->unsynced().files, ::testing::SizeIs(1));
}

TEST_F(LogRecoveryTest, checks_everything_when_the_file_is_shorter_than_its_checkpoint) {
  {
    auto log = open();
    append(*log, make_batch());
    append(*log, make_batch());
    checkpoint(*log);
  }
  const std::string whole = content_of(file(Offset(0)));
  overwrite(file(Offset(0)), whole.substr(0, whole.size() - 5));
  {
    auto log = open();
    EXPECT_EQ(log->end().offset, Offset(3));
    append(*log, make_batch({.records = 1}));
    append(*log, make_batch({.records = 1}));  // now the file is longer than the checkpoint that did not fit
  }
  EXPECT_EQ(open()->end().offset, Offset(5));
}

TEST_F(LogRecoveryTest, rebuilds_the_indexes_it_would_have_written) {
  config_.index_interval_bytes = 200;
  {
    auto log = open();
    for (int i = 0; i < 200; ++i) append(*log, make_batch({.timestamp_ms = 1'000 * i}));
    checkpoint(*log);
  }
  const std::string offsets = content_of(file(Offset(0), ".index"));
  const std::string times = content_of(file(Offset(0), ".timeindex"));
  ASSERT_GT(offsets.size(), 8u * 50);
  for (const char* lost : {".index", ".timeindex"}) io::remove_file(file(Offset(0), lost)).value();
  io::remove_file(path_ / checkpoint_file_name).value();
  {
    auto log = open();
    checkpoint(*log);
  }
  EXPECT_EQ(content_of(file(Offset(0), ".index")), offsets);
  EXPECT_EQ(content_of(file(Offset(0), ".timeindex")), times);
}

TEST_F(LogRecoveryTest, rebuilds_the_missing_index_of_an_old_segment) {
  config_.segment_bytes = 1'024;
  config_.index_interval_bytes = 200;
  {
    auto log = open();
    for (int i = 0; i < 50; ++i) append(*log, make_batch());
    checkpoint(*log);
  }
  const std::string offsets = content_of(file(Offset(0), ".index"));
  io::remove_file(file(Offset(0), ".index")).value();
  EXPECT_EQ(open()->end().offset, Offset(150));
  EXPECT_EQ(content_of(file(Offset(0), ".index")), offsets);
}

TEST_F(LogRecoveryTest, sets_segments_behind_a_cut_aside) {
  config_.segment_bytes = 1'024;
  Offset second;
  {
    auto log = open();
    for (int i = 0; i < 30; ++i) append(*log, make_batch());
    second = *log->segment_after(Offset(0));
  }
  std::string damaged = content_of(file(second));
  damaged[70] ^= 1;
  overwrite(file(second), damaged);
  const auto log = open();
  EXPECT_EQ(log->end().offset, second);
  EXPECT_FALSE(log->segment_after(second).has_value());
}

TEST_F(LogRecoveryTest, sets_a_segment_aside_when_the_end_of_the_one_before_did_not_survive) {
  config_.segment_bytes = 1'024;
  Offset second, third;
  {
    auto log = open();
    for (int i = 0; i < 30; ++i) append(*log, make_batch());
    second = *log->segment_after(Offset(0));
    third = *log->segment_after(second);
  }
  // A power loss may leave a later file whole and an earlier one short, here even between two batches: nothing is torn.
  const std::string whole = content_of(file(second));
  const std::size_t last = make_batch().size();
  overwrite(file(second), whole.substr(0, whole.size() - last));
  for (int starts = 0; starts < 2; ++starts) {
    const auto log = open();
    EXPECT_EQ(log->end().offset, third - 3);
    EXPECT_FALSE(log->segment_after(second).has_value());
    EXPECT_TRUE(std::filesystem::exists(path_ / segment_file_name(third, ".log.cut")));
  }
}

TEST_F(LogRecoveryTest, keeps_the_segments_that_follow_when_only_what_is_behind_the_last_batch_is_cut) {
  config_.segment_bytes = 1'024;
  Offset second;
  {
    auto log = open();
    for (int i = 0; i < 30; ++i) append(*log, make_batch());
    second = *log->segment_after(Offset(0));
  }
  const std::string whole = content_of(file(Offset(0)));
  overwrite(file(Offset(0)), whole + "what a failed write left");
  EXPECT_EQ(open()->end().offset, Offset(90));
  EXPECT_EQ(content_of(file(Offset(0))), whole);
}

TEST_F(LogRecoveryTest, knows_producers_from_the_snapshot_and_from_what_follows_it) {
  {
    auto log = open();
    append(*log, make_producer_batch(7, 0, 0));
    checkpoint(*log);
    append(*log, make_producer_batch(7, 0, 3));
    append(*log, make_producer_batch(8, 0, 0));
  }
  const auto log = open();
  for (const auto& [producer, sequence] : {std::pair{7, 0}, std::pair{7, 3}, std::pair{8, 0}}) {
    const auto header = kafka::parse_batch_header(make_producer_batch(producer, 0, sequence));
    EXPECT_TRUE(std::holds_alternative<ProducerState::Duplicate>(log->producers().judge(*header)));
  }
}

TEST_F(LogRecoveryTest, rebuilds_producers_from_the_whole_log_without_their_snapshot) {
  {
    auto log = open();
    append(*log, make_producer_batch(7, 0, 0));
    checkpoint(*log);
    io::remove_file(path_ / snapshot_file_name(Offset(3))).value();
  }
  const auto log = open();
  const auto header = kafka::parse_batch_header(make_producer_batch(7, 0, 0));
  EXPECT_TRUE(std::holds_alternative<ProducerState::Duplicate>(log->producers().judge(*header)));
}

TEST_F(LogRecoveryTest, a_damaged_checkpoint_is_an_error_and_not_an_empty_log) {
  {
    auto log = open();
    append(*log, make_batch());
    checkpoint(*log);
  }
  overwrite(path_ / checkpoint_file_name, "version 1\nlog_start x\n");
  const auto opened = PartitionLog::open(path_, config_, 0, Log());
  ASSERT_FALSE(opened.has_value());
  EXPECT_EQ(opened.error().code, ErrorCode::corrupt);
}

TEST(InspectBatch, asks_for_a_header_then_for_the_rest) {
  const Buffer batch = make_batch();
  const auto first = inspect_batch(ByteView(batch).first(10), Offset(0));
  EXPECT_EQ(first.verdict, Inspection::Verdict::incomplete);
  EXPECT_EQ(first.needed, 61);
  EXPECT_EQ(inspect_batch(ByteView(batch).first(61), Offset(0)).needed, std::ssize(batch));
  EXPECT_EQ(inspect_batch(batch, Offset(0)).verdict, Inspection::Verdict::whole);
}

TEST(InspectBatch, refuses_offsets_that_go_back) {
  EXPECT_EQ(inspect_batch(make_batch(), Offset(1)).verdict, Inspection::Verdict::invalid);
}

TEST(InspectBatch, refuses_lengths_over_the_limit_before_it_asks_for_bytes) {
  Buffer batch = make_batch();
  store_big_endian(batch.data() + 8, static_cast<std::int32_t>(max_batch_size + 1));
  EXPECT_EQ(inspect_batch(batch, Offset(0)).verdict, Inspection::Verdict::invalid);
}

}  // namespace
}  // namespace tickerlake::broker
