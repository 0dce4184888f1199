// Group commit: nobody is told of an append before a sync that covers it, and everybody is told in the end.
#include "checks.h"
#include "commit_world.h"

namespace tickerlake::simulation {
namespace {

using Without = CommitWorld::Without;

TEST(GroupCommitSimulation, two_partitions_and_two_appenders_in_all_histories) {
  expect_all_histories_hold("group commit", CommitWorld({.partitions = 2, .appenders = 2, .appends = 3}), 60);
}

TEST(GroupCommitSimulation, three_appenders_of_one_partition_in_all_histories) {
  expect_all_histories_hold("group commit of bulk",
                            CommitWorld({.partitions = 1, .appenders = 3, .appends = 3, .bulk = true}), 60);
}

TEST(GroupCommitSimulation, what_may_be_seen_at_once_shows_nothing_else_in_all_histories) {
  expect_all_histories_hold("group commit with acks=1 among acks=all",
                            CommitWorld({.partitions = 1, .appenders = 2, .appends = 4, .at_once = true}), 60);
}

TEST(GroupCommitSimulation, many_appenders_and_partitions_at_random) {
  const auto world = [](std::uint64_t seed) {
    return CommitWorld({.partitions = 1 + static_cast<int>(seed % 4),
                        .appenders = 1 + static_cast<int>(seed % 7),
                        .appends = 40,
                        .bulk = seed % 3 == 0,
                        .at_once = seed % 2 == 0});
  };
  expect_random_histories_hold("group commit", world, 1'000'000);
}

TEST(GroupCommitSimulation, merging_equal_states_hides_no_history) {
  expect_merging_hides_nothing(CommitWorld({.partitions = 2, .appenders = 2, .appends = 2}), 7);
}

TEST(GroupCommitSimulation, misses_the_sync_before_the_acknowledgement) {
  expect_found("acknowledged before the sync", CommitWorld({.without = Without::sync_before_acknowledgement}), 5);
}

TEST(GroupCommitSimulation, misses_the_sync_of_a_new_files_name) {
  expect_found("the folder not synced", CommitWorld({.without = Without::sync_of_names}), 9);
}

TEST(GroupCommitSimulation, misses_the_mark_of_an_append_during_a_sync) {
  expect_found("the mark cleared after the sync", CommitWorld({.without = Without::clean_mark_before_sync}), 8);
}

TEST(GroupCommitSimulation, misses_that_one_sync_waits_for_the_other) {
  expect_found("two syncs of a partition at once", CommitWorld({.without = Without::one_sync_at_a_time}), 8);
}

}  // namespace
}  // namespace tickerlake::simulation
