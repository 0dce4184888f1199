#include "services/broker/share/share_sessions.h"

#include <gtest/gtest.h>

namespace tickerlake::broker {
namespace {

using kafka::KafkaError;

TopicId topic(unsigned char number) {
  TopicId id;
  id.bytes.fill(std::byte{number});
  return id;
}

struct ShareSessionsTest : testing::Test {
  ShareSessions sessions;
  const ShareMember member{"g", "m"};
  int connection = 0;

  ShareSessions::Opened open(std::int32_t epoch, std::vector<std::int32_t> partitions = {},
                             std::vector<std::int32_t> forgotten = {}) {
    kafka::ShareFetchRequest request;
    request.share_session_epoch = epoch;
    for (const std::int32_t partition : partitions) request.topics.push_back({topic(1), {{partition, {}}}});
    request.forgotten_topics_data = {{topic(1), std::move(forgotten)}};
    return sessions.open(member, request, &connection);
  }
};

TEST_F(ShareSessionsTest, remembers_what_is_fetched) {
  EXPECT_TRUE(open(0, {0, 1}).is_new);
  EXPECT_EQ(open(1).targets, (std::vector<ShareTarget>{{topic(1), 0}, {topic(1), 1}}));
  EXPECT_EQ(open(2, {2}, {0}).targets, (std::vector<ShareTarget>{{topic(1), 1}, {topic(1), 2}}));
  EXPECT_EQ(sessions.advance(member, 3), KafkaError::none);
  EXPECT_FALSE(open(4).is_new);
}

TEST_F(ShareSessionsTest, epochs_follow_each_other) {
  EXPECT_EQ(open(1).error, KafkaError::share_session_not_found);
  EXPECT_EQ(sessions.advance(member, 1), KafkaError::share_session_not_found);
  open(0, {0});
  EXPECT_EQ(open(2).error, KafkaError::invalid_share_session_epoch);
  EXPECT_EQ(sessions.advance(member, 0), KafkaError::invalid_share_session_epoch);
  EXPECT_EQ(open(1).error, KafkaError::none);
  EXPECT_EQ(open(1).error, KafkaError::invalid_share_session_epoch);
  EXPECT_EQ(open(last_session_epoch).error, KafkaError::none);
  sessions.close(member);
  EXPECT_EQ(open(2).error, KafkaError::share_session_not_found);
}

TEST_F(ShareSessionsTest, later_answers_name_what_is_new_has_records_or_had_an_error) {
  open(0, {0});
  const ShareTarget target{topic(1), 0};
  EXPECT_TRUE(sessions.must_answer(member, target, false, false));
  EXPECT_FALSE(sessions.must_answer(member, target, false, false));
  EXPECT_TRUE(sessions.must_answer(member, target, true, false));
  EXPECT_TRUE(sessions.must_answer(member, target, false, true));
  EXPECT_TRUE(sessions.must_answer(member, target, false, false));
  EXPECT_FALSE(sessions.must_answer(member, target, false, false));
}

TEST_F(ShareSessionsTest, end_with_their_connection) {
  open(0, {0});
  int other = 0;
  EXPECT_TRUE(sessions.disconnected(&other).empty());
  EXPECT_EQ(sessions.disconnected(&connection), std::vector{member});
  EXPECT_EQ(open(1).error, KafkaError::share_session_not_found);
}

TEST_F(ShareSessionsTest, there_are_only_so_many) {
  kafka::ShareFetchRequest request;
  for (std::size_t i = 0; i < max_share_sessions; ++i) {
    EXPECT_EQ(sessions.open({"g", std::to_string(i)}, request, &connection).error, KafkaError::none);
  }
  EXPECT_EQ(open(0).error, KafkaError::share_session_limit_reached);
  sessions.close({"g", "0"});
  EXPECT_EQ(open(0).error, KafkaError::none);
}

}  // namespace
}  // namespace tickerlake::broker
