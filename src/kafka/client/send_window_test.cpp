#include "kafka/client/send_window.h"

#include <gtest/gtest.h>

#include <map>
#include <random>

#include "kafka/error_name.h"

namespace tickerlake::kafka {
namespace {

/// A window of one partition whose leader is node 1, with batches 0, 1, 2, …
SendWindow window_of(BatchId batches) {
  SendWindow window(1);
  window.set_leader(0, 1);
  for (BatchId batch = 0; batch < batches; ++batch) window.add(0, batch);
  return window;
}

/// Takes requests until the window gives no more.
std::vector<BatchId> take_all(SendWindow& window, std::int32_t node = 1) {
  std::vector<BatchId> batches;
  while (true) {
    const auto parts = window.take(node);
    if (parts.empty()) return batches;
    for (const auto& part : parts) batches.push_back(part.batch);
  }
}

using Batches = std::vector<BatchId>;

TEST(SendWindow, sends_one_batch_until_the_first_is_acknowledged_and_then_five_at_most) {
  SendWindow window = window_of(10);
  EXPECT_EQ(take_all(window), Batches({0}));
  EXPECT_EQ(*window.answered(0, 0, KafkaError::none), Batches({0}));
  EXPECT_EQ(take_all(window), Batches({1, 2, 3, 4, 5}));
  EXPECT_EQ(*window.answered(0, 1, KafkaError::none), Batches({1}));
  EXPECT_EQ(take_all(window), Batches({6}));
}

TEST(SendWindow, sends_batches_of_several_partitions_in_one_request) {
  SendWindow window(3);
  for (std::int32_t partition = 0; partition < 3; ++partition) {
    window.set_leader(partition, partition == 2 ? 7 : 1);
    window.add(partition, static_cast<BatchId>(partition));
  }
  EXPECT_EQ(window.nodes_to_serve(), std::vector<std::int32_t>({1, 7}));
  EXPECT_EQ(window.take(1).size(), 2u);
  EXPECT_EQ(window.take(7).size(), 1u);
  EXPECT_TRUE(window.nodes_to_serve().empty());
}

TEST(SendWindow, sends_a_refused_batch_again_before_what_was_behind_it) {
  SendWindow window = window_of(4);
  take_all(window);
  ASSERT_TRUE(window.answered(0, 0, KafkaError::none));
  EXPECT_EQ(take_all(window), Batches({1, 2, 3}));
  EXPECT_TRUE(window.answered(0, 1, KafkaError::not_leader_or_follower)->empty());
  EXPECT_TRUE(window.needs_leaders());
  window.set_leader(0, 1);
  EXPECT_TRUE(take_all(window).empty()) << "batches 2 and 3 are still under way";
  EXPECT_TRUE(window.answered(0, 2, KafkaError::out_of_order_sequence_number));
  window.set_leader(0, 1);
  EXPECT_TRUE(take_all(window).empty()) << "batch 3 is still under way";
  EXPECT_TRUE(window.answered(0, 3, KafkaError::out_of_order_sequence_number));
  window.set_leader(0, 2);
  EXPECT_EQ(take_all(window, 2), Batches({1})) << "alone, until it is acknowledged";
  EXPECT_EQ(*window.answered(0, 1, KafkaError::none), Batches({1}));
  EXPECT_EQ(take_all(window, 2), Batches({2, 3}));
}

TEST(SendWindow, sends_everything_that_was_under_way_on_a_lost_connection_again_in_order) {
  SendWindow window = window_of(6);
  take_all(window);
  ASSERT_TRUE(window.answered(0, 0, KafkaError::none));
  EXPECT_EQ(take_all(window), Batches({1, 2, 3, 4, 5}));
  window.lost(1);
  EXPECT_TRUE(window.needs_leaders());
  EXPECT_TRUE(take_all(window).empty());
  window.set_leader(0, 1);
  EXPECT_EQ(take_all(window), Batches({1}));
  EXPECT_EQ(*window.answered(0, 1, KafkaError::duplicate_sequence_number), Batches({1})) << "it had been stored";
  EXPECT_EQ(take_all(window), Batches({2, 3, 4, 5}));
}

TEST(SendWindow, waits_for_the_old_leaders_answers_before_it_sends_to_a_new_one) {
  SendWindow window = window_of(3);
  take_all(window);
  ASSERT_TRUE(window.answered(0, 0, KafkaError::none));
  EXPECT_EQ(window.take(1).size(), 1u);
  window.set_leader(0, 2);
  EXPECT_TRUE(window.take(2).empty());
  EXPECT_EQ(*window.answered(0, 1, KafkaError::none), Batches({1}));
  EXPECT_EQ(take_all(window, 2), Batches({2}));
}

TEST(SendWindow, lets_a_batch_go_only_when_all_before_it_are_done) {
  SendWindow window = window_of(4);
  take_all(window);
  ASSERT_TRUE(window.answered(0, 0, KafkaError::none));
  take_all(window);
  EXPECT_TRUE(window.answered(0, 1, KafkaError::not_enough_replicas_after_append)->empty());
  EXPECT_TRUE(window.answered(0, 2, KafkaError::none)->empty()) << "batch 1 was appended, but not replicated";
  EXPECT_TRUE(window.answered(0, 3, KafkaError::request_timed_out)->empty());
  window.set_leader(0, 1);
  EXPECT_EQ(take_all(window), Batches({1}));
  EXPECT_EQ(*window.answered(0, 1, KafkaError::none), Batches({1, 2}));
  EXPECT_EQ(take_all(window), Batches({3}));
}

TEST(SendWindow, fails_when_the_first_batch_is_out_of_order_or_can_never_be_stored) {
  for (const KafkaError code :
       {KafkaError::out_of_order_sequence_number, KafkaError::message_too_large, KafkaError::invalid_producer_epoch,
        KafkaError::topic_authorization_failed, KafkaError::unknown_producer_id, KafkaError::corrupt_message}) {
    SendWindow window = window_of(2);
    take_all(window);
    const auto answer = window.answered(0, 0, code);
    ASSERT_FALSE(answer) << name(code);
    EXPECT_NE(answer.error().message.find(name(code)), std::string::npos) << answer.error().message;
  }
}

/// A broker's idempotence as Apache Kafka has it: it remembers the last five batches, and takes any sequence of a
/// producer that it has not heard of.
class Broker {
 public:
  KafkaError append(BatchId batch) {
    for (std::size_t i = log_.size(); i > 0 && i + 5 > log_.size(); --i)
      if (log_[i - 1] == batch) return KafkaError::none;
    if (!log_.empty() && batch != log_.back() + 1) return KafkaError::out_of_order_sequence_number;
    log_.push_back(batch);
    return KafkaError::none;
  }
  const std::vector<BatchId>& log() const { return log_; }

