// The sink: every offset in exactly one file of the lake, whatever happens to the sinks and to their requests.
#include "checks.h"
#include "sink_world.h"

namespace tickerlake::simulation {
namespace {

using Without = SinkWorld::Without;

TEST(SinkSimulation, one_sink_with_kills_and_lost_answers_in_all_histories) {
  expect_all_histories_hold("one sink", SinkWorld({.sinks = 1, .topic_end = 6, .longest_cut = 3}), 60);
}

TEST(SinkSimulation, one_sink_whose_requests_may_arrive_after_its_death_in_all_histories) {
  expect_all_histories_hold("one sink, late requests",
                            SinkWorld({.sinks = 1, .topic_end = 3, .longest_cut = 2, .late_requests = 2}), 60);
}

TEST(SinkSimulation, two_sinks_at_once_in_all_histories) {
  expect_all_histories_hold("two sinks", SinkWorld({.sinks = 2, .topic_end = 3, .longest_cut = 2}), 60);
  expect_all_histories_hold("two sinks, late requests",
                            SinkWorld({.sinks = 2, .topic_end = 2, .longest_cut = 2, .late_requests = 1}), 60);
}

TEST(SinkSimulation, rows_that_are_left_to_a_later_plan_in_all_histories) {
  expect_all_histories_hold("sinks that carry",
                            SinkWorld({.sinks = 1, .topic_end = 4, .longest_cut = 3, .carries = true}), 60);
  expect_all_histories_hold("two sinks that carry",
                            SinkWorld({.sinks = 2, .topic_end = 3, .longest_cut = 2, .carries = true}), 60);
}

TEST(SinkSimulation, many_sinks_with_all_faults_at_random) {
  const auto world = [](std::uint64_t seed) {
    return SinkWorld({.sinks = 1 + static_cast<int>(seed % 3),
                      .topic_end = 6 + static_cast<std::int64_t>(seed % 7),
                      .longest_cut = 1 + static_cast<std::int64_t>(seed % 5),
                      .late_requests = seed % 4,
                      .carries = seed % 2 == 0,
                      .busy_answers = true});
  };
  expect_random_histories_hold("sinks", world, 1'000'000);
}

TEST(SinkSimulation, merging_equal_states_hides_no_history) {
  expect_merging_hides_nothing(SinkWorld({.sinks = 1, .topic_end = 2, .longest_cut = 2, .late_requests = 1}), 10);
  expect_merging_hides_nothing(SinkWorld({.sinks = 2, .topic_end = 2, .longest_cut = 1}), 7);
}

TEST(SinkSimulation, misses_the_plan_before_the_files) {
  expect_found("files before their plan", SinkWorld({.without = Without::plan_before_files}), 4);
}

TEST(SinkSimulation, misses_the_condition_under_which_a_plan_is_stored) {
  expect_found("plans stored without If-None-Match",
               SinkWorld({.sinks = 2, .topic_end = 2, .without = Without::condition_on_plans}), 10);
}

TEST(SinkSimulation, misses_the_look_for_files_that_a_dead_sink_left_out) {
  expect_found("the last plan's files not looked for", SinkWorld({.without = Without::check_of_files}), 6);
}

TEST(SinkSimulation, misses_the_rows_that_a_dead_sink_left_to_a_later_plan) {
  expect_found("rows that were left for later forgotten",
               SinkWorld({.carries = true, .without = Without::rows_left_before}), 5);
}

TEST(SinkSimulation, misses_the_look_for_dead_letters_that_are_there) {
  expect_found("dead letters written again", SinkWorld({.without = Without::look_for_letters}), 9);
}

}  // namespace
}  // namespace tickerlake::simulation
