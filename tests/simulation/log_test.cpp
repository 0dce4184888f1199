// The broker's log: what was acknowledged or seen is there after any crash, and the log is what was sent, in its order.
#include "checks.h"
#include "log_world.h"

namespace tickerlake::simulation {
namespace {

using Without = LogWorld::Without;

TEST(LogSimulation, appends_syncs_and_crashes_in_all_histories) {
  expect_all_histories_hold("log", LogWorld({.batches = 3, .window = 3, .crashes = 1, .checkpoints = false}), 60);
}

TEST(LogSimulation, checkpoints_older_and_newer_than_the_segments_in_all_histories) {
  expect_all_histories_hold("log with checkpoints", LogWorld({.batches = 2, .window = 2, .crashes = 1}), 60);
}

TEST(LogSimulation, two_crashes_in_all_histories) {
  expect_all_histories_hold("log with two crashes", LogWorld({.batches = 2, .window = 2, .crashes = 2}), 60);
}

TEST(LogSimulation, segments_that_expire_in_all_histories) {
  expect_all_histories_hold("log with retention",
                            LogWorld({.batches = 3, .window = 1, .crashes = 1, .reconnects = 0, .retention = true}),
                            60);
}

TEST(LogSimulation, longer_logs_and_any_loss_of_blocks_at_random) {
  const auto world = [](std::uint64_t seed) {
    return LogWorld({.batches = 4 + static_cast<int>(seed % 12),
                     .window = 1 + static_cast<int>(seed % 5),
                     .crashes = 1 + static_cast<int>(seed % 6),
                     .reconnects = 10,
                     .checkpoints = seed % 3 != 0,
                     .retention = seed % 4 == 0,
                     .any_loss = seed % 2 == 0});
  };
  expect_random_histories_hold("log", world, 1'000'000);
}

TEST(LogSimulation, merging_equal_states_hides_no_history) {
  expect_merging_hides_nothing(LogWorld({.batches = 2, .window = 2, .crashes = 1}), 8);
}

TEST(LogSimulation, misses_the_sync_before_the_acknowledgement) {
  expect_found("acknowledged before the sync", LogWorld({.without = Without::sync_before_acknowledgement}), 6);
}

TEST(LogSimulation, misses_the_sync_of_a_segment_that_was_left) {
  expect_found("only the last segment synced", LogWorld({.without = Without::sync_of_all_segments}), 9);
}

TEST(LogSimulation, misses_the_sync_of_what_was_recovered) {
  expect_found("served before it was synced", LogWorld({.crashes = 2, .without = Without::sync_after_recovery}), 8);
}

TEST(LogSimulation, misses_the_check_that_a_segment_follows_the_log) {
  expect_found("segments behind a gap taken", LogWorld({.without = Without::check_for_gaps}), 6);
}

TEST(LogSimulation, misses_the_check_of_each_batch) {
  expect_found("batches taken unchecked", LogWorld({.without = Without::check_of_batches}), 6);
}

TEST(LogSimulation, misses_the_checkpoint_before_expired_segments_go) {
  expect_found("expired segments removed before the checkpoint",
               LogWorld({.retention = true, .without = Without::checkpoint_before_removal}), 16);
}

TEST(LogSimulation, misses_the_snapshot_of_producers) {
  expect_found("checkpoints without producers", LogWorld({.without = Without::snapshot_of_producers}), 14);
}

}  // namespace
}  // namespace tickerlake::simulation
