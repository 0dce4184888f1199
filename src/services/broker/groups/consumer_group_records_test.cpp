#include "services/broker/groups/consumer_group_records.h"

#include <gtest/gtest.h>

namespace tickerlake::broker {
namespace {

TopicId topic() {
  TopicId id;
  id.bytes.fill(std::byte{0xAB});
  return id;
}

/// One of each kind, with a value.
std::vector<ConsumerGroupChange> one_of_each() {
  const Assignment partitions{{topic(), {0, 3}}};
  return {EpochRecord{EpochRecord::Value{7, 99}},
          SubscriptionRecord{"m", Subscription{"i", "r", "c", "/h", {"a", "b"}, "x.*", 300, "range"}},
          TargetEpochRecord{6},
          TargetRecord{"m", partitions},
          ReconciliationRecord{"m", Reconciliation{5, 4, Progress::unrevoked, partitions, {{topic(), {1}}}}},
          PatternRecord{"x.*", PatternRecord::Value{{"xa", "xb"}, 12}}};
}

TEST(ConsumerGroupRecords, have_the_bytes_of_kafkas_own_forms) {
  const KeyValue epoch = encode(ConsumerGroupRecord{"g", EpochRecord{EpochRecord::Value{7, 0}}}, 1);
  const unsigned char key[] = {0, 3, 0, 1, 'g'};
  const unsigned char value[] = {0, 0, 0, 0, 0, 7, 0};
  EXPECT_EQ(as_text(epoch.key), as_text(std::as_bytes(std::span(key))));
  EXPECT_EQ(as_text(*epoch.value), as_text(std::as_bytes(std::span(value))));

  const KeyValue target = encode(ConsumerGroupRecord{"g", TargetRecord{"m", Assignment{{topic(), {2}}}}}, 1);
  const unsigned char target_key[] = {0, 7, 0, 1, 'g', 0, 1, 'm'};
  std::string expected{0, 0, 2};
  expected += std::string(16, '\xAB') + std::string{2, 0, 0, 0, 2, 0, 0};
  EXPECT_EQ(as_text(target.key), as_text(std::as_bytes(std::span(target_key))));
  EXPECT_EQ(as_text(*target.value), expected);
}

TEST(ConsumerGroupRecords, read_as_they_were_written_with_and_without_values) {
  for (const auto& change : one_of_each()) {
    const KeyValue stored = encode(ConsumerGroupRecord{"g", change}, 5);
    for (const bool has_value : {true, false}) {
      const auto value = has_value ? std::optional<ByteView>(*stored.value) : std::nullopt;
      const auto read = decode_consumer_group_record(stored.key, value);
      ASSERT_TRUE(read && *read) << change.index();
      EXPECT_EQ((*read)->group, "g");
      ASSERT_EQ((*read)->change.index(), change.index());
      const KeyValue again = encode(**read, 5);
      EXPECT_EQ(again.key, stored.key);
      EXPECT_EQ(again.value, has_value ? stored.value : std::nullopt);
    }
  }
}

TEST(ConsumerGroupRecords, cut_off_ones_are_refused) {
  for (const auto& change : one_of_each()) {
    const KeyValue stored = encode(ConsumerGroupRecord{"g", change}, 5);
    for (std::size_t size = sizeof(std::int16_t); size < stored.key.size(); ++size) {
      EXPECT_FALSE(decode_consumer_group_record(ByteView(stored.key).first(size), *stored.value)) << size;
    }
    for (std::size_t size = 0; size < stored.value->size(); ++size) {
      EXPECT_FALSE(decode_consumer_group_record(stored.key, ByteView(*stored.value).first(size))) << size;
    }
  }
}

}  // namespace
}  // namespace tickerlake::broker
