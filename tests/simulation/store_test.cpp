// The object store: readers see the old object or the new one, whole; of writers under a condition one wins; no blob
// stays that nothing names, and none goes that is named or read.
#include "checks.h"
#include "store_world.h"

namespace tickerlake::simulation {
namespace {

using Without = StoreWorld::Without;

TEST(StoreSimulation, two_writers_and_a_reader_with_a_crash_in_all_histories) {
  expect_all_histories_hold("store", StoreWorld({.writes = 2, .reads = 1, .crashes = 1}), 60);
}

TEST(StoreSimulation, three_writes_with_failing_commits_in_all_histories) {
  expect_all_histories_hold(
      "store with failing commits",
      StoreWorld({.readers = 1, .writes = 3, .reads = 0, .crashes = 1, .has_failing_commits = true}), 60);
}

TEST(StoreSimulation, many_writers_and_readers_at_random) {
  const auto world = [](std::uint64_t seed) {
    return StoreWorld({.writers = 1 + static_cast<int>(seed % 4),
                       .readers = static_cast<int>(seed % 5),
                       .writes = 40,
                       .reads = 40,
                       .crashes = static_cast<int>(seed % 6),
                       .has_failing_commits = seed % 2 == 0});
  };
  expect_random_histories_hold("store", world, 1'000'000);
}

TEST(StoreSimulation, merging_equal_states_hides_no_history) {
  expect_merging_hides_nothing(StoreWorld({.writes = 2, .reads = 1, .crashes = 1, .has_failing_commits = true}), 6);
}

TEST(StoreSimulation, misses_the_seal_before_the_commit) {
  expect_found("committed unsealed", StoreWorld({.without = Without::seal_before_commit}), 4);
}

TEST(StoreSimulation, misses_the_commit_before_the_free) {
  expect_found("freed before the commit", StoreWorld({.without = Without::commit_before_free}), 8);
}

TEST(StoreSimulation, misses_the_condition_in_the_commit) {
  expect_found("conditions looked at before the body only", StoreWorld({.without = Without::condition_in_commit}), 8);
}

TEST(StoreSimulation, misses_the_blob_of_a_commit_that_failed_and_is_there) {
  expect_found("the blob of a failed commit removed",
               StoreWorld({.has_failing_commits = true, .without = Without::blob_of_failed_commit}), 5);
}

TEST(StoreSimulation, misses_the_readers_that_the_sweep_has_to_ask_for) {
  expect_found("the sweep removes what is read",
               StoreWorld({.writes = 4, .reads = 4, .crashes = 3, .without = Without::readers_in_sweep}), 9);
}

TEST(StoreSimulation, misses_the_readers_of_what_is_replaced) {
  expect_found("a replaced blob removed at once", StoreWorld({.without = Without::readers_in_free}), 12);
}

}  // namespace
}  // namespace tickerlake::simulation
