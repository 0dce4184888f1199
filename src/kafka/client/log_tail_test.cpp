#include "kafka/client/log_tail.h"

#include <gtest/gtest.h>

#include "kafka/client/fake_broker.h"
#include "kafka/records/batch_writer.h"

namespace tickerlake::kafka {
namespace {

using std::chrono::milliseconds;

constexpr ProducerName ours{.id = 7, .epoch = 1};

/// Two records of a producer.
Buffer batch_of(const ProducerName& producer, std::int32_t sequence) {
  BatchWriter writer(1'000);
  for (int i = 0; i < 2; ++i) writer.add({.timestamp = 1, .key = {}, .value = "x", .headers = {}});
  const ByteView bytes = *writer.finish(Codec::none, {producer.id, producer.epoch, sequence});
  return {bytes.begin(), bytes.end()};
}

/// A log of four batches: ours, another epoch's, another producer's, ours.
class LogTailTest : public testing::Test {
 protected:
  LogTailTest() {
    broker_.append(0, batch_of(ours, 0));
    broker_.append(0, batch_of({.id = 7, .epoch = 0}, 2));
    broker_.append(0, batch_of({.id = 8, .epoch = 1}, 2));
    broker_.append(0, batch_of(ours, 2));
  }
  Result<std::optional<LogTail>> read(std::int64_t from) {
    const auto cluster = *Cluster::create({.bootstrap = broker_.address(), .properties = {}}, Log());
    const TopicView view = *cluster->topic("t", cluster->for_at_most(milliseconds(10'000)));
    return read_log_tail(*cluster, "t", view.id, 0, view.leaders.at(0), from, ours,
                         cluster->for_at_most(milliseconds(2'000)));
  }
  FakeBroker broker_{1, [] { return FakeBroker::Fate::served; }};
};

TEST_F(LogTailTest, shows_the_producers_batches_behind_the_offset_and_where_the_log_ends) {
  const auto tail = read(2).value();
  ASSERT_TRUE(tail);
  EXPECT_EQ(tail->end, 8);
  EXPECT_FALSE(tail->is_cut);
  ASSERT_EQ(tail->batches.size(), 1u);
  EXPECT_EQ(tail->batches[0].sequence, 2);
  EXPECT_EQ(tail->batches[0].end, 8);
  EXPECT_EQ(read(0).value()->batches.size(), 2u);
  EXPECT_EQ(read(8).value()->batches.size(), 0u);
}

TEST_F(LogTailTest, tells_only_the_end_without_an_offset) {
  const auto tail = read(-1).value();
  ASSERT_TRUE(tail);
  EXPECT_EQ(tail->end, 8);
  EXPECT_TRUE(tail->batches.empty());
}

TEST_F(LogTailTest, tells_nothing_while_the_log_holds_what_is_not_committed) {
  broker_.set_high_watermark(6);
  EXPECT_FALSE(read(0).value());
  EXPECT_FALSE(read(6).value());
}

TEST_F(LogTailTest, tells_of_a_log_that_ends_before_the_offset) { EXPECT_EQ(read(9).value()->end, 8); }

}  // namespace
}  // namespace tickerlake::kafka
