#include "services/broker/share/share_states.h"

#include <gtest/gtest.h>
#include <unistd.h>

namespace tickerlake::broker {
namespace {

using kafka::KafkaError;

struct ShareStatesTest : testing::Test {
  const io::Path folder = io::Path(testing::TempDir()) / ("share-states-" + std::to_string(getpid()));
  SystemClock clock;
  std::unique_ptr<Topics> topics;
  std::unique_ptr<GroupConfigs> configs;
  std::unique_ptr<ShareStates> states;
  ShareKey key{"g", {}, 0};

  ShareStatesTest() {
    std::filesystem::remove_all(folder);
    std::filesystem::create_directories(folder);
    open();
    const auto topic = topics->create("t", 1, {});
    key.topic = topic.value()->id;
  }
  ~ShareStatesTest() override {
    states.reset();
    topics.reset();
    std::filesystem::remove_all(folder);
  }
  /// Also again, as after a restart.
  void open() {
    states.reset();
    topics.reset();
    topics = Topics::open(folder / "topics", {}, clock, Log()).value();
    configs = GroupConfigs::open(folder / "configs", {}).value();
    states = ShareStates::open({*topics, *configs, clock}, Log()).value();
  }
  Partition& partition() { return *topics->find("t")->partition(0); }
  std::int64_t start() { return states->position(key)->start.value().value(); }
  void begin() { ASSERT_TRUE(states->begin("g", {{key.topic, {0}}}, 1)); }
  std::vector<AcquiredRecords> acquire(std::int64_t first, std::int64_t last) {
    return states->acquire(key, {"m", Offset(first), 500, 500, false}, {{{Offset(first), Offset(last)}}, {}});
  }
  KafkaError acknowledge(std::int64_t first, std::int64_t last, AcknowledgeType type = AcknowledgeType::accept) {
    const auto done = states->acknowledge(key, "m", std::vector{Acknowledgement{Offset(first), Offset(last), {type}}});
    if (!done) return done.error();
    states->wait_durable(*done);
    return KafkaError::none;
  }
};

TEST_F(ShareStatesTest, only_what_a_group_has_begun_is_delivered) {
  EXPECT_EQ(states->next(key, partition()).error(), KafkaError::unknown_topic_or_partition);
  EXPECT_EQ(acknowledge(0, 1), KafkaError::unknown_topic_or_partition);
  begin();
  EXPECT_FALSE(states->position(key)->start);
  EXPECT_EQ(states->next(key, partition()).value(), Offset(0));
  EXPECT_EQ(start(), 0);
}

TEST_F(ShareStatesTest, what_was_acknowledged_is_there_after_a_restart_and_what_was_acquired_comes_again) {
  begin();
  ASSERT_EQ(states->next(key, partition()).value(), Offset(0));
  ASSERT_EQ(acquire(0, 9).size(), 1u);
  EXPECT_EQ(acknowledge(0, 3), KafkaError::none);
  EXPECT_EQ(acknowledge(6, 7), KafkaError::none);
  EXPECT_EQ(acknowledge(8, 8, AcknowledgeType::release), KafkaError::none);
  open();
  EXPECT_EQ(start(), 4);
  EXPECT_EQ(states->position(key)->complete_count, 2);
  EXPECT_EQ(acknowledge(4, 5), KafkaError::invalid_record_state);
  const auto again = acquire(4, 9);
  EXPECT_EQ(again, (std::vector<AcquiredRecords>{
                       {Offset(4), Offset(5), 1}, {Offset(8), Offset(8), 2}, {Offset(9), Offset(9), 1}}));
}

TEST_F(ShareStatesTest, snapshots_take_the_place_of_many_updates) {
  begin();
  ASSERT_TRUE(states->next(key, partition()));
  ASSERT_EQ(acquire(0, 1'499).size(), 1u);
  for (std::int64_t offset = 1; offset < 1'400; offset += 2) EXPECT_EQ(acknowledge(offset, offset), KafkaError::none);
  open();
  EXPECT_EQ(start(), 0);
  EXPECT_EQ(states->position(key)->complete_count, 700);
}

TEST_F(ShareStatesTest, altered_and_deleted_positions_outlive_a_restart) {
  begin();
  ASSERT_TRUE(states->next(key, partition()));
  ASSERT_EQ(acquire(0, 9).size(), 1u);
  EXPECT_EQ(acknowledge(0, 9), KafkaError::none);
  ASSERT_TRUE(states->reset(key, Offset(5), 2));
  open();
  EXPECT_EQ(start(), 5);
  ASSERT_TRUE(states->remove("g", key.topic));
  open();
  EXPECT_FALSE(states->position(key));
  begin();
  EXPECT_FALSE(states->position(key)->start);
  ASSERT_TRUE(states->forget_topic(key.topic));
  EXPECT_FALSE(states->position(key));
}

}  // namespace
}  // namespace tickerlake::broker
