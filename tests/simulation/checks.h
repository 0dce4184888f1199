#pragma once
// The simulator's runs as tests: what is printed, and how a run is repeated.
//
//   TICKERLAKE_SEED=N                 the first life's seed; a failure names the one to set
//   TICKERLAKE_SIMULATION_FACTOR=100  so many times more random steps (tests/run --all); 0.1: a tenth (sanitizers)
#include <gtest/gtest.h>

#include <charconv>
#include <cstdio>
#include <cstdlib>
#include <iostream>

#include "explore.h"
#include "wander.h"

namespace tickerlake::simulation {

template <class Number>
std::optional<Number> number_of(const char* variable) {
  const char* text = std::getenv(variable);
  if (text == nullptr) return std::nullopt;
  Number number = 0;
  const std::string_view digits = text;
  const auto [end, error] = std::from_chars(digits.data(), digits.data() + digits.size(), number);
  if (error != std::errc() || end != digits.data() + digits.size()) {
    ADD_FAILURE() << variable << " is no number: " << text;
    return std::nullopt;
  }
  return number;
}

/// Every history up to the length keeps the promises.
template <World W>
void expect_all_histories_hold(const char* what, const W& start, int length) {
  const Exploration all = explore(start, length);
  if (all.failure) {
    ADD_FAILURE() << what << ": " << tell(start, *all.failure);
    return;
  }
  EXPECT_TRUE(all.closed || all.length == length) << what << ": only histories of " << all.length << " steps fitted";
  std::cout << what << ": all " << all.histories << " histories of up to " << all.length << " steps, " << all.states
            << " states" << (all.closed ? "; longer ones lead to no other state" : "") << std::endl;
}

/// The same number of histories, walked one by one: merging equal states has hidden none.
template <World W>
void expect_merging_hides_nothing(const W& start, int length) {
  Exploration walked{};
  enumerate(start, length, walked);
  EXPECT_FALSE(walked.failure);
  EXPECT_EQ(walked.histories, explore(start, length).histories);
}

/// Random histories keep the promises. make(seed) gives a life's world.
template <class Make>
void expect_random_histories_hold(const char* what, const Make& make, std::int64_t steps) {
  const std::uint64_t seed = number_of<std::uint64_t>("TICKERLAKE_SEED").value_or(std::random_device{}());
  const double factor = number_of<double>("TICKERLAKE_SIMULATION_FACTOR").value_or(1);
  std::cout << what << ": seed " << seed << std::endl;
  const Wandering walk = wander(make, seed, static_cast<std::int64_t>(static_cast<double>(steps) * factor));
  if (walk.failed_seed) {
    ADD_FAILURE() << what << ": TICKERLAKE_SEED=" << *walk.failed_seed << " shows it again; " << walk.minimal.size()
                  << " of its " << walk.failure.size() << " steps are needed\n"
                  << tell(make(*walk.failed_seed), walk.minimal);
    return;
  }
  std::cout << what << ": " << walk.steps << " random steps in " << walk.lives << " lives" << std::endl;
}

/// A protection was taken away from the simulated shell: a history of at most `most_steps` steps shows what it was for,
/// both when all are looked through and when they are random and then made small.
template <World W>
void expect_found(const char* what, const W& start, std::size_t most_steps, int length = 20) {
  const Exploration all = explore(start, length);
  ASSERT_TRUE(all.failure) << what << " is not found among all histories of " << length << " steps";
  EXPECT_LE(all.failure->size(), most_steps) << tell(start, *all.failure);
  std::cout << what << ": " << tell(start, *all.failure);
  const Wandering walk = wander([&](std::uint64_t) { return start; }, 1, 2'000'000);
  ASSERT_TRUE(walk.failed_seed) << what << " is not found at random";
  EXPECT_LE(walk.minimal.size(), most_steps + 4) << tell(start, walk.minimal);
}

}  // namespace tickerlake::simulation
