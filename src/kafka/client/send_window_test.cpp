#include "kafka/client/send_window.h"

#include <gtest/gtest.h>

#include <random>

#include "kafka/error_name.h"

namespace tickerlake::kafka {
namespace {

constexpr Leader first_leader{.node = 1, .epoch = 0};

/// What a look shows: the batches' numbers are their sequences, and each takes one offset.
LogTail tail_of(const std::vector<BatchId>& log, std::int64_t from) {
  LogTail tail{.batches = {}, .end = static_cast<std::int64_t>(log.size())};
  for (std::int64_t i = std::max<std::int64_t>(from, 0); from >= 0 && i < tail.end; ++i)
    tail.batches.push_back({static_cast<std::int32_t>(log[static_cast<std::size_t>(i)]), i + 1});
  return tail;
}

/// The log behind what is acknowledged, as node 1 shows it.
Result<std::vector<BatchId>> look(SendWindow& window, const std::vector<BatchId>& log, Leader leader = first_leader) {
  const auto questions = window.questions();
  EXPECT_EQ(questions.size(), 1u);
  EXPECT_TRUE(questions.at(0).from.has_value());
  return window.looked(0, leader, tail_of(log, *questions.at(0).from));
}

/// A window of one partition whose leader is node 1 and whose log is empty, with batches 0, 1, 2, …
SendWindow window_of(BatchId batches) {
  SendWindow window(1);
  for (BatchId batch = 0; batch < batches; ++batch) window.add(0, batch, static_cast<std::int32_t>(batch));
  EXPECT_TRUE(look(window, {}));
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

TEST(SendWindow, asks_where_a_log_ends_before_it_sends_anything) {
  SendWindow window(1);
  EXPECT_TRUE(window.questions().empty()) << "there is nothing to send";
  window.add(0, 0, 0);
  window.set_leader(0, first_leader);
  EXPECT_TRUE(window.nodes_to_serve().empty());
  ASSERT_EQ(window.questions().size(), 1u);
  EXPECT_EQ(window.questions()[0].from, -1);
  ASSERT_TRUE(window.looked(0, first_leader, {.batches = {}, .end = 70}));
  EXPECT_EQ(take_all(window), Batches({0}));
  window.lost(1);
  EXPECT_EQ(window.questions()[0].from, 70);
}

TEST(SendWindow, sends_one_batch_until_the_first_is_acknowledged_and_then_five_at_most) {
  SendWindow window = window_of(10);
  EXPECT_EQ(take_all(window), Batches({0}));
  EXPECT_EQ(*window.answered(0, 0, KafkaError::none, 1), Batches({0}));
  EXPECT_EQ(take_all(window), Batches({1, 2, 3, 4, 5}));
  EXPECT_EQ(*window.answered(0, 1, KafkaError::none, 2), Batches({1}));
  EXPECT_EQ(take_all(window), Batches({6}));
}

TEST(SendWindow, sends_batches_of_several_partitions_in_one_request) {
  SendWindow window(3);
  for (std::int32_t partition = 0; partition < 3; ++partition) {
    window.add(partition, static_cast<BatchId>(partition), 0);
    ASSERT_TRUE(window.looked(partition, {.node = partition == 2 ? 7 : 1, .epoch = 0}, {}));
  }
  EXPECT_EQ(window.nodes_to_serve(), std::vector<std::int32_t>({1, 7}));
  EXPECT_EQ(window.take(1).size(), 2u);
  EXPECT_EQ(window.take(7).size(), 1u);
  EXPECT_TRUE(window.nodes_to_serve().empty());
}

TEST(SendWindow, sends_a_refused_batch_again_before_what_was_behind_it) {
  SendWindow window = window_of(4);
  take_all(window);
  ASSERT_TRUE(window.answered(0, 0, KafkaError::none, 1));
  EXPECT_EQ(take_all(window), Batches({1, 2, 3}));
  EXPECT_TRUE(window.answered(0, 1, KafkaError::not_leader_or_follower, -1)->empty());
  EXPECT_TRUE(window.questions().empty()) << "batches 2 and 3 are still under way";
  EXPECT_TRUE(window.answered(0, 2, KafkaError::out_of_order_sequence_number, -1));
  window.set_leader(0, first_leader);
  EXPECT_TRUE(take_all(window).empty()) << "batch 3 is still under way";
  EXPECT_TRUE(window.answered(0, 3, KafkaError::out_of_order_sequence_number, -1));
  EXPECT_TRUE(look(window, {0}, {.node = 2, .epoch = 1})->empty());
  EXPECT_EQ(take_all(window, 2), Batches({1})) << "alone, until it is acknowledged";
  EXPECT_EQ(*window.answered(0, 1, KafkaError::none, 2), Batches({1}));
  EXPECT_EQ(take_all(window, 2), Batches({2, 3}));
}

TEST(SendWindow, sends_what_was_under_way_on_a_lost_connection_and_is_not_in_the_log_again_in_order) {
  SendWindow window = window_of(6);
  take_all(window);
  ASSERT_TRUE(window.answered(0, 0, KafkaError::none, 1));
  EXPECT_EQ(take_all(window), Batches({1, 2, 3, 4, 5}));
  EXPECT_EQ(window.lost(1), std::vector<std::int32_t>({0}));
  window.set_leader(0, first_leader);
  EXPECT_TRUE(take_all(window).empty()) << "the log was not looked at";
  EXPECT_EQ(*look(window, {0, 1, 2}), Batches({1, 2})) << "these had been stored";
  EXPECT_EQ(take_all(window), Batches({3}));
  EXPECT_EQ(*window.answered(0, 3, KafkaError::duplicate_sequence_number, -1), Batches({3}));
  EXPECT_EQ(take_all(window), Batches({4, 5}));
}

TEST(SendWindow, looks_again_when_another_leads_than_the_one_that_showed_its_log) {
  SendWindow window = window_of(2);
  take_all(window);
  window.lost(1);
  ASSERT_TRUE(look(window, {}));
  window.set_leader(0, {.node = 2, .epoch = 1});
  EXPECT_TRUE(take_all(window, 2).empty()) << "the first one may have been deposed without knowing it";
  EXPECT_EQ(*look(window, {0}, {.node = 2, .epoch = 1}), Batches({0}));
  EXPECT_EQ(take_all(window, 2), Batches({1}));
  ASSERT_TRUE(window.answered(0, 1, KafkaError::none, 2));
}

TEST(SendWindow, waits_for_the_old_leaders_answers_before_it_sends_to_a_new_one) {
  SendWindow window = window_of(3);
  take_all(window);
  ASSERT_TRUE(window.answered(0, 0, KafkaError::none, 1));
  EXPECT_EQ(window.take(1).size(), 1u);
  window.set_leader(0, {.node = 2, .epoch = 1});
  EXPECT_EQ(window.former_leaders(), std::vector<std::int32_t>({1}));
  EXPECT_TRUE(window.take(2).empty());
  EXPECT_EQ(*window.answered(0, 1, KafkaError::none, 2), Batches({1}));
  EXPECT_EQ(take_all(window, 2), Batches({2}));
}

TEST(SendWindow, lets_a_batch_go_only_when_all_before_it_are_done) {
  SendWindow window = window_of(4);
  take_all(window);
  ASSERT_TRUE(window.answered(0, 0, KafkaError::none, 1));
  take_all(window);
  EXPECT_TRUE(window.answered(0, 1, KafkaError::not_enough_replicas_after_append, -1)->empty());
  EXPECT_TRUE(window.answered(0, 2, KafkaError::none, 3)->empty()) << "batch 1 was appended, but not replicated";
  EXPECT_TRUE(window.answered(0, 3, KafkaError::request_timed_out, -1)->empty());
  EXPECT_EQ(*look(window, {0, 1, 2}), Batches({1, 2}));
  EXPECT_EQ(take_all(window), Batches({3}));
}

TEST(SendWindow, takes_a_batch_that_is_out_of_order_for_stored_when_the_log_shows_it) {
  SendWindow window = window_of(3);
  take_all(window);
  ASSERT_TRUE(window.answered(0, 0, KafkaError::none, 1));
  take_all(window);
  EXPECT_TRUE(window.answered(0, 1, KafkaError::out_of_order_sequence_number, -1)) << "the last one is remembered only";
  EXPECT_TRUE(window.answered(0, 2, KafkaError::none, 3));
  EXPECT_EQ(*look(window, {0, 1, 2}), Batches({1, 2}));
}

TEST(SendWindow, fails_when_the_log_lost_what_was_acknowledged_or_holds_batches_out_of_order) {
  for (const Batches& log : {Batches(), Batches({0, 2}), Batches({0, 1})}) {
    SendWindow window = window_of(4);
    take_all(window);
    ASSERT_TRUE(window.answered(0, 0, KafkaError::none, 1));
    take_all(window);
    ASSERT_TRUE(window.answered(0, 2, KafkaError::none, 3));
    window.lost(1);
    EXPECT_FALSE(look(window, log));
  }
}

TEST(SendWindow, goes_by_what_is_left_of_a_log_whose_records_expired) {
  SendWindow window = window_of(4);
  take_all(window);
  ASSERT_TRUE(window.answered(0, 0, KafkaError::none, 1));
  take_all(window);
  window.lost(1);
  EXPECT_EQ(*window.looked(0, first_leader, {.batches = {{.sequence = 2, .end = 3}}, .end = 3, .is_cut = true}),
            Batches({1, 2}));
  EXPECT_EQ(take_all(window), Batches({3}));
}

TEST(SendWindow, fails_when_the_first_batch_is_out_of_order_or_can_never_be_stored) {
  for (const KafkaError code :
       {KafkaError::out_of_order_sequence_number, KafkaError::message_too_large, KafkaError::invalid_producer_epoch,
        KafkaError::topic_authorization_failed, KafkaError::unknown_producer_id, KafkaError::corrupt_message}) {
    SendWindow window = window_of(2);
    take_all(window);
    const auto answer = window.answered(0, 0, code, -1);
    ASSERT_FALSE(answer) << name(code);
    EXPECT_NE(answer.error().message.find(name(code)), std::string::npos) << answer.error().message;
  }
}

/// A leader in its epoch, with an idempotence as Apache Kafka has it: it remembers the last five batches of those from
/// `remembered` on, and takes any sequence of a producer that it does not remember.
struct Replica {
  std::int32_t node = 1;
  std::int32_t epoch = 0;
  std::vector<BatchId> log;
  std::size_t committed = 0;
  std::size_t remembered = 0;
  bool leads = true;  // or believes so

  struct Answer {
    KafkaError code;
    std::int64_t end;
  };
  Answer append(BatchId batch) {
    if (!leads) return {KafkaError::not_leader_or_follower, -1};
    for (std::size_t i = log.size(); i > remembered && i + 5 > log.size(); --i)
      if (log[i - 1] == batch) return {KafkaError::none, static_cast<std::int64_t>(i)};
    if (log.size() > remembered && batch != log.back() + 1) return {KafkaError::out_of_order_sequence_number, -1};
    log.push_back(batch);
    return {KafkaError::none, static_cast<std::int64_t>(log.size())};
  }
};

/// A window and the cluster of two brokers that it sends to.
class History {
 public:
  static constexpr BatchId batches = 30;

  /// forgets: brokers lose their memory whenever they start, are elected, or simply so, but they don't refuse one
  /// request of a connection and take the next one without it. And late requests of a lost connection are over before
  /// the log is looked at, as the sender's waiting has it.
  History(std::mt19937& dice, bool forgets) : dice_(dice), forgets_(forgets) {}

  void play() {
    for (int step = 0; step < 200'000 && done_.size() < batches; ++step) {
      if (added_ < batches && chance(30)) {
        window_.add(0, added_, static_cast<std::int32_t>(added_));
        ++added_;
      }
      if (chance(30)) scout();
      send();
      broker_works();
      receive();
      if (chance(3)) lose_connection();
      if (chance(2)) elect();
      if (forgets_ && chance(2)) leader().remembered = leader().log.size();
      if (testing::Test::HasFatalFailure()) return;
    }
    ASSERT_EQ(done_.size(), batches);
    ASSERT_EQ(done_, leader().log);
    for (BatchId i = 0; i < batches; ++i) ASSERT_EQ(done_[i], i);
  }

 private:
  bool knows_nothing(const Replica& broker) const { return forgets_ && broker.remembered == broker.log.size(); }
  /// What the connection still holds follows one that the broker, as it is now, did not take.
  bool is_behind_refused(const Replica& broker) const {
    const auto is_older = [&](const Sent& sent) { return sent.answer && sent.epoch != broker.epoch; };
    return has_refused_ || std::ranges::any_of(connection_, is_older);
  }
  bool chance(unsigned percent) { return dice_() % 100 < percent; }
  Replica& leader() { return replicas_.back(); }
  /// The newest that this node was or is.
  Replica& at(std::int32_t node) {
    return *std::ranges::find(replicas_.rbegin(), replicas_.rend(), node, &Replica::node);
  }

  /// Metadata, perhaps of a broker that slept, and a look at the leader that it names.
  void scout() {
    Replica* told = &leader();
    if (chance(20)) told = &replicas_[dice_() % replicas_.size()];
    if (told->epoch < newest_epoch_) return;
    newest_epoch_ = told->epoch;
    const Leader its{told->node, told->epoch};
    const auto questions = window_.questions();
    if (questions.empty() || !questions[0].from) {
      window_.set_leader(0, its);
      return;
    }
    if (!told->leads || told->committed < told->log.size() || (forgets_ && !late_.empty())) return;
    if (static_cast<std::int64_t>(told->log.size()) < questions[0].least) return;
    finish(window_.looked(0, its, tail_of(told->log, *questions[0].from)));
  }

  void send() {
    for (const std::int32_t node : window_.nodes_to_serve()) {
      if (!connection_.empty() && node != connected_to_) continue;
      connected_to_ = node;
      for (const auto& part : window_.take(node)) connection_.push_back({.batch = part.batch, .answer = {}});
    }
  }

  void broker_works() {
    if (chance(60)) leader().committed = durable_ = leader().log.size();
    for (auto& request : connection_) {
      if (request.answer) continue;
      if (!chance(40)) break;
      Replica& broker = at(connected_to_);
      if (chance(10) || (knows_nothing(broker) && is_behind_refused(broker))) {
        request.answer = {KafkaError::not_enough_replicas, -1};
      } else {
        request.answer = broker.append(request.batch);
        request.epoch = broker.epoch;
        if (chance(5)) request.answer = {KafkaError::request_timed_out, -1};  // stored, perhaps
      }
      has_refused_ = has_refused_ || request.answer->code != KafkaError::none;
      break;
    }
    if (!late_.empty() && chance(20)) {
      const Late late = late_.front();
      late_.pop_front();
      Replica& broker = at(late.node);
      const bool is_taken =
          !(knows_nothing(broker) && late.is_behind_refused) && broker.append(late.batch).code == KafkaError::none;
      if (!is_taken)
        for (Late& next : late_) next.is_behind_refused = true;
    }
    for (Replica& replica : replicas_)
      if (&replica != &leader() && chance(5)) replica.leads = false;
  }

  void receive() {
    while (!connection_.empty() && connection_.front().answer && chance(40)) {
      const BatchId batch = connection_.front().batch;
      Replica::Answer given = *connection_.front().answer;
      const Replica& broker = at(connected_to_);
      if (given.code == KafkaError::none) {
        const bool still_leads = broker.epoch == connection_.front().epoch && broker.leads;
        const bool is_committed = broker.committed >= static_cast<std::size_t>(given.end);
        if (still_leads && (&broker != &leader() || !is_committed)) return;  // acks=all: it waits for its followers
        if (!still_leads) given = {KafkaError::not_leader_or_follower, -1};
      }
      connection_.pop_front();
      has_refused_ = has_refused_ || given.code != KafkaError::none;
      if (connection_.empty()) has_refused_ = false;
      finish(window_.answered(0, batch, given.code, given.end));
    }
  }

  void lose_connection() {
    for (const auto& request : connection_)
      if (!request.answer) late_.push_back({connected_to_, request.batch, is_behind_refused(at(connected_to_))});
    connection_.clear();
    has_refused_ = false;
    window_.lost(connected_to_);
  }

  void elect() {
    Replica next = leader();
    next.epoch++;
    next.log.resize(durable_ + dice_() % (next.log.size() - durable_ + 1));
    next.committed = chance(50) || durable_ == 0 ? durable_ : dice_() % durable_;  // it learns that later
    if (chance(50)) {
      next.node = 3 - next.node;
    } else {  // started again: what it had not carried out is gone
      lose_connection();
      std::erase_if(late_, [&](const auto& its) { return its.node == next.node; });
      for (Replica& replica : replicas_)
        if (replica.node == next.node) replica.leads = false;
    }
    if (forgets_ && chance(50)) next.remembered = next.log.size() - (chance(50) && !next.log.empty() ? 1 : 0);
    next.remembered = std::min(next.remembered, next.log.size());
    for (Late& late : late_) late.is_behind_refused = true;  // what was taken before it may be cut off
    replicas_.push_back(std::move(next));
  }

  void finish(const Result<std::vector<BatchId>>& outcome) {
    ASSERT_TRUE(outcome) << outcome.error().message;
    done_.insert(done_.end(), outcome->begin(), outcome->end());
    for (std::size_t i = 0; i < done_.size(); ++i) ASSERT_EQ(leader().log.at(i), done_[i]);
  }

  struct Sent {
    BatchId batch;
    std::optional<Replica::Answer> answer;
    std::int32_t epoch = -1;  // in which it was carried out
  };
  std::mt19937& dice_;
  const bool forgets_;
  SendWindow window_{1};
  std::vector<Replica> replicas_{Replica()};  // by epoch; the last one leads, others may believe so
  std::size_t durable_ = 0;                   // what was committed once is never cut off
  std::int32_t newest_epoch_ = 0;             // that the client has heard of
  std::int32_t connected_to_ = 1;
  std::deque<Sent> connection_;
  bool has_refused_ = false;  // and requests behind it may be on the connection
  struct Late {
    std::int32_t node;
    BatchId batch;
    bool is_behind_refused;
  };
  std::deque<Late> late_;  // of lost connections, not carried out yet
  BatchId added_ = 0;
  std::vector<BatchId> done_;
};

void play_many(bool forgets) {
  const unsigned seed = std::random_device()();
  SCOPED_TRACE("seed " + std::to_string(seed));
  std::mt19937 dice(seed);
  for (int history = 0; history < 2'000 && !testing::Test::HasFatalFailure(); ++history) History(dice, forgets).play();
}

/// Refusals, lost connections (before and after the effect), late requests of lost connections, elections that cut what
/// was not committed, leaders that don't know that they are deposed: the log is every batch once, in order.
TEST(SendWindow, stores_every_batch_once_and_in_order_whatever_happens) { play_many(false); }

TEST(SendWindow, stores_every_batch_once_and_in_order_on_brokers_that_forget_their_producers) { play_many(true); }

}  // namespace
}  // namespace tickerlake::kafka
