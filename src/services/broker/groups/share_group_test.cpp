#include "services/broker/groups/share_group.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <ranges>

#include "services/broker/groups/share_group_records.h"

namespace tickerlake::broker {
namespace {

using kafka::KafkaError;

TopicId topic_id(unsigned char number) {
  TopicId id;
  id.bytes.fill(std::byte{number});
  return id;
}

struct ShareGroupTest : testing::Test {
  ShareGroup group{"g"};
  TopicCatalog catalog{1, {{"t", {topic_id(1), 2}}, {"u", {topic_id(2), 3}}}};
  ShareGroupSettings settings;
  Milliseconds now = 0;

  HeartbeatAnswer beat(const std::string& member, std::int32_t epoch,
                       std::optional<std::set<std::string>> topics = {}) {
    HeartbeatAsk ask;
    ask.member_id = member;
    ask.member_epoch = epoch;
    ask.topics = std::move(topics);
    ask.client_id = "c";
    return group.heartbeat(ask, catalog, settings, now);
  }
  HeartbeatAnswer join(const std::string& member, std::set<std::string> topics = {"t"}) {
    return beat(member, join_epoch, std::move(topics));
  }
};

TEST_F(ShareGroupTest, members_share_partitions_at_once) {
  EXPECT_EQ(join("a").assignment, (Assignment{{topic_id(1), {0, 1}}}));
  EXPECT_EQ(join("b").assignment->size(), 1u);
  const auto a = beat("a", 1);
  EXPECT_EQ(a.member_epoch, 2);
  EXPECT_EQ(a.assignment->at(topic_id(1)).size(), 1u);
  EXPECT_FALSE(beat("a", 2).assignment) << "nothing new";
  EXPECT_EQ(join("c").assignment->at(topic_id(1)).size(), 1u) << "more members than partitions";
  EXPECT_STREQ(group.state(), "Stable");
}

TEST_F(ShareGroupTest, epochs_fence_members) {
  join("a");
  join("b");
  EXPECT_EQ(beat("x", 1).error, KafkaError::unknown_member_id);
  EXPECT_EQ(beat("a", 5).error, KafkaError::fenced_member_epoch);
  EXPECT_EQ(beat("a", 1).error, KafkaError::none);
  EXPECT_EQ(beat("a", 1).error, KafkaError::none) << "its answer may have been lost";
}

TEST_F(ShareGroupTest, members_leave_and_silent_ones_are_put_out) {
  join("a");
  join("b");
  EXPECT_EQ(beat("a", leave_epoch).member_epoch, leave_epoch);
  EXPECT_EQ(beat("b", 2).assignment, (Assignment{{topic_id(1), {0, 1}}}));
  now += settings.session_timeout_ms;
  group.tick(now);
  EXPECT_FALSE(group.has_members());
  EXPECT_STREQ(group.state(), "Empty");
}

TEST_F(ShareGroupTest, there_are_only_so_many_members) {
  settings.max_size = 1;
  join("a");
  EXPECT_EQ(join("b").error, KafkaError::group_max_size_reached);
  EXPECT_EQ(join("a").error, KafkaError::none);
}

TEST_F(ShareGroupTest, a_topic_that_grows_is_assigned_and_begun) {
  join("a");
  auto begun = group.to_begin(catalog);
  EXPECT_EQ(begun.at(topic_id(1)).partitions, (std::set{0, 1}));
  group.begun(begun);
  EXPECT_TRUE(group.to_begin(catalog).empty());
  catalog.version = 2;
  catalog.topics["t"].partitions = 3;
  EXPECT_EQ(beat("a", 1).assignment, (Assignment{{topic_id(1), {0, 1, 2}}}));
  EXPECT_EQ(group.to_begin(catalog).at(topic_id(1)).partitions, std::set{2});
  group.forget(topic_id(1));
  EXPECT_EQ(group.to_begin(catalog).at(topic_id(1)).partitions.size(), 3u);
}

TEST_F(ShareGroupTest, what_is_stored_gives_the_group_back) {
  join("a");
  join("b", {"t", "u"});
  group.begun(group.to_begin(catalog));
  for (const bool whole : {false, true}) {
    const auto changes = whole ? group.everything() : group.take_changes();
    ShareGroup again("g");
    for (const ShareGroupChange& change : changes) {
      const KeyValue stored = encode(ShareGroupRecord{"g", change}, 5);
      const auto read = decode_share_group_record(stored.key, *stored.value);
      ASSERT_TRUE(read && *read);
      EXPECT_EQ((*read)->group, "g");
      again.restore((*read)->change);
    }
    again.resume(settings.session_timeout_ms, now);
    EXPECT_EQ(again.epoch(), group.epoch());
    EXPECT_EQ(again.shared_topics(), group.shared_topics());
    const auto told = group.describe().members, restored = again.describe().members;
    ASSERT_EQ(restored.size(), 2u);
    for (std::size_t i = 0; i < 2; ++i) {
      EXPECT_EQ(restored[i].subscription, told[i].subscription);
      EXPECT_EQ(restored[i].assigned, told[i].assigned);
      EXPECT_EQ(restored[i].epoch, told[i].epoch);
    }
  }
  EXPECT_TRUE(group.take_changes().empty());
}

TEST_F(ShareGroupTest, deletions_have_no_values_and_cut_off_records_are_refused) {
  join("a");
  group.begun(group.to_begin(catalog));
  for (const ShareGroupChange& change : group.tombstones()) {
    const KeyValue stored = encode(ShareGroupRecord{"g", change}, 5);
    EXPECT_FALSE(stored.value);
    const auto read = decode_share_group_record(stored.key, std::nullopt);
    ASSERT_TRUE(read && *read);
    EXPECT_TRUE(std::visit([](const auto& one) { return !one.value; }, (*read)->change));
  }
  for (const ShareGroupChange& change : group.everything()) {
    const KeyValue stored = encode(ShareGroupRecord{"g", change}, 5);
    for (std::size_t size = sizeof(std::int16_t); size < stored.key.size(); ++size) {
      EXPECT_FALSE(decode_share_group_record(ByteView(stored.key).first(size), *stored.value)) << size;
    }
    for (std::size_t size = 0; size < stored.value->size(); ++size) {
      EXPECT_FALSE(decode_share_group_record(stored.key, ByteView(*stored.value).first(size))) << size;
    }
  }
}

TEST(ShareAssignor, spreads_partitions_and_members_evenly) {
  for (const auto& [members, partitions] : {std::pair{1, 5}, {3, 7}, {7, 3}, {4, 4}, {10, 1}}) {
    AssignorInput input;
    input.partitions[topic_id(1)] = partitions;
    for (int i = 0; i < members; ++i) input.members.push_back({std::to_string(i), {}, {topic_id(1)}, {}});
    std::map<std::int32_t, int> sharers;
    std::size_t least = 100, most = 0;
    for (const auto& [member, assignment] : assign_shared(input)) {
      least = std::min(least, assignment.at(topic_id(1)).size());
      most = std::max(most, assignment.at(topic_id(1)).size());
      for (const std::int32_t partition : assignment.at(topic_id(1))) ++sharers[partition];
    }
    EXPECT_EQ(sharers.size(), static_cast<std::size_t>(partitions));
    EXPECT_LE(most - least, 1u);
    const auto [rare, common] = std::ranges::minmax(sharers | std::views::values);
    EXPECT_LE(common - rare, 1);
  }
}

TEST(ShareAssignor, gives_members_only_what_they_subscribe_to_and_lets_them_keep_it) {
  AssignorInput input;
  input.partitions = {{topic_id(1), 2}, {topic_id(2), 2}};
  input.members = {{"a", {}, {topic_id(1)}, {{topic_id(1), {1}}}},
                   {"b", {}, {topic_id(1)}, {{topic_id(1), {0}}}},
                   {"c", {}, {topic_id(2)}, {}},
                   {"d", {}, {}, {}}};
  const auto assigned = assign_shared(input);
  EXPECT_EQ(assigned.at("a"), (Assignment{{topic_id(1), {1}}}));
  EXPECT_EQ(assigned.at("b"), (Assignment{{topic_id(1), {0}}}));
  EXPECT_EQ(assigned.at("c"), (Assignment{{topic_id(2), {0, 1}}}));
  EXPECT_TRUE(assigned.at("d").empty());
}

}  // namespace
}  // namespace tickerlake::broker
