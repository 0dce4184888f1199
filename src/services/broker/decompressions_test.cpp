#include "services/broker/decompressions.h"

#include <gtest/gtest.h>

#include <atomic>
#include <thread>
#include <vector>

namespace tickerlake::broker {
namespace {

TEST(Decompressions, are_never_more_than_the_bound_and_all_get_their_turn) {
  Decompressions all(3);
  std::atomic<int> now = 0, most = 0, done = 0;
  {
    std::vector<std::jthread> threads;
    for (int i = 0; i < 20; ++i) {
      threads.emplace_back([&] {
        const Decompressions::Turn turn(all);
        const int seen = ++now;
        for (int before = most; before < seen && !most.compare_exchange_weak(before, seen);) {
        }
        std::this_thread::sleep_for(std::chrono::milliseconds(2));
        --now;
        ++done;
      });
    }
  }
  EXPECT_LE(most, 3);
  EXPECT_EQ(done, 20);
}

TEST(Decompressions, wait_for_one_that_ends) {
  Decompressions all(1);
  auto first = std::make_unique<Decompressions::Turn>(all);
  std::atomic<bool> second = false;
  std::jthread other([&] {
    const Decompressions::Turn turn(all);
    second = true;
  });
  std::this_thread::sleep_for(std::chrono::milliseconds(20));
  EXPECT_FALSE(second);
  first.reset();
  other.join();
  EXPECT_TRUE(second);
}

}  // namespace
}  // namespace tickerlake::broker
