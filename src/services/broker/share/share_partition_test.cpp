#include "services/broker/share/share_partition.h"

#include <gtest/gtest.h>

namespace tickerlake::broker {
namespace {

using kafka::KafkaError;

OffsetRange range(std::int64_t first, std::int64_t last) { return {Offset(first), Offset(last)}; }
StateBatch batch(std::int64_t first, std::int64_t last, RecordState state, std::int16_t count) {
  return {Offset(first), Offset(last), state, count};
}
AcquiredRecords acquired(std::int64_t first, std::int64_t last, std::int16_t count) {
  return {Offset(first), Offset(last), count};
}

struct SharePartitionTest : testing::Test {
  ShareGroupSettings settings;
  SharePartition partition{Offset(0)};
  Milliseconds now = 1'000;

  std::vector<AcquiredRecords> acquire(std::vector<OffsetRange> batches, std::int32_t most = 500,
                                       const std::string& member = "m", bool exactly = false,
                                       std::vector<OffsetRange> aborted = {}) {
    return partition.acquire({member, partition.next(), most, 500, exactly}, batches, aborted, settings, now);
  }
  KafkaError acknowledge(std::int64_t first, std::int64_t last, std::vector<AcknowledgeType> types,
                         const std::string& member = "m") {
    const auto plan =
        partition.plan(member, std::vector{Acknowledgement{Offset(first), Offset(last), std::move(types)}}, settings);
    if (!plan) return plan.error();
    partition.carry_out(*plan, settings, now);
    return KafkaError::none;
  }
  KafkaError accept(std::int64_t first, std::int64_t last) {
    return acknowledge(first, last, {AcknowledgeType::accept});
  }
  KafkaError release(std::int64_t first, std::int64_t last) {
    return acknowledge(first, last, {AcknowledgeType::release});
  }
  void expire() { partition.carry_out(partition.plan_expiry(settings, now), settings, now); }
};

TEST_F(SharePartitionTest, records_are_acquired_once_and_accepted_for_ever) {
  EXPECT_EQ(acquire({range(0, 9)}), std::vector{acquired(0, 9, 1)});
  EXPECT_EQ(acquire({range(0, 9)}), std::vector<AcquiredRecords>());
  EXPECT_EQ(partition.next(), Offset(10));
  EXPECT_EQ(accept(0, 9), KafkaError::none);
  EXPECT_EQ(partition.start(), Offset(10));
  EXPECT_EQ(partition.run_count(), 0u);
  EXPECT_EQ(accept(0, 9), KafkaError::none) << "what is complete is complete";
}

TEST_F(SharePartitionTest, whole_batches_come_unless_exactly_so_many_are_asked_for) {
  EXPECT_EQ(acquire({range(0, 9), range(10, 19)}, 5), std::vector{acquired(0, 9, 1)});
  EXPECT_EQ(acquire({range(10, 19)}, 5, "m", true), std::vector{acquired(10, 14, 1)});
  EXPECT_EQ(acquire({range(10, 19)}, 9, "n", true), std::vector{acquired(15, 19, 1)});
}

TEST_F(SharePartitionTest, what_is_acquired_is_told_in_pieces_of_whole_batches) {
  const std::vector batches{range(0, 3), range(4, 7), range(8, 11), range(12, 15)};
  EXPECT_EQ(partition.acquire({"m", Offset(0), 500, 8, false}, batches, {}, settings, now),
            (std::vector{acquired(0, 7, 1), acquired(8, 15, 1)}));
}

TEST_F(SharePartitionTest, released_records_come_first_and_count_their_deliveries) {
  acquire({range(0, 9)});
  EXPECT_EQ(release(3, 4), KafkaError::none);
  EXPECT_EQ(partition.next(), Offset(3));
  EXPECT_EQ(acquire({range(0, 9), range(10, 19)}), (std::vector{acquired(3, 4, 2), acquired(10, 19, 1)}));
  EXPECT_EQ(acknowledge(0, 4, {AcknowledgeType::accept}), KafkaError::none);
  EXPECT_EQ(partition.start(), Offset(5));
}

TEST_F(SharePartitionTest, after_the_last_delivery_a_record_is_archived) {
  for (std::int16_t delivery = 1; delivery <= settings.delivery_count_limit; ++delivery) {
    EXPECT_EQ(acquire({range(0, 0)}), std::vector{acquired(0, 0, delivery)});
    EXPECT_EQ(release(0, 0), KafkaError::none);
  }
  EXPECT_EQ(partition.start(), Offset(1));
  EXPECT_EQ(acquire({range(0, 0)}), std::vector<AcquiredRecords>());
}

TEST_F(SharePartitionTest, the_oftener_records_failed_the_fewer_come_at_once_and_at_last_each_alone) {
  for (int delivery = 1; delivery <= 3; ++delivery) {
    acquire({range(0, 15)});
    release(0, 15);
  }
  EXPECT_EQ(acquire({range(0, 15)}), std::vector{acquired(0, 7, 4)});
  EXPECT_EQ(acquire({range(0, 15)}), std::vector{acquired(8, 11, 4)});
  release(0, 7);
  EXPECT_EQ(acquire({range(0, 15)}), std::vector{acquired(0, 0, 5)});
  EXPECT_EQ(acquire({range(0, 15)}), std::vector{acquired(1, 1, 5)});
}

TEST_F(SharePartitionTest, each_record_may_be_acknowledged_in_its_own_way) {
  acquire({range(0, 4)});
  using enum AcknowledgeType;
  EXPECT_EQ(acknowledge(0, 4, {accept, release, reject, gap, accept}), KafkaError::none);
  EXPECT_EQ(partition.start(), Offset(1));
  EXPECT_EQ(partition.next(), Offset(1));
  EXPECT_EQ(partition.in_flight(), 1);
  EXPECT_EQ(partition.stored(),
            (std::vector{batch(1, 1, RecordState::available, 1), batch(2, 4, RecordState::archived, 1)}))
      << "what is complete is one run, whatever completed it";
}

TEST_F(SharePartitionTest, who_has_not_got_a_record_cannot_acknowledge_it_and_nothing_changes) {
  acquire({range(0, 9)}, 500, "m");
  acquire({range(10, 19)}, 500, "n");
  EXPECT_EQ(accept(0, 19), KafkaError::invalid_record_state);
  EXPECT_EQ(accept(5, 25), KafkaError::invalid_request);
  EXPECT_EQ(accept(0, 9), KafkaError::none);
  EXPECT_EQ(accept(10, 10), KafkaError::invalid_record_state);
  EXPECT_EQ(partition.start(), Offset(10));
}

TEST_F(SharePartitionTest, locks_expire_unless_they_are_renewed) {
  acquire({range(0, 9)});
  EXPECT_EQ(partition.next_expiry(), now + settings.record_lock_ms);
  now += settings.record_lock_ms - 1;
  expire();
  EXPECT_EQ(acknowledge(0, 4, {AcknowledgeType::renew}), KafkaError::none);
  now += 1;
  expire();
  EXPECT_EQ(partition.next(), Offset(5));
  EXPECT_EQ(accept(5, 9), KafkaError::invalid_record_state);
  EXPECT_EQ(accept(0, 4), KafkaError::none);
  EXPECT_EQ(acquire({range(0, 9)}, 500, "n"), std::vector{acquired(5, 9, 2)});
}

TEST_F(SharePartitionTest, a_group_may_forbid_renewals) {
  settings.may_renew = false;
  acquire({range(0, 9)});
  EXPECT_EQ(acknowledge(0, 4, {AcknowledgeType::renew}), KafkaError::invalid_record_state);
}

TEST_F(SharePartitionTest, a_member_that_goes_leaves_its_records_to_the_others) {
  acquire({range(0, 9)}, 500, "m");
  acquire({range(10, 19)}, 500, "n");
  partition.carry_out(partition.plan_release("m", settings), settings, now);
  EXPECT_EQ(acquire({range(0, 9), range(10, 19)}, 500, "n"), std::vector{acquired(0, 9, 2)});
}

TEST_F(SharePartitionTest, no_more_than_the_limit_is_in_flight_but_old_records_come_again) {
  settings.max_record_locks = 100;
  EXPECT_EQ(acquire({range(0, 149)}, 500, "m", true), std::vector{acquired(0, 99, 1)});
  EXPECT_FALSE(partition.can_acquire(settings.max_record_locks));
  EXPECT_EQ(acquire({range(0, 149)}, 500, "m", true), std::vector<AcquiredRecords>());
  release(50, 50);
  EXPECT_TRUE(partition.can_acquire(settings.max_record_locks));
  EXPECT_EQ(acquire({range(0, 149)}, 500, "m", true), std::vector{acquired(50, 50, 2)});
  accept(0, 49);
  EXPECT_EQ(acquire({range(0, 149)}, 500, "m", true), std::vector{acquired(100, 149, 1)});
}

TEST_F(SharePartitionTest, aborted_records_are_archived_instead_of_delivered) {
  EXPECT_EQ(acquire({range(0, 4), range(5, 9), range(10, 14)}, 500, "m", false, {range(5, 9)}),
            (std::vector{acquired(0, 4, 1), acquired(10, 14, 1)}));
  accept(0, 4);
  EXPECT_EQ(partition.start(), Offset(10));
  EXPECT_EQ(acquire({range(15, 19)}, 500, "m", false, {range(15, 19)}), std::vector<AcquiredRecords>());
  accept(10, 14);
  EXPECT_EQ(partition.start(), Offset(20));
}

TEST_F(SharePartitionTest, what_compaction_removed_does_not_hold_up_the_rest) {
  acquire({range(0, 9), range(10, 19)});
  release(0, 19);
  EXPECT_EQ(acquire({range(10, 19)}), std::vector{acquired(10, 19, 2)});
  EXPECT_EQ(partition.start(), Offset(10));
  EXPECT_EQ(acquire({range(30, 39)}), std::vector{acquired(30, 39, 1)});
  accept(10, 19);
  EXPECT_EQ(partition.start(), Offset(30));
}

TEST_F(SharePartitionTest, moves_with_the_start_of_the_log) {
  acquire({range(0, 9)});
  partition.move_start(Offset(5));
  EXPECT_EQ(partition.start(), Offset(5));
  EXPECT_EQ(accept(0, 9), KafkaError::none);
  EXPECT_EQ(partition.start(), Offset(10));
  partition.move_start(Offset(100));
  EXPECT_EQ(partition.next(), Offset(100));
  EXPECT_EQ(acquire({range(90, 109)}), std::vector{acquired(100, 109, 1)});
}

TEST_F(SharePartitionTest, what_was_read_for_an_older_state_gives_nothing) {
  EXPECT_EQ(partition.acquire({"m", Offset(50), 500, 500, false}, std::vector{range(50, 59)}, {}, settings, now),
            std::vector<AcquiredRecords>());
}

TEST_F(SharePartitionTest, what_is_stored_gives_it_back_with_acquired_records_available) {
  acquire({range(0, 9)});
  release(0, 9);
  acquire({range(0, 9)});
  accept(2, 3);
  SharePartition again(partition.start());
  for (const StateBatch& stored : partition.stored()) again.restore(stored);
  EXPECT_EQ(again.start(), Offset(0));
  EXPECT_EQ(again.stored(),
            (std::vector{batch(0, 1, RecordState::available, 1), batch(2, 3, RecordState::acknowledged, 2),
                         batch(4, 9, RecordState::available, 1)}));
}

}  // namespace
}  // namespace tickerlake::broker
