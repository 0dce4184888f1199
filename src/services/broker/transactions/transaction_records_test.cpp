#include "services/broker/transactions/transaction_records.h"

#include <gtest/gtest.h>

#include "base/digest.h"

namespace tickerlake::broker {
namespace {

TransactionState full() {
  TransactionState state;
  state.producer = {ProducerId(4'000), 12};
  state.previous_producer = ProducerId(3'000);
  state.next_producer = ProducerId(5'000);
  state.timeout_ms = 60'000;
  state.status = TransactionStatus::prepare_commit;
  state.protocol = TransactionProtocol::v2;
  state.partitions = {{"orders", 3}, {"prices", 0}, {"prices", 2}};
  state.started_ms = 1'700'000'000'000;
  state.updated_ms = 1'700'000'000'500;
  return state;
}

Result<std::optional<TransactionRecord>> decode(const KeyValue& record) {
  return decode_transaction_record(record.key, record.value ? std::optional<ByteView>(*record.value) : std::nullopt);
}

TEST(TransactionRecord, is_read_as_it_was_written) {
  const auto read = decode(encode(TransactionRecord{"id", full()}));
  ASSERT_TRUE(read && *read);
  EXPECT_EQ((*read)->transactional_id, "id");
  EXPECT_EQ((*read)->state, full());
}

TEST(TransactionRecord, has_the_bytes_of_kafkas_schema) {
  // From TransactionLogKey and TransactionLogValue (version 1) of Apache Kafka 4.3.1.
  TransactionState state = full();
  state.partitions = {{"prices", 0}, {"prices", 2}};
  const KeyValue record = encode(TransactionRecord{"id", state});
  EXPECT_EQ(hex(record.key), "000000026964");
  EXPECT_EQ(hex(*record.value),
            "00010000000000000fa0000c0000ea60020207707269636573030000000000000002000000018bcfe569f40000018bcfe56800"
            "0300080000000000000bb80108000000000000138802020002");
}

TEST(TransactionRecord, without_a_state_the_id_has_expired) {
  const auto read = decode(encode(TransactionRecord{"id", std::nullopt}));
  ASSERT_TRUE(read && *read);
  EXPECT_FALSE((*read)->state);
}

TEST(TransactionRecord, keys_of_other_versions_are_left_alone) {
  KeyValue record = encode(TransactionRecord{"id", full()});
  record.key[1] = std::byte{7};
  const auto read = decode(record);
  ASSERT_TRUE(read);
  EXPECT_FALSE(*read);
}

TEST(TransactionRecord, cut_at_any_byte_is_refused) {
  const KeyValue record = encode(TransactionRecord{"id", full()});
  for (std::size_t size = 0; size < record.value->size(); ++size) {
    EXPECT_FALSE(decode_transaction_record(record.key, ByteView(*record.value).first(size)).has_value()) << size;
  }
  for (std::size_t size = 0; size < record.key.size(); ++size) {
    EXPECT_FALSE(decode_transaction_record(ByteView(record.key).first(size), *record.value).has_value()) << size;
  }
}

TEST(TransactionRecord, an_unknown_status_is_refused) {
  KeyValue record = encode(TransactionRecord{"id", full()});
  constexpr std::size_t status_at = 2 + 8 + 2 + 4;
  (*record.value)[status_at] = std::byte{9};
  EXPECT_FALSE(decode(record).has_value());
}

}  // namespace
}  // namespace tickerlake::broker
