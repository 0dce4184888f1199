#include "services/broker/log/producer_state.h"

#include <gtest/gtest.h>

#include <limits>

namespace tickerlake::broker {
namespace {

constexpr std::int32_t most = std::numeric_limits<std::int32_t>::max();

kafka::BatchHeader batch(std::int32_t sequence, std::int32_t records = 10, std::int16_t epoch = 0,
                         std::int64_t offset = 100) {
  kafka::BatchHeader header;
  header.base_offset = offset;
  header.producer_id = 1;
  header.producer_epoch = epoch;
  header.base_sequence = sequence;
  header.record_count = records;
  header.last_offset_delta = records - 1;
  return header;
}

template <class Verdict>
bool is(const ProducerState& state, const kafka::BatchHeader& header) {
  return std::holds_alternative<Verdict>(state.judge(header));
}

TEST(ProducerState, an_unknown_producer_may_start_anywhere) {
  EXPECT_TRUE(is<ProducerState::Accept>(ProducerState(), batch(17)));
}

TEST(ProducerState, the_next_sequence_follows_the_last) {
  ProducerState state;
  state.remember(batch(0), 0);
  EXPECT_TRUE(is<ProducerState::Accept>(state, batch(10)));
  EXPECT_TRUE(is<ProducerState::OutOfOrder>(state, batch(11)));
  EXPECT_TRUE(is<ProducerState::OutOfOrder>(state, batch(9)));
}

TEST(ProducerState, the_last_five_batches_are_known_as_duplicates_with_their_offsets) {
  ProducerState state;
  for (int i = 0; i < 6; ++i) state.remember(batch(i * 10, 10, 0, i * 10), 0);
  EXPECT_TRUE(is<ProducerState::OutOfOrder>(state, batch(0)));
  for (int i = 1; i < 6; ++i) {
    const auto verdict = state.judge(batch(i * 10));
    ASSERT_TRUE(std::holds_alternative<ProducerState::Duplicate>(verdict));
    EXPECT_EQ(std::get<ProducerState::Duplicate>(verdict).base, Offset(i * 10));
    EXPECT_EQ(std::get<ProducerState::Duplicate>(verdict).next, Offset(i * 10 + 10));
  }
}

TEST(ProducerState, a_batch_of_another_length_is_no_duplicate) {
  ProducerState state;
  state.remember(batch(0, 10), 0);
  EXPECT_TRUE(is<ProducerState::OutOfOrder>(state, batch(0, 9)));
}

TEST(ProducerState, sequences_wrap_to_zero) {
  ProducerState state;
  state.remember(batch(most - 9, 10), 0);
  EXPECT_TRUE(is<ProducerState::Accept>(state, batch(0)));
  state.remember(batch(most - 4, 10, 1), 0);
  EXPECT_TRUE(is<ProducerState::Accept>(state, batch(5, 10, 1)));
  EXPECT_TRUE(is<ProducerState::Duplicate>(state, batch(most - 4, 10, 1)));
}

TEST(ProducerState, a_new_epoch_starts_at_zero_and_shuts_the_old_one_out) {
  ProducerState state;
  state.remember(batch(0, 10, 3), 0);
  EXPECT_TRUE(is<ProducerState::OutOfOrder>(state, batch(10, 10, 4)));
  EXPECT_TRUE(is<ProducerState::Accept>(state, batch(0, 10, 4)));
  state.remember(batch(0, 10, 4), 0);
  EXPECT_TRUE(is<ProducerState::StaleEpoch>(state, batch(10, 10, 3)));
}

TEST(ProducerState, silent_producers_are_forgotten) {
  ProducerState state;
  state.remember(batch(0), 1'000);
  state.expire(1'000 + producer_expiration_ms - 1);
  EXPECT_EQ(state.size(), 1u);
  state.expire(1'000 + producer_expiration_ms);
  EXPECT_EQ(state.size(), 0u);
}

TEST(ProducerState, who_is_in_a_transaction_is_not_forgotten) {
  ProducerState state;
  kafka::BatchHeader open = batch(0);
  open.attributes = 0x10;
  state.remember(open, 1'000);
  state.expire(1'000 + producer_expiration_ms);
  EXPECT_TRUE(state.is_in_transaction(ProducerId(1)));
  EXPECT_EQ(state.last_stable(Offset(200)), Offset(100));
  const auto copy = ProducerState::decode(state.encode());
  ASSERT_TRUE(copy.has_value());
  EXPECT_EQ(copy->last_stable(Offset(200)), Offset(100));
}

TEST(ProducerState, a_marker_decides_when_it_is_durable) {
  ProducerState state;
  kafka::BatchHeader record = batch(0);
  record.attributes = 0x10;
  state.remember(record, 0);
  kafka::BatchHeader marker = batch(-1, 1, 0, 110);
  marker.attributes = 0x30;
  const auto decided = state.remember(marker, 0, kafka::Marker::abort);
  ASSERT_TRUE(decided);
  EXPECT_EQ(decided->first, Offset(100));
  EXPECT_EQ(decided->last, Offset(110));
  EXPECT_EQ(decided->last_stable, Offset(111));
  EXPECT_TRUE(decided->aborted);
  EXPECT_EQ(state.last_stable(Offset(110)), Offset(100));
  EXPECT_EQ(state.last_stable(Offset(111)), Offset(111));
  EXPECT_FALSE(state.remember(marker, 0, kafka::Marker::commit));  // written again
}

TEST(ProducerState, a_snapshot_brings_back_every_batch) {
  ProducerState state;
  for (int i = 0; i < 6; ++i) state.remember(batch(i * 10, 10, 2, i * 10), 5);
  const auto copy = ProducerState::decode(state.encode());
  ASSERT_TRUE(copy.has_value());
  EXPECT_TRUE(is<ProducerState::Duplicate>(*copy, batch(10, 10, 2)));
  EXPECT_TRUE(is<ProducerState::Accept>(*copy, batch(60, 10, 2)));
  EXPECT_TRUE(is<ProducerState::StaleEpoch>(*copy, batch(60, 10, 1)));
}

TEST(ProducerState, a_snapshot_cut_or_changed_at_any_byte_is_refused) {
  ProducerState state;
  state.remember(batch(0), 5);
  const Buffer whole = state.encode();
  for (std::size_t i = 0; i < whole.size(); ++i) {
    EXPECT_FALSE(ProducerState::decode(ByteView(whole).first(i)).has_value());
    Buffer changed = whole;
    changed[i] ^= std::byte{1};
    EXPECT_FALSE(ProducerState::decode(changed).has_value());
  }
}

}  // namespace
}  // namespace tickerlake::broker