 private:
  std::vector<BatchId> log_;
};

/// Refusals, lost connections (before and after the effect), late requests of lost connections, leaders that move: the
/// log is every batch once, in order, at all times a prefix.
TEST(SendWindow, stores_every_batch_once_and_in_order_whatever_happens) {
  const unsigned seed = std::random_device()();
  SCOPED_TRACE("seed " + std::to_string(seed));
  std::mt19937 dice(seed);
  const auto chance = [&](unsigned percent) { return dice() % 100 < percent; };
  for (int history = 0; history < 2'000; ++history) {
    constexpr BatchId batches = 30;
    SendWindow window(1);
    Broker broker;
    BatchId added = 0;
    std::deque<BatchId> connection;                      // requests that the broker has not seen
    std::deque<std::pair<BatchId, KafkaError>> answers;  // that the client has not seen
    std::vector<std::deque<BatchId>> zombies;            // of lost connections, still in the broker's queue
    std::int32_t node = 1;
    std::vector<BatchId> done;
    for (int step = 0; step < 100'000 && done.size() < batches; ++step) {
      if (added < batches && chance(30)) window.add(0, added++);
      if (window.needs_leaders() && chance(30)) window.set_leader(0, node);
      for (const auto& part : window.take(node)) connection.push_back(part.batch);
      if (!connection.empty() && chance(40)) {
        const KafkaError code = chance(10)  ? KafkaError::not_leader_or_follower
                                : chance(5) ? (broker.append(connection.front()), KafkaError::request_timed_out)
                                            : broker.append(connection.front());
        answers.emplace_back(connection.front(), code);
        connection.pop_front();
      }
      if (!answers.empty() && chance(40)) {
        const auto outcome = window.answered(0, answers.front().first, answers.front().second);
        ASSERT_TRUE(outcome) << outcome.error().message;
        done.insert(done.end(), outcome->begin(), outcome->end());
        answers.pop_front();
      }
      if (chance(3)) {
        zombies.push_back(std::move(connection));
        connection = {};
        answers.clear();
        window.lost(node);
        if (chance(50)) node = 3 - node;
      }
      for (auto& zombie : zombies) {
        if (zombie.empty() || !chance(20)) continue;
        broker.append(zombie.front());
        zombie.pop_front();
      }
    }
    ASSERT_EQ(done.size(), batches);
    for (BatchId i = 0; i < batches; ++i) {
      ASSERT_EQ(done[i], i);
      ASSERT_EQ(broker.log()[i], i);
    }
    ASSERT_EQ(broker.log().size(), batches);
  }
}

}  // namespace
}  // namespace tickerlake::kafka
