#include "services/broker/transactions/transaction.h"

#include <gtest/gtest.h>

namespace tickerlake::broker {
namespace {

using kafka::KafkaError;
using kafka::Marker;
using Next = Transaction::Next;
using Status = TransactionStatus;

constexpr auto v1 = TransactionProtocol::v1;
constexpr auto v2 = TransactionProtocol::v2;
constexpr ProducerId first_id{7}, second_id{8};
constexpr std::int32_t timeout_ms = 60'000;
const std::set<TopicPartition> prices = {{"prices", 0}};
const std::set<TopicPartition> both = {{"prices", 0}, {"prices", 1}};

/// Begins as init() leaves it, with epoch 0.
Transaction initialized() {
  Transaction transaction;
  EXPECT_EQ(transaction.init(std::nullopt, timeout_ms, first_id, 1'000), Next::store);
  return transaction;
}

Transaction ongoing(TransactionProtocol protocol = v1) {
  Transaction transaction = initialized();
  EXPECT_EQ(transaction.add({first_id, 0}, prices, protocol, 2'000), Next::store);
  return transaction;
}

Transaction with_epoch(std::int16_t epoch, Status status = Status::empty) {
  TransactionState state;
  state.producer = {first_id, epoch};
  state.timeout_ms = timeout_ms;
  state.status = status;
  if (status == Status::ongoing) state.partitions = prices;
  return Transaction(state);
}

KafkaError error_of(const Transaction::Outcome& outcome) { return outcome ? KafkaError::none : outcome.error(); }

TEST(Transaction, begins_with_epoch_zero_and_each_instance_gets_the_next) {
  Transaction transaction = initialized();
  EXPECT_EQ(transaction.producer(), (Producer{first_id, 0}));
  EXPECT_EQ(transaction.init(std::nullopt, timeout_ms, second_id, 2'000), Next::store);
  EXPECT_EQ(transaction.producer(), (Producer{first_id, 1}));
}

TEST(Transaction, a_new_instance_aborts_what_the_old_one_left_open_and_shuts_it_out) {
  Transaction transaction = ongoing();
  EXPECT_EQ(transaction.init(std::nullopt, timeout_ms, second_id, 3'000), Next::end_and_retry);
  EXPECT_EQ(transaction.state().status, Status::prepare_abort);
  EXPECT_EQ(transaction.producer(), (Producer{first_id, 1}));  // what the markers carry
  EXPECT_EQ(transaction.state().partitions, prices);
  transaction.complete(3'001);
  EXPECT_EQ(transaction.init(std::nullopt, timeout_ms, second_id, 3'002), Next::store);
  EXPECT_EQ(transaction.producer(), (Producer{first_id, 2}));
  EXPECT_EQ(error_of(transaction.add({first_id, 0}, prices, v1, 3'003)), KafkaError::producer_fenced);
  EXPECT_EQ(error_of(transaction.end({first_id, 0}, Marker::commit, v1, {}, 3'003)), KafkaError::producer_fenced);
}

TEST(Transaction, commits_what_was_added) {
  Transaction transaction = ongoing();
  EXPECT_EQ(transaction.add({first_id, 0}, both, v1, 3'000), Next::store);
  EXPECT_EQ(transaction.add({first_id, 0}, prices, v1, 3'000), Next::answer);
  EXPECT_EQ(transaction.end({first_id, 0}, Marker::commit, v1, {}, 4'000), Next::end);
  EXPECT_EQ(transaction.marker(), Marker::commit);
  EXPECT_EQ(transaction.state().partitions, both);
  EXPECT_EQ(transaction.state().started_ms, 2'000);
  transaction.complete(4'001);
  EXPECT_EQ(transaction.state().status, Status::complete_commit);
  EXPECT_EQ(transaction.producer(), (Producer{first_id, 0}));
  EXPECT_TRUE(transaction.state().partitions.empty());
}

TEST(Transaction, a_repeated_end_is_answered_as_the_first_and_the_opposite_is_refused) {
  Transaction transaction = ongoing();
  ASSERT_TRUE(transaction.end({first_id, 0}, Marker::commit, v1, {}, 3'000));
  EXPECT_EQ(error_of(transaction.end({first_id, 0}, Marker::commit, v1, {}, 3'000)),
            KafkaError::concurrent_transactions);
  EXPECT_EQ(error_of(transaction.end({first_id, 0}, Marker::abort, v1, {}, 3'000)), KafkaError::invalid_txn_state);
  transaction.complete(3'001);
  EXPECT_EQ(transaction.end({first_id, 0}, Marker::commit, v1, {}, 3'002), Next::answer);
  EXPECT_EQ(error_of(transaction.end({first_id, 0}, Marker::abort, v1, {}, 3'002)), KafkaError::invalid_txn_state);
}

TEST(Transaction, nothing_can_be_added_until_the_markers_of_the_last_one_are_written) {
  Transaction transaction = ongoing();
  ASSERT_TRUE(transaction.end({first_id, 0}, Marker::commit, v1, {}, 3'000));
  EXPECT_EQ(error_of(transaction.add({first_id, 0}, prices, v1, 3'001)), KafkaError::concurrent_transactions);
  EXPECT_EQ(error_of(transaction.init(std::nullopt, timeout_ms, second_id, 3'001)),
            KafkaError::concurrent_transactions);
  transaction.complete(3'002);
  EXPECT_EQ(transaction.add({first_id, 0}, prices, v1, 3'003), Next::store);
  EXPECT_EQ(transaction.state().started_ms, 3'003);
}

TEST(Transaction, other_ids_and_epochs_are_refused) {
  Transaction transaction = ongoing();
  EXPECT_EQ(error_of(transaction.add({second_id, 0}, prices, v1, 3'000)), KafkaError::invalid_producer_id_mapping);
  EXPECT_EQ(error_of(transaction.add({first_id, 1}, prices, v1, 3'000)), KafkaError::producer_fenced);
  EXPECT_EQ(error_of(transaction.end({second_id, 0}, Marker::commit, v1, {}, 3'000)),
            KafkaError::invalid_producer_id_mapping);
  EXPECT_EQ(error_of(transaction.end({first_id, 1}, Marker::commit, v1, {}, 3'000)), KafkaError::producer_fenced);
  EXPECT_EQ(error_of(initialized().end({first_id, 0}, Marker::commit, v1, {}, 3'000)), KafkaError::invalid_txn_state);
}

TEST(Transaction, what_takes_too_long_is_fenced) {
  Transaction transaction = ongoing();
  EXPECT_FALSE(transaction.is_overdue(2'000 + timeout_ms - 1));
  EXPECT_TRUE(transaction.is_overdue(2'000 + timeout_ms));
  transaction.fence(2'000 + timeout_ms);
  EXPECT_EQ(transaction.marker(), Marker::abort);
  EXPECT_EQ(transaction.producer().epoch, 1);
  EXPECT_FALSE(transaction.is_overdue(9'000'000));
}

TEST(Transaction, verifies_what_is_part_of_it) {
  const Transaction transaction = ongoing();
  EXPECT_EQ(transaction.verify({first_id, 0}, {"prices", 0}), KafkaError::none);
  EXPECT_EQ(transaction.verify({first_id, 0}, {"prices", 1}), KafkaError::transaction_abortable);
  EXPECT_EQ(transaction.verify({first_id, 1}, {"prices", 0}), KafkaError::producer_fenced);
}

// ---- KIP-360: a client that goes on after an error has its epoch bumped

TEST(TransactionBump, a_client_that_tells_its_epoch_gets_the_next_and_again_when_it_asks_again) {
  Transaction transaction = initialized();
  EXPECT_EQ(transaction.init(Producer{first_id, 0}, timeout_ms, second_id, 2'000), Next::store);
  EXPECT_EQ(transaction.producer(), (Producer{first_id, 1}));
  EXPECT_EQ(transaction.init(Producer{first_id, 0}, timeout_ms, second_id, 2'001), Next::store);
  EXPECT_EQ(transaction.producer(), (Producer{first_id, 1}));
}

TEST(TransactionBump, a_client_that_was_replaced_is_fenced) {
  Transaction transaction = initialized();
  ASSERT_TRUE(transaction.init(std::nullopt, timeout_ms, second_id, 2'000));  // another instance
  EXPECT_EQ(error_of(transaction.init(Producer{first_id, 0}, timeout_ms, second_id, 2'001)),
            KafkaError::producer_fenced);
  EXPECT_EQ(error_of(transaction.init(Producer{second_id, 1}, timeout_ms, second_id, 2'001)),
            KafkaError::producer_fenced);
}

TEST(TransactionBump, a_zombie_does_not_abort_the_transaction_of_its_successor) {
  Transaction transaction = with_epoch(3, Status::ongoing);
  EXPECT_EQ(error_of(transaction.init(Producer{first_id, 2}, timeout_ms, second_id, 2'000)),
            KafkaError::producer_fenced);
  EXPECT_TRUE(transaction.is_ongoing());
}

TEST(TransactionBump, epochs_that_are_used_up_give_way_to_a_new_id) {
  Transaction transaction = with_epoch(last_epoch);
  EXPECT_TRUE(transaction.needs_producer_id());
  EXPECT_EQ(transaction.init(Producer{first_id, last_epoch}, timeout_ms, second_id, 2'000), Next::store);
  EXPECT_EQ(transaction.producer(), (Producer{second_id, 0}));
  // the answer was lost
  EXPECT_EQ(transaction.init(Producer{first_id, last_epoch}, timeout_ms, ProducerId(9), 2'001), Next::store);
  EXPECT_EQ(transaction.producer(), (Producer{second_id, 0}));
}

TEST(TransactionBump, a_fence_with_the_last_epoch_leads_to_a_new_id) {
  Transaction transaction = with_epoch(last_epoch, Status::ongoing);
  EXPECT_EQ(transaction.init(std::nullopt, timeout_ms, second_id, 2'000), Next::end_and_retry);
  EXPECT_EQ(transaction.producer(), (Producer{first_id, INT16_MAX}));
  transaction.complete(2'001);
  EXPECT_EQ(transaction.init(std::nullopt, timeout_ms, second_id, 2'002), Next::store);
  EXPECT_EQ(transaction.producer(), (Producer{second_id, 0}));
}

// ---- KIP-890: each transaction has an epoch of its own

TEST(TransactionVersion2, the_markers_carry_the_epoch_that_the_next_transaction_has) {
  Transaction transaction = ongoing(v2);
  EXPECT_EQ(transaction.end({first_id, 0}, Marker::commit, v2, {}, 3'000), Next::end);
  EXPECT_EQ(transaction.producer(), (Producer{first_id, 1}));
  transaction.complete(3'001);
  EXPECT_EQ(transaction.producer(), (Producer{first_id, 1}));
  EXPECT_EQ(error_of(transaction.add({first_id, 0}, prices, v2, 3'002)), KafkaError::producer_fenced);
  EXPECT_EQ(transaction.add({first_id, 1}, prices, v2, 3'002), Next::store);
}

TEST(TransactionVersion2, a_repeated_end_is_known_by_its_epoch) {
  Transaction transaction = ongoing(v2);
  ASSERT_TRUE(transaction.end({first_id, 0}, Marker::commit, v2, {}, 3'000));
  EXPECT_EQ(error_of(transaction.end({first_id, 0}, Marker::commit, v2, {}, 3'000)),
            KafkaError::concurrent_transactions);
  transaction.complete(3'001);
  EXPECT_EQ(transaction.end({first_id, 0}, Marker::commit, v2, {}, 3'002), Next::answer);
  EXPECT_EQ(error_of(transaction.end({first_id, 1}, Marker::commit, v2, {}, 3'002)), KafkaError::invalid_txn_state);
  // and is no part of the next transaction
  ASSERT_TRUE(transaction.add({first_id, 1}, prices, v2, 3'003));
  EXPECT_EQ(error_of(transaction.end({first_id, 0}, Marker::commit, v2, {}, 3'004)), KafkaError::producer_fenced);
}

TEST(TransactionVersion2, what_never_began_can_be_aborted_for_a_new_epoch) {
  Transaction transaction = initialized();
  EXPECT_EQ(transaction.end({first_id, 0}, Marker::abort, v2, {}, 3'000), Next::end);
  EXPECT_TRUE(transaction.state().partitions.empty());
  transaction.complete(3'001);
  EXPECT_EQ(transaction.producer(), (Producer{first_id, 1}));
  EXPECT_EQ(transaction.end({first_id, 1}, Marker::abort, v2, {}, 3'002), Next::end);
}

TEST(TransactionVersion2, the_last_epoch_s_transaction_ends_with_a_new_id) {
  Transaction transaction = with_epoch(last_epoch, Status::ongoing);
  EXPECT_EQ(transaction.end({first_id, last_epoch}, Marker::commit, v2, second_id, 3'000), Next::end);
  EXPECT_EQ(transaction.producer(), (Producer{first_id, INT16_MAX}));  // of the markers
  transaction.complete(3'001);
  EXPECT_EQ(transaction.producer(), (Producer{second_id, 0}));
  EXPECT_EQ(transaction.end({first_id, last_epoch}, Marker::commit, v2, ProducerId(9), 3'002), Next::answer);
}

}  // namespace
}  // namespace tickerlake::broker
