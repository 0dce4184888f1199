// Transactions: what was committed is read as a whole, what was not never is, and nothing hangs.
#include "checks.h"
#include "transaction_world.h"

namespace tickerlake::simulation {
namespace {

using Without = TransactionWorld::Without;

TEST(TransactionSimulation, one_transaction_and_a_crash_in_all_short_histories) {
  expect_all_histories_hold("transactions",
                            TransactionWorld({.partitions = 1, .transactions = 1, .instances = 1, .timeouts = 1}), 28);
}

TEST(TransactionSimulation, many_instances_and_crashes_at_random) {
  const auto world = [](std::uint64_t seed) {
    return TransactionWorld({.partitions = 1 + static_cast<int>(seed % 3),
                             .transactions = 12,
                             .instances = 1 + static_cast<int>(seed / 3 % 4),
                             .crashes = static_cast<int>(seed / 12 % 4),
                             .timeouts = static_cast<int>(seed / 48 % 3),
                             .version2 = seed % 2 == 0});
  };
  expect_random_histories_hold("transactions", world, 400'000);
}

/// Too rare to be met at random: it takes a power loss that keeps the markers and loses the decision.
TEST(TransactionSimulation, misses_the_sync_of_the_decision_before_the_markers) {
  const TransactionWorld world(
      {.partitions = 1, .transactions = 1, .instances = 1, .without = Without::sync_before_markers});
  const Exploration all = explore(world, 20);
  ASSERT_TRUE(all.failure) << "markers before the decision is on disk are not found";
  EXPECT_LE(all.failure->size(), 15u) << tell(world, *all.failure);
}

TEST(TransactionSimulation, misses_admission) {
  expect_found("records behind the marker",
               TransactionWorld({.partitions = 1,
                                 .transactions = 1,
                                 .instances = 1,
                                 .crashes = 0,
                                 .timeouts = 0,
                                 .without = Without::admission}),
               20);
}

TEST(TransactionSimulation, misses_the_sync_before_admission) {
  expect_found(
      "records of a transaction that nobody knows",
      TransactionWorld({.partitions = 1, .transactions = 1, .instances = 1, .without = Without::sync_before_admission}),
      20);
}

}  // namespace
}  // namespace tickerlake::simulation
