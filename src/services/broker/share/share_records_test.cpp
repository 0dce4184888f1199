#include "services/broker/share/share_records.h"

#include <gtest/gtest.h>

namespace tickerlake::broker {
namespace {

TopicId topic() {
  TopicId id;
  id.bytes.fill(std::byte{0xAB});
  return id;
}
const ShareKey key{"g", topic(), 3};
const std::vector<StateBatch> batches{{Offset(5), Offset(7), RecordState::acknowledged, 1},
                                      {Offset(9), Offset(9), RecordState::available, 2}};

std::vector<KeyValue> one_of_each() {
  return {encode(ShareSnapshot{key, ShareSnapshotValue{4, 2, Offset(5), 3, batches, 10, 11}}),
          encode(ShareUpdate{key, 4, Offset(5), 3, batches})};
}

TEST(ShareRecords, have_the_bytes_of_kafkas_own_forms) {
  std::string expected_key{0, 0, 0, 1, 'g'};
  expected_key += std::string(16, '\xAB') + std::string{0, 0, 0, 3};
  const KeyValue snapshot = encode(ShareSnapshot{key, ShareSnapshotValue{4, 2, std::nullopt, 0, {}, 10, 11}});
  EXPECT_EQ(as_text(snapshot.key), expected_key);
  // version, snapshot epoch, state epoch, leader epoch, start offset −1, created, written, no batches, tag 0: 0
  std::string expected{0, 0, 0, 0, 0, 4, 0, 0, 0, 2, 0, 0, 0, 0};
  expected += std::string(8, '\xFF') + std::string{0, 0, 0, 0, 0, 0, 0, 10} + std::string{0, 0, 0, 0, 0, 0, 0, 11};
  expected += std::string{1, 1, 0, 4, 0, 0, 0, 0};
  EXPECT_EQ(as_text(*snapshot.value), expected);

  const KeyValue update = encode(ShareUpdate{key, 4, Offset(5), 1, {batches.front()}});
  expected_key[1] = 1;
  EXPECT_EQ(as_text(update.key), expected_key);
  // version, snapshot epoch, leader epoch, start offset, a batch: first, last, state 2, delivery count 1; tag 0: 1
  expected = std::string{0, 0, 0, 0, 0, 4, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 5};
  expected += std::string{2, 0, 0, 0, 0, 0, 0, 0, 5, 0, 0, 0, 0, 0, 0, 0, 7, 2, 0, 1, 0};
  expected += std::string{1, 0, 4, 0, 0, 0, 1};
  EXPECT_EQ(as_text(*update.value), expected);
}

TEST(ShareRecords, read_as_they_were_written) {
  for (const KeyValue& stored : one_of_each()) {
    const auto read = decode_share_record(stored.key, *stored.value);
    ASSERT_TRUE(read && *read);
    const KeyValue again = std::visit([](const auto& record) { return encode(record); }, **read);
    EXPECT_EQ(again.key, stored.key);
    EXPECT_EQ(again.value, stored.value);
  }
  const auto gone = decode_share_record(one_of_each().front().key, std::nullopt);
  ASSERT_TRUE(gone && *gone);
  EXPECT_FALSE(std::get<ShareSnapshot>(**gone).value);
}

TEST(ShareRecords, cut_off_ones_are_refused) {
  for (const KeyValue& stored : one_of_each()) {
    for (std::size_t size = sizeof(std::int16_t); size < stored.key.size(); ++size) {
      EXPECT_FALSE(decode_share_record(ByteView(stored.key).first(size), *stored.value)) << size;
    }
    for (std::size_t size = 0; size < stored.value->size(); ++size) {
      EXPECT_FALSE(decode_share_record(stored.key, ByteView(*stored.value).first(size))) << size;
    }
  }
}

TEST(ShareRecords, impossible_batches_are_refused) {
  for (const StateBatch& wrong : {StateBatch{Offset(5), Offset(4), RecordState::available, 1},
                                  StateBatch{Offset(-1), Offset(4), RecordState::available, 1},
                                  StateBatch{Offset(1), Offset(4), static_cast<RecordState>(3), 1}}) {
    const KeyValue stored = encode(ShareUpdate{key, 0, Offset(0), 0, {wrong}});
    EXPECT_FALSE(decode_share_record(stored.key, *stored.value));
  }
}

}  // namespace
}  // namespace tickerlake::broker
