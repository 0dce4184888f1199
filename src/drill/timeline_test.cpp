#include "drill/timeline.h"

#include <gtest/gtest.h>

namespace tickerlake::drill {
namespace {

using Brokers = std::vector<std::int32_t>;

PartitionView view(std::int32_t id, std::int32_t leader, std::int32_t epoch, Brokers in_sync,
                   Brokers replicas = {1, 2, 3}) {
  return {.id = id,
          .leader = leader,
          .leader_epoch = epoch,
          .replicas = std::move(replicas),
          .in_sync = std::move(in_sync)};
}

TEST(Timeline, what_does_not_change_is_noted_once) {
  Timeline timeline;
  for (Ms at : {0, 50, 100}) observe(timeline, at, {view(0, 1, 0, {1, 2, 3})});
  ASSERT_EQ(timeline.partitions.size(), 1u);
  EXPECT_EQ(timeline.partitions[0].leaders.size(), 1u);
  EXPECT_EQ(timeline.partitions[0].in_sync.size(), 1u);
}

TEST(Timeline, the_order_of_an_isr_does_not_matter) {
  Timeline timeline;
  observe(timeline, 0, {view(0, 1, 0, {1, 2, 3})});
  observe(timeline, 50, {view(0, 1, 0, {3, 1, 2})});
  EXPECT_EQ(timeline.partitions[0].in_sync.size(), 1u);
}

TEST(Timeline, a_view_of_an_earlier_epoch_is_passed_over) {
  Timeline timeline;
  observe(timeline, 0, {view(0, 1, 4, {1, 2, 3})});
  observe(timeline, 100, {view(0, 2, 5, {2, 3})});
  observe(timeline, 150, {view(0, 1, 4, {1, 2, 3})});  // of a broker that lags behind
  EXPECT_EQ(timeline.partitions[0].leader(), 2);
  EXPECT_FALSE(timeline.partitions[0].is_in_sync(1));
}

TEST(Timeline, partitions_stand_in_the_order_of_their_numbers_however_they_come) {
  Timeline timeline;
  observe(timeline, 0, {view(2, 1, 0, {1}), view(0, 2, 0, {2}), view(1, 3, 0, {3})});
  for (std::size_t i = 0; i < 3; ++i) EXPECT_EQ(timeline.partitions[i].id, static_cast<std::int32_t>(i));
}

TEST(Timeline, a_fail_over_is_done_when_the_last_partition_has_another_leader) {
  Timeline timeline;
  observe(timeline, 0, {view(0, 1, 0, {1, 2, 3}), view(1, 1, 0, {1, 2, 3}, {2, 1, 3})});
  EXPECT_EQ(led_without(timeline, 1), std::nullopt);
  observe(timeline, 9'000, {view(0, 2, 1, {2, 3}), view(1, nobody, 1, {1, 2, 3})});
  EXPECT_EQ(led_without(timeline, 1), std::nullopt) << "nobody is no leader";
  observe(timeline, 9'200, {view(0, 2, 1, {2, 3}), view(1, 2, 2, {2, 3})});
  EXPECT_EQ(led_without(timeline, 1), 9'200);
  EXPECT_EQ(in_sync_without(timeline, 1), 9'200);
  EXPECT_EQ(all_in_sync(timeline), std::nullopt);
  EXPECT_EQ(led_by_preferred(timeline), std::nullopt);
}

TEST(Timeline, it_is_as_before_when_all_are_in_sync_and_the_preferred_ones_lead) {
  Timeline timeline;
  observe(timeline, 0, {view(0, 2, 1, {2, 3})});
  observe(timeline, 500, {view(0, 2, 1, {1, 2, 3})});
  EXPECT_EQ(all_in_sync(timeline), 500);
  EXPECT_EQ(led_by_preferred(timeline), std::nullopt);
  observe(timeline, 700, {view(0, 1, 2, {1, 2, 3})});
  EXPECT_EQ(led_by_preferred(timeline), 700);
  EXPECT_EQ(all_in_sync(timeline), 500) << "the ISR has not changed since";
}

TEST(Timeline, nothing_holds_of_a_topic_that_nobody_has_described) {
  const Timeline timeline;
  EXPECT_EQ(all_in_sync(timeline), std::nullopt);
  EXPECT_EQ(led_without(timeline, 1), std::nullopt);
}

TEST(Timeline, the_least_isr_is_that_of_the_partition_with_the_fewest) {
  Timeline timeline;
  observe(timeline, 0, {view(0, 1, 0, {1, 2, 3}), view(1, 2, 0, {1, 2, 3})});
  observe(timeline, 100, {view(1, 2, 0, {2, 3})});
  observe(timeline, 200, {view(0, 2, 1, {2, 3})});
  observe(timeline, 300, {view(1, 2, 1, {1, 2, 3})});
  observe(timeline, 400, {view(0, 2, 1, {1, 2, 3})});
  const auto least = least_in_sync(timeline);
  ASSERT_EQ(least.size(), 3u);
  EXPECT_EQ(least[1].at, 100);
  EXPECT_EQ(least[1].value, 2);
  EXPECT_EQ(least[2].at, 400);
  EXPECT_EQ(least[2].value, 3);
}

TEST(Timeline, events_stand_in_the_order_of_their_times) {
  Timeline timeline;
  add_event(timeline, {.at = 20, .text = "b"});
  add_event(timeline, {.at = 10, .text = "a"});
  add_event(timeline, {.at = 20, .text = "c"});
  EXPECT_EQ(timeline.events[0].text, "a");
  EXPECT_EQ(timeline.events[1].text, "b");
  EXPECT_EQ(timeline.events[2].text, "c");
}

TEST(Timeline, rates_are_rows_a_second_over_steps) {
  Timeline timeline;
  for (Ms at = 0; at <= 2'000; at += 250)
    timeline.samples.push_back({.at = at, .replayed = at * 2, .read = at, .in_lake = at < 1'000 ? 0 : 1'000});
  const auto all = rates(timeline, 1'000);
  ASSERT_EQ(all.size(), 2u);
  EXPECT_DOUBLE_EQ(all[0].replayed, 2'000);
  EXPECT_DOUBLE_EQ(all[0].read, 1'000);
  EXPECT_DOUBLE_EQ(all[0].in_lake, 1'000);
  EXPECT_DOUBLE_EQ(all[1].in_lake, 0);
  EXPECT_EQ(all[1].from, 1'000);
}

TEST(Timeline, a_pause_is_the_time_without_a_new_row) {
  Timeline timeline;
  std::int64_t rows = 0;
  for (Ms at = 0; at <= 5'000; at += 100) {
    if (at <= 1'000 || at > 4'000) ++rows;
    timeline.samples.push_back({.at = at, .replayed = rows});
  }
  EXPECT_EQ(longest_pause(timeline, 0, 5'000), 3'100);
  EXPECT_EQ(longest_pause(timeline, 0, 900), 100);
  EXPECT_EQ(longest_pause(Timeline{}, 0, 1'000), 0);
}

TEST(Timeline, percentiles_are_values_that_occurred) {
  std::vector<Ms> twenty;
  for (Ms value = 20; value > 0; --value) twenty.push_back(value);
  EXPECT_EQ(percentile(twenty, 0.5), 10);
  EXPECT_EQ(percentile(twenty, 0.99), 20);
  EXPECT_EQ(percentile({7}, 0.5), 7);
  EXPECT_EQ(percentile({}, 0.5), std::nullopt);
}

}  // namespace
}  // namespace tickerlake::drill
