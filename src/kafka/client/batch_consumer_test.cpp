#include "kafka/client/batch_consumer.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <map>
#include <random>

#include "kafka/client/fake_broker.h"
#include "kafka/records/records.h"

namespace tickerlake::kafka {
namespace {

using std::chrono::milliseconds;
using std::chrono::steady_clock;
using Fate = FakeBroker::Fate;

/// A batch of numbers from first on.
Buffer batch_of(int first, int count, BatchBuilder::Options options = {}) {
  BatchBuilder builder(options);
  for (int i = first; i < first + count; ++i) {
    const std::string text = std::to_string(i);
    const RecordHeader headers[] = {{.key = "seq", .value = as_bytes(text)}};
    builder.add(i, as_bytes("k"), as_bytes(text), headers);
  }
  return *builder.finish();
}

/// The marker that ends a transaction: version 0; type 0 abort, 1 commit.
Buffer marker(std::int64_t producer, std::byte type) {
  BatchBuilder builder({.producer_id = producer, .producer_epoch = 0, .is_control = true, .is_transactional = true});
  const std::byte key[] = {std::byte{0}, std::byte{0}, std::byte{0}, type};
  builder.add(0, key, ByteView(key).first(2));
  return *builder.finish();
}

std::unique_ptr<Consumer> consumer_of(const FakeBroker& broker) {
  auto consumer = BatchConsumer::create({.bootstrap = broker.address(), .properties = {}}, "g", Log());
  EXPECT_TRUE(consumer);
  return *std::move(consumer);
}

struct Seen {
  std::vector<std::pair<std::int64_t, std::string>> records;  // offset and value
  std::int64_t end = -1;
};

/// Reads until each partition's end was told at least once.
std::map<std::int32_t, Seen> read_to_ends(Consumer& consumer, std::size_t partitions, std::size_t max = 7) {
  std::map<std::int32_t, Seen> seen;
  RecordBatch batch;
  const auto deadline = steady_clock::now() + std::chrono::seconds(60);
  std::size_t ended = 0;
  while (ended < partitions && steady_clock::now() < deadline) {
    const auto polled = consumer.poll(batch, max, milliseconds(20));
    EXPECT_TRUE(polled) << polled.error().message;
    if (!polled) break;
    for (const auto& record : batch.records()) {
      EXPECT_EQ(record.header("seq"), record.value);
      EXPECT_EQ(record.header("other"), std::nullopt);
      EXPECT_EQ(record.key, "k");
      seen[record.partition].records.emplace_back(record.offset, record.value);
    }
    for (const auto& end : batch.ends()) seen[end.partition].end = end.offset;
    ended = static_cast<std::size_t>(std::ranges::count_if(seen, [](const auto& its) { return its.second.end >= 0; }));
  }
  EXPECT_EQ(ended, partitions);
  return seen;
}

TEST(BatchConsumer, reads_every_record_once_through_faults_of_the_connection) {
  const unsigned seed = std::random_device()();
  SCOPED_TRACE("seed " + std::to_string(seed));
  Mutex mutex;
  std::mt19937 dice(seed);
  FakeBroker broker(2, [&] {
    MutexLock lock(mutex);
    constexpr Fate fates[] = {Fate::reset_before, Fate::reset_after, Fate::cut_answer,
                              Fate::slow,         Fate::refused,     Fate::garbage};
    return dice() % 4 == 0 ? fates[dice() % std::size(fates)] : Fate::served;
  });
  constexpr Codec codecs[] = {Codec::none, Codec::gzip, Codec::snappy, Codec::lz4, Codec::zstd};
  int next[] = {0, 0};
  for (int i = 0; i < 200; ++i) {
    const int partition = static_cast<int>(dice() % 2), count = 1 + static_cast<int>(dice() % 20);
    broker.append(partition, batch_of(next[partition], count, {.codec = codecs[dice() % 5]}));
    next[partition] += count;
  }
  const auto consumer = consumer_of(broker);
  const PartitionOffset from[] = {{0, 0}, {1, 5}};  // 5: most likely within a batch
  ASSERT_TRUE(consumer->assign("t", from));
  const auto seen = read_to_ends(*consumer, 2);
  for (std::int32_t partition = 0; partition < 2; ++partition) {
    const Seen& its = seen.at(partition);
    EXPECT_EQ(its.end, next[partition]);
    ASSERT_EQ(its.records.size(), static_cast<std::size_t>(next[partition] - from[partition].offset));
    for (std::size_t i = 0; i < its.records.size(); ++i) {
      const auto expected = from[partition].offset + static_cast<std::int64_t>(i);
      ASSERT_EQ(its.records[i], std::pair(expected, std::to_string(expected)));
    }
  }
}

TEST(BatchConsumer, passes_over_aborted_transactions_and_control_records) {
  FakeBroker broker(1, [] { return Fate::served; });
  const auto transactional = [](std::int64_t producer) {
    return BatchBuilder::Options{
        .producer_id = producer, .producer_epoch = 0, .base_sequence = 0, .is_transactional = true};
  };
  broker.append(0, batch_of(0, 2, transactional(5)));  // 0, 1: aborted
  broker.append(0, batch_of(2, 2, transactional(6)));  // 2, 3: committed
  broker.append(0, batch_of(4, 1));                    // 4: of no transaction
  broker.append(0, marker(5, std::byte{0}));           // 5
  broker.append(0, batch_of(6, 1, transactional(5)));  // 6: the next transaction of the same producer, committed
  broker.append(0, marker(6, std::byte{1}));           // 7
  broker.append(0, marker(5, std::byte{1}));           // 8
  broker.set_aborted({{.producer_id = 5, .first_offset = 0}});
  const auto consumer = consumer_of(broker);
  const PartitionOffset from[] = {{0, 0}};
  ASSERT_TRUE(consumer->assign("t", from));
  const auto seen = read_to_ends(*consumer, 1);
  const std::vector<std::pair<std::int64_t, std::string>> expected = {{2, "2"}, {3, "3"}, {4, "4"}, {6, "6"}};
  EXPECT_EQ(seen.at(0).records, expected);
  EXPECT_EQ(seen.at(0).end, 9) << "behind the last control record";
}

TEST(BatchConsumer, gives_nothing_of_a_paused_partition_and_goes_on_where_it_stopped) {
  FakeBroker broker(1, [] { return Fate::served; });
  for (int i = 0; i < 100; ++i) broker.append(0, batch_of(i * 10, 10));
  const auto consumer = consumer_of(broker);
  const PartitionOffset from[] = {{0, 0}};
  ASSERT_TRUE(consumer->assign("t", from));
  RecordBatch batch;
  std::int64_t next = 0;
  for (int i = 0; i < 10'000 && next < 1'000; ++i) {
    ASSERT_TRUE(consumer->poll(batch, 13, milliseconds(20)));
    for (const auto& record : batch.records()) ASSERT_EQ(record.offset, next++);
    if (i % 10 != 3) continue;
    ASSERT_TRUE(consumer->pause("t", 0));
    ASSERT_TRUE(consumer->poll(batch, 13, milliseconds(5)));
    EXPECT_TRUE(batch.records().empty());
    ASSERT_TRUE(consumer->resume("t", 0));
  }
  EXPECT_EQ(next, 1'000);
}

TEST(BatchConsumer, ends_with_an_error_at_an_offset_that_is_not_there) {
  FakeBroker broker(1, [] { return Fate::served; });
  broker.append(0, batch_of(0, 3));
  const auto consumer = consumer_of(broker);
  const PartitionOffset from[] = {{0, 17}};
  ASSERT_TRUE(consumer->assign("t", from));
  RecordBatch batch;
  Result<void> polled;
  for (int i = 0; i < 1'000 && polled; ++i) polled = consumer->poll(batch, 10, milliseconds(20));
  ASSERT_FALSE(polled);
  EXPECT_EQ(polled.error().code, ErrorCode::not_found);
  EXPECT_NE(polled.error().message.find("no offset 17"), std::string::npos) << polled.error().message;
}

TEST(BatchConsumer, ends_with_an_error_at_a_batch_whose_crc_does_not_match) {
  FakeBroker broker(1, [] { return Fate::served; });
  Buffer bad = batch_of(0, 3);
  bad.back() ^= std::byte{1};
  broker.append(0, bad);
  const auto consumer = consumer_of(broker);
  const PartitionOffset from[] = {{0, 0}};
  ASSERT_TRUE(consumer->assign("t", from));
  RecordBatch batch;
  Result<void> polled;
  for (int i = 0; i < 1'000 && polled; ++i) polled = consumer->poll(batch, 10, milliseconds(20));
  ASSERT_FALSE(polled);
  EXPECT_EQ(polled.error().code, ErrorCode::corrupt);
}

TEST(RecordCursor, finds_every_malformed_record) {
  const Buffer whole = batch_of(0, 3);
  ByteView rest = whole;
  const Batch batch = *take_batch(rest);
  for (std::size_t size = 0; size < batch.payload().size(); ++size) {
    // A copy of exact size, so that a sanitizer sees a read behind it.
    const Buffer cut(batch.payload().begin(), batch.payload().begin() + static_cast<std::ptrdiff_t>(size));
    RecordCursor cursor(batch.header, cut);
    RecordView record;
    RecordCursor::Step step = RecordCursor::Step::record;
    while (step == RecordCursor::Step::record) step = cursor.next(record);
    EXPECT_EQ(step, RecordCursor::Step::malformed) << size;
  }
}

}  // namespace
}  // namespace tickerlake::kafka
