// What a partition makes of transactions: who may write, what readers of committed records see, also after a restart.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "kafka/records/marker.h"
#include "services/broker/log/log_testing.h"
#include "services/broker/log/partition_log.h"
#include "services/broker/partition.h"

namespace tickerlake::broker {
namespace {

using kafka::Marker;
using ::testing::ElementsAre;
using ::testing::IsEmpty;

constexpr TimestampMs start_ms = 1'000'000'000'000;
constexpr std::int64_t all_bytes = 1 << 20;

class PartitionTransactionsTest : public ::testing::Test {
 protected:
  ~PartitionTransactionsTest() override {
    if (partition_) partition_->close();
    group_commit_.stop();
  }
  Partition& open() {
    if (partition_) partition_->close();
    auto opened = Partition::open(path_, config_, {group_commit_, clock_, Log()});
    ensure(opened.has_value(), opened ? "" : opened.error().message);
    partition_ = *std::move(opened);
    return *partition_;
  }
  static Buffer batch(std::int64_t producer, std::int32_t sequence, bool transactional = true, std::int16_t epoch = 0) {
    return testing::make_batch({.records = 1,
                                .builder = {.producer_id = producer,
                                            .producer_epoch = epoch,
                                            .base_sequence = sequence,
                                            .is_transactional = transactional}});
  }
  std::expected<Appended, AppendError> append(const Buffer& bytes) {
    return partition_->append_durably(bytes, Origin::client);
  }
  /// Appends one record of the producer's transaction; which it begins if there is none.
  void write(std::int64_t producer, std::int32_t sequence, std::int16_t epoch = 0) {
    partition_->admit(ProducerId(producer), epoch);
    ensure(append(batch(producer, sequence, true, epoch)).has_value(), "the record is appended");
  }
  void plain() { ensure(append(testing::make_batch({.records = 1})).has_value(), "the record is appended"); }
  void end(std::int64_t producer, Marker marker, std::int16_t epoch = 0) {
    const auto done = partition_->append_durably(kafka::make_marker(marker, producer, epoch, start_ms), Origin::broker);
    ensure(done.has_value(), "the marker is appended");
  }
  Refusal refusal(const Buffer& bytes) {
    const auto appended = partition_->append(bytes, Origin::client);
    ensure(!appended.has_value(), "the batch is refused");
    return appended.error().why;
  }
  /// Offsets of the batches that a reader of committed records is given, whose producers were not aborted at that
  /// place.
  std::vector<std::int64_t> committed(std::int64_t from = 0) {
    std::vector<std::int64_t> offsets;
    while (true) {
      const auto fetched = partition_->read(Offset(from), all_bytes, true, Isolation::read_committed);
      ensure(fetched.has_value(), "the offset is in range");
      if (fetched->batches.empty()) return offsets;
      const Buffer bytes = fetched->batches.load().value();
      std::set<std::int64_t> aborted;
      auto next = fetched->aborted.begin();
      for (ByteView rest = bytes; !rest.empty();) {
        const auto read = kafka::take_batch(rest);
        const kafka::BatchHeader& header = read->header;
        for (; next != fetched->aborted.end() && next->first.value() <= header.last_offset(); ++next) {
          aborted.insert(next->producer.value());
        }
        if (header.is_control()) {
          aborted.erase(header.producer_id);
        } else if (!header.is_transactional() || !aborted.contains(header.producer_id)) {
          offsets.push_back(header.base_offset);
        }
        from = header.last_offset() + 1;
      }
    }
  }
  std::int64_t last_stable() { return partition_->offsets().last_stable.value(); }

