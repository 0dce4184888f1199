#include "kafka/client/batch_producer.h"

#include <gtest/gtest.h>

#include <random>

#include "kafka/client/fake_broker.h"
#include "kafka/records/records.h"

namespace tickerlake::kafka {
namespace {

using std::chrono::milliseconds;
using Fate = FakeBroker::Fate;

Producer::Tuning small_batches(const char* compression = "none") {
  return {.linger = milliseconds(1), .batch_bytes = 500, .compression = compression};
}

ClientSettings settings_of(const FakeBroker& broker) { return {.bootstrap = broker.address(), .properties = {}}; }

/// Sends the numbers 0 … count−1, each to partition number % partitions.
void produce_numbers(Producer& producer, int count, int partitions) {
  for (int i = 0; i < count; ++i) {
    const std::string key = "key" + std::to_string(i), value = std::to_string(i);
    const Header headers[] = {{"seq", value}};
    while (true) {
      const auto taken = producer.produce(i % partitions, key, value, 1'000 + i, headers);
      ASSERT_TRUE(taken) << taken.error().message;
      if (*taken) break;
      ASSERT_TRUE(producer.poll(milliseconds(10)));
    }
  }
  for (int i = 0; i < 3'000; ++i) {
    const auto flushed = producer.flush(milliseconds(20));
    ASSERT_TRUE(flushed) << flushed.error().message;
    if (*flushed) return;
  }
  FAIL() << "not everything was acknowledged within a minute";
}

/// The values of a partition's log; checks offsets, keys, headers and times on the way.
std::vector<std::string> values_of(FakeBroker& broker, std::int32_t partition) {
  std::vector<std::string> values;
  const Buffer log = broker.log(partition);
  ByteView rest = log;
  std::int64_t offset = 0;
  while (!rest.empty()) {
    const Batch batch = *take_batch(rest);
    EXPECT_TRUE(check_batch(batch));
    RecordReader reader = *RecordReader::open(batch);
    Record record;
    while (*reader.next(record)) {
      const std::string value(as_text(*record.value));
      EXPECT_EQ(record.offset, offset++);
      EXPECT_EQ(as_text(*record.key), "key" + value);
      EXPECT_EQ(record.timestamp, 1'000 + std::stoi(value));
      EXPECT_EQ(record.headers.size(), 1u);
      EXPECT_EQ(record.headers[0].key, "seq");
      EXPECT_EQ(as_text(*record.headers[0].value), value);
      values.push_back(value);
    }
  }
  return values;
}

void expect_all_once_in_order(FakeBroker& broker, int count, int partitions) {
  for (int partition = 0; partition < partitions; ++partition) {
    std::vector<std::string> expected;
    for (int i = partition; i < count; i += partitions) expected.push_back(std::to_string(i));
    EXPECT_EQ(values_of(broker, partition), expected);
  }
}

TEST(BatchProducer, stores_every_record_with_each_codec) {
  for (const char* codec : {"none", "gzip", "snappy", "lz4", "zstd"}) {
    SCOPED_TRACE(codec);
    FakeBroker broker(3, [] { return Fate::served; });
    auto producer = BatchProducer::create(settings_of(broker), "t", small_batches(codec), Log());
    ASSERT_TRUE(producer) << producer.error().message;
    produce_numbers(**producer, 300, 3);
    EXPECT_EQ((*producer)->in_queue(), 0);
    expect_all_once_in_order(broker, 300, 3);
  }
}

void produce_through_faults(bool forgetful) {
  const unsigned seed = std::random_device()();
  SCOPED_TRACE("seed " + std::to_string(seed));
  Mutex mutex;
  std::mt19937 dice(seed);
  FakeBroker broker(3, [&] {
    MutexLock lock(mutex);
    constexpr Fate fates[] = {Fate::reset_before, Fate::reset_after, Fate::cut_answer,
                              Fate::slow,         Fate::refused,     Fate::garbage};
    return dice() % 4 == 0 ? fates[dice() % std::size(fates)] : Fate::served;
  });
  if (forgetful) broker.set_forgetful();
  auto producer = BatchProducer::create(settings_of(broker), "t", small_batches(), Log());
  ASSERT_TRUE(producer) << producer.error().message;
  const int count = forgetful ? 1'000 : 5'000;
  produce_numbers(**producer, count, 3);
  expect_all_once_in_order(broker, count, 3);
  EXPECT_GT(broker.connections(), 3) << "there were faults";
}

TEST(BatchProducer, stores_every_record_once_through_faults_of_the_connection) { produce_through_faults(false); }

TEST(BatchProducer, stores_every_record_once_on_a_broker_that_forgets_its_producers) { produce_through_faults(true); }

TEST(BatchProducer, ends_with_an_error_when_the_topic_was_made_again) {
  std::atomic<bool> refusing = false;
  FakeBroker broker(1, [&] { return refusing ? Fate::refused : Fate::served; });
  auto producer = BatchProducer::create(settings_of(broker), "t", small_batches(), Log());
  ASSERT_TRUE(producer);
  produce_numbers(**producer, 1, 1);
  refusing = true;
  broker.set_topic_id(Uuid::random());
  ASSERT_TRUE((*producer)->produce(0, "a", "b", 0, {}));
  Result<bool> flushed = false;
  for (int i = 0; i < 3'000 && flushed && !*flushed; ++i) flushed = (*producer)->flush(milliseconds(10));
  ASSERT_FALSE(flushed);
  EXPECT_EQ(flushed.error().code, ErrorCode::conflict);
}

TEST(BatchProducer, tells_when_its_memory_is_full_and_ends_at_once_while_the_broker_is_away) {
  auto broker = std::make_unique<FakeBroker>(1, [] { return Fate::served; });
  auto producer = BatchProducer::create(settings_of(*broker), "t", small_batches(), Log());
  ASSERT_TRUE(producer);
  broker.reset();
  const std::string value(400, 'x');
  bool full = false;
  for (int i = 0; i < 200'000 && !full; ++i) full = !*(*producer)->produce(0, {}, value, 0, {});
  EXPECT_TRUE(full);
  EXPECT_TRUE((*producer)->poll(milliseconds(1)));
  EXPECT_FALSE(*(*producer)->flush(milliseconds(1)));
  EXPECT_GT((*producer)->in_queue(), 0);
}

TEST(BatchWriter, writes_what_the_reader_reads_and_takes_a_record_larger_than_its_room) {
  BatchWriter writer(200);
  const std::string large(1'000, 'x');
  ASSERT_TRUE(writer.add({.timestamp = 5, .key = {}, .value = large, .headers = {}}));
  EXPECT_FALSE(writer.add({.timestamp = 5, .key = {}, .value = "y", .headers = {}}));
  for (int round = 0; round < 2; ++round) {
    const ByteView bytes = *writer.finish(Codec::none, {.id = 7, .epoch = 1, .base_sequence = 3});
    ByteView rest = bytes;
    const Batch batch = *take_batch(rest);
    EXPECT_TRUE(check_batch(batch));
    EXPECT_EQ(batch.header.producer_id, 7);
    EXPECT_EQ(batch.header.base_sequence, 3);
    RecordReader reader = *RecordReader::open(batch);
    Record record;
    ASSERT_TRUE(*reader.next(record));
    EXPECT_EQ(record.timestamp, round == 0 ? 5 : -300);
    EXPECT_FALSE(record.key);
    EXPECT_EQ(record.value.has_value(), round == 0);
    if (round == 1) {
      ASSERT_TRUE(*reader.next(record));
      EXPECT_EQ(record.timestamp, 1'000'000'000'000);
      EXPECT_EQ(record.value->size(), 0u);
    }
    EXPECT_FALSE(*reader.next(record));
    writer.clear();
    ASSERT_TRUE(writer.add({.timestamp = -300, .key = {}, .value = {}, .headers = {}}));
    ASSERT_TRUE(writer.add({.timestamp = 1'000'000'000'000, .key = {}, .value = "", .headers = {}}));
  }
}

}  // namespace
}  // namespace tickerlake::kafka
