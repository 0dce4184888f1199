#include "services/broker/fetch_sessions.h"

#include <gtest/gtest.h>

namespace tickerlake::broker {
namespace {

using kafka::KafkaError;

kafka::FetchRequest request(std::int32_t id, std::int32_t epoch, std::vector<std::pair<std::string, int>> wanted) {
  kafka::FetchRequest request;
  request.session_id = id;
  request.session_epoch = epoch;
  for (const auto& [topic, partition] : wanted) {
    auto& asked = request.topics.emplace_back();
    asked.topic = topic;
    asked.partitions.emplace_back().partition = partition;
  }
  return request;
}

TEST(FetchSessions, a_fetch_without_a_session_gets_what_it_names) {
  FetchSessions sessions;
  const auto opened = sessions.open(request(0, -1, {{"a", 0}, {"b", 1}}), false);
  EXPECT_EQ(opened.session, nullptr);
  EXPECT_EQ(opened.targets.size(), 2u);
}

TEST(FetchSessions, an_incremental_fetch_remembers_adds_and_forgets_partitions) {
  FetchSessions sessions;
  const auto first = sessions.open(request(0, 0, {{"a", 0}, {"a", 1}}), false);
  ASSERT_NE(first.session, nullptr);
  EXPECT_FALSE(first.incremental);
  auto change = request(first.session->id(), 1, {{"b", 0}});
  change.forgotten_topics_data.push_back({"a", {}, {0}});
  const auto second = sessions.open(change, false);
  EXPECT_TRUE(second.incremental);
  ASSERT_EQ(second.targets.size(), 2u);
  EXPECT_EQ(second.targets[0].partition, 1);
  EXPECT_EQ(second.targets[1].topic, "b");
}

TEST(FetchSessions, refuse_unknown_ids_and_wrong_epochs) {
  FetchSessions sessions;
  EXPECT_EQ(sessions.open(request(7, 1, {}), false).error, KafkaError::fetch_session_id_not_found);
  const auto opened = sessions.open(request(0, 0, {{"a", 0}}), false);
  const std::int32_t id = opened.session->id();
  EXPECT_EQ(sessions.open(request(id, 2, {}), false).error, KafkaError::invalid_fetch_session_epoch);
  EXPECT_EQ(sessions.open(request(id, 1, {}), true).error, KafkaError::fetch_session_topic_id_error);
  EXPECT_EQ(sessions.open(request(id, 1, {}), false).error, KafkaError::none);
  sessions.open(request(id, -1, {}), false);
  EXPECT_EQ(sessions.open(request(id, 2, {}), false).error, KafkaError::fetch_session_id_not_found);
}

TEST(FetchSessions, unchanged_partitions_are_left_out_and_errors_repeated) {
  FetchSessions sessions;
  const auto opened = sessions.open(request(0, 0, {{"a", 0}}), false);
  FetchSession& session = *opened.session;
  const FetchTarget& target = opened.targets[0];
  const FetchFacts facts{.high_watermark = 5, .last_stable = 5, .log_start = 0};
  EXPECT_TRUE(session.must_answer(target, facts, false));
  EXPECT_FALSE(session.must_answer(target, facts, false));
  EXPECT_TRUE(session.must_answer(target, facts, true));
  EXPECT_TRUE(session.must_answer(target, {.high_watermark = 6, .last_stable = 6, .log_start = 0}, false));
  const FetchFacts failed{.error = KafkaError::offset_out_of_range};
  EXPECT_TRUE(session.must_answer(target, failed, false));
  EXPECT_TRUE(session.must_answer(target, failed, false));
}

TEST(FetchSessions, partitions_that_gave_records_let_the_others_go_first) {
  FetchSessions sessions;
  const auto opened = sessions.open(request(0, 0, {{"a", 0}, {"a", 1}}), false);
  opened.session->must_answer(opened.targets[0], {}, true);
  const auto next = sessions.open(request(opened.session->id(), 1, {}), false);
  EXPECT_EQ(next.targets[0].partition, 1);
}

TEST(FetchSessions, a_full_table_means_fetching_without_a_session) {
  FetchSessions sessions;
  for (std::size_t i = 0; i < max_fetch_sessions; ++i) {
    ASSERT_NE(sessions.open(request(0, 0, {{"a", 0}}), false).session, nullptr);
  }
  const auto opened = sessions.open(request(0, 0, {{"a", 0}}), false);
  EXPECT_EQ(opened.session, nullptr);
  EXPECT_EQ(opened.targets.size(), 1u);
}

}  // namespace
}  // namespace tickerlake::broker