  io::TemporaryDirectory directory_;
  io::Path path_ = directory_.path() / "p";
  testing::ManualClock clock_{start_ms};
  TopicConfig config_;
  GroupCommit group_commit_{Log()};
  std::shared_ptr<Partition> partition_;
};

TEST_F(PartitionTransactionsTest, records_come_only_between_admission_and_marker) {
  open();
  EXPECT_EQ(refusal(batch(1, 0)), Refusal::not_in_transaction);
  partition_->admit(ProducerId(1), 0);
  EXPECT_TRUE(append(batch(1, 0)));
  EXPECT_TRUE(append(batch(1, 1)));
  end(1, Marker::commit);
  EXPECT_EQ(refusal(batch(1, 2)), Refusal::not_in_transaction);
  EXPECT_TRUE(append(batch(1, 1))->duplicate);  // a retry of what is there
  partition_->admit(ProducerId(1), 0);
  EXPECT_TRUE(append(batch(1, 2)));
}

TEST_F(PartitionTransactionsTest, a_marker_ends_an_admission_that_nothing_was_written_under) {
  open();
  partition_->admit(ProducerId(1), 0);
  end(1, Marker::abort);
  EXPECT_EQ(refusal(batch(1, 0)), Refusal::not_in_transaction);
  EXPECT_EQ(last_stable(), 1);
}

TEST_F(PartitionTransactionsTest, a_marker_with_the_next_epoch_shuts_out_the_one_before) {
  open();
  write(1, 0);
  end(1, Marker::abort, 1);
  EXPECT_EQ(refusal(batch(1, 1)), Refusal::invalid_producer_epoch);
  const auto late = partition_->append(kafka::make_marker(Marker::commit, 1, 0, start_ms), Origin::broker);
  ASSERT_FALSE(late);
  EXPECT_EQ(late.error().why, Refusal::invalid_producer_epoch);
  partition_->admit(ProducerId(1), 1);
  EXPECT_EQ(refusal(batch(1, 5, true, 1)), Refusal::out_of_order_sequence);
  EXPECT_TRUE(append(batch(1, 0, true, 1)));
}

TEST_F(PartitionTransactionsTest, a_producer_in_a_transaction_writes_nothing_beside_it) {
  open();
  write(1, 0);
  EXPECT_EQ(refusal(batch(1, 1, false)), Refusal::not_in_transaction);
}

TEST_F(PartitionTransactionsTest, readers_of_committed_records_stop_at_the_first_undecided_transaction) {
  open();
  plain();      // 0
  write(1, 0);  // 1
  plain();      // 2
  write(2, 0);  // 3
  EXPECT_EQ(last_stable(), 1);
  EXPECT_THAT(committed(), ElementsAre(0));
  end(2, Marker::commit);  // 4
  EXPECT_EQ(last_stable(), 1);
  end(1, Marker::abort);  // 5
  EXPECT_EQ(last_stable(), 6);
  EXPECT_THAT(committed(), ElementsAre(0, 2, 3));
}

TEST_F(PartitionTransactionsTest, a_transaction_is_undecided_until_its_marker_is_on_disk) {
  open();
  write(1, 0);
  const auto marker = partition_->append(kafka::make_marker(Marker::commit, 1, 0, start_ms), Origin::broker);
  ASSERT_TRUE(marker);
  // Whatever the group commit has done by now: never the record without the marker.
  const Offsets offsets = partition_->offsets();
  EXPECT_TRUE(offsets.last_stable == Offset(0) || offsets.high_watermark == Offset(2));
  plain();
  EXPECT_EQ(last_stable(), 3);
}

TEST_F(PartitionTransactionsTest, aborted_transactions_are_told_where_they_are_read_and_nowhere_else) {
  config_.index_interval_bytes = 1;
  open();
  for (std::int32_t i = 0; i < 10; ++i) {
    write(1, i);
    end(1, i % 2 == 0 ? Marker::abort : Marker::commit);
  }
  EXPECT_THAT(committed(), ElementsAre(2, 6, 10, 14, 18));
  for (std::int64_t from = 0; from <= 20; ++from) {
    const auto fetched = partition_->read(Offset(from), 1, true, Isolation::read_committed);
    ASSERT_TRUE(fetched);
    for (const AbortedTransaction& aborted : fetched->aborted) {
      EXPECT_GE(aborted.first.value() + 1, from);  // its marker
      EXPECT_LE(aborted.first.value(), from + 1);  // nothing far behind what was read
    }
  }
  EXPECT_THAT(partition_->read(Offset(0), all_bytes, true)->aborted, IsEmpty());
}

TEST_F(PartitionTransactionsTest, the_index_of_aborted_ones_spans_segments_and_restarts) {
  config_.segment_bytes = 400;
  open();
  write(9, 0);  // stays open over many segments
  for (std::int32_t i = 0; i < 20; ++i) {
    write(1, i);
    end(1, i % 3 == 0 ? Marker::commit : Marker::abort);
  }
  EXPECT_THAT(committed(), IsEmpty());
  end(9, Marker::abort);
  const std::vector<std::int64_t> before = committed();
  EXPECT_EQ(before.size(), 7u);
  open();  // without a checkpoint: rebuilt from the batches
  EXPECT_EQ(committed(), before);
  ensure(partition_->close_cleanly().has_value(), "a clean end");
  open();  // as the files have it
  EXPECT_EQ(committed(), before);
}

TEST_F(PartitionTransactionsTest, what_was_undecided_is_so_after_a_restart) {
  open();
  plain();
  write(1, 0);
  plain();
  ensure(partition_->close_cleanly().has_value(), "a clean end");
  open();
  EXPECT_EQ(last_stable(), 1);
  EXPECT_EQ(refusal(batch(1, 1)), Refusal::not_in_transaction);  // until the coordinator says so
  partition_->admit(ProducerId(1), 0);
  EXPECT_TRUE(append(batch(1, 1)));
  const auto producers = partition_->producers();
  ASSERT_EQ(producers.size(), 1u);
  EXPECT_EQ(producers[0].transaction, Offset(1));
  end(1, Marker::commit);
  EXPECT_THAT(committed(), ElementsAre(0, 1, 2, 3));
}

TEST_F(PartitionTransactionsTest, an_index_with_anything_behind_the_checkpoint_is_cut_there) {
  open();
  write(1, 0);
  end(1, Marker::abort);
  ensure(partition_->close_cleanly().has_value(), "a clean end");
  open();
  write(1, 1);
  end(1, Marker::abort);
  plain();
  partition_->close();
  const io::Path index = path_ / segment_file_name(Offset(0), aborted_extension);
  testing::overwrite(index, testing::content_of(index).substr(0, 34) + std::string(100, '\0'));
  open();
  EXPECT_THAT(committed(), ElementsAre(4));
}

TEST_F(PartitionTransactionsTest, zeros_behind_the_checkpoint_are_no_entry) {
  open();
  plain();
  ensure(partition_->close_cleanly().has_value(), "a clean end");
  open();
  write(1, 0);
  end(1, Marker::abort);
  partition_->close();
  const io::Path index = path_ / segment_file_name(Offset(0), aborted_extension);
  testing::overwrite(index, std::string(34, '\0'));
  open();
  ensure(partition_->close_cleanly().has_value(), "the index is flushed");
  const std::string built = testing::content_of(index);
  EXPECT_EQ(built.size(), 34u);
  EXPECT_EQ(AbortedEntry::decode(as_bytes(built).data()).last_offset, 2);
}

TEST_F(PartitionTransactionsTest, deleted_records_do_not_hold_readers_back) {
  open();
  write(1, 0);
  plain();
  ASSERT_TRUE(partition_->delete_records(Offset(1)));
  EXPECT_EQ(last_stable(), 1);
  end(1, Marker::commit);
  EXPECT_EQ(last_stable(), 3);
}

TEST(Marker, is_known_by_its_record) {
  const Buffer bytes = kafka::make_marker(Marker::commit, 7, 3, start_ms);
  const auto header = kafka::parse_batch_header(bytes);
  ASSERT_TRUE(header);
  EXPECT_TRUE(header->is_control() && header->is_transactional());
  EXPECT_EQ(kafka::marker_of({*header, bytes}), Marker::commit);
  EXPECT_TRUE(kafka::check_batch({*header, bytes}));
  const Buffer plain = testing::make_batch();
  EXPECT_FALSE(kafka::marker_of({*kafka::parse_batch_header(plain), plain}));
}

}  // namespace
}  // namespace tickerlake::broker
