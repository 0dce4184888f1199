#include "services/broker/groups/assignor.h"

#include <gtest/gtest.h>

#include <random>

namespace tickerlake::broker {
namespace {

TopicId topic_id(int number) {
  TopicId id;
  id.bytes[15] = static_cast<std::byte>(number + 1);
  return id;
}

std::size_t count(const Assignment& assignment) {
  std::size_t sum = 0;
  for (const auto& [topic, partitions] : assignment) sum += partitions.size();
  return sum;
}

TEST(RangeAssignor, gives_each_member_consecutive_partitions_and_topics_of_one_size_alike) {
  AssignorInput input{{{"b", {}, {topic_id(0), topic_id(1)}, {}}, {"a", {}, {topic_id(0), topic_id(1)}, {}}},
                      {{topic_id(0), 3}, {topic_id(1), 3}}};
  const auto assigned = assign(Assignor::range, input);
  EXPECT_EQ(assigned.at("a"), (Assignment{{topic_id(0), {0, 1}}, {topic_id(1), {0, 1}}}));
  EXPECT_EQ(assigned.at("b"), (Assignment{{topic_id(0), {2}}, {topic_id(1), {2}}}));
}

TEST(RangeAssignor, orders_static_members_first_and_by_their_names) {
  AssignorInput input{{{"a", {}, {topic_id(0)}, {}}, {"z", "i2", {topic_id(0)}, {}}, {"y", "i1", {topic_id(0)}, {}}},
                      {{topic_id(0), 4}}};
  const auto assigned = assign(Assignor::range, input);
  EXPECT_EQ(assigned.at("y"), (Assignment{{topic_id(0), {0, 1}}}));
  EXPECT_EQ(assigned.at("z"), (Assignment{{topic_id(0), {2}}}));
  EXPECT_EQ(assigned.at("a"), (Assignment{{topic_id(0), {3}}}));
}

TEST(UniformAssignor, moves_no_more_than_balance_asks_for) {
  AssignorInput input{{{"a", {}, {topic_id(0)}, {{topic_id(0), {0, 1, 2, 3, 4, 5}}}}, {"b", {}, {topic_id(0)}, {}}},
                      {{topic_id(0), 6}}};
  const auto assigned = assign(Assignor::uniform, input);
  EXPECT_EQ(count(assigned.at("a")), 3u);
  input.members[0].current = assigned.at("a");
  input.members[1].current = assigned.at("b");
  EXPECT_EQ(assign(Assignor::uniform, input), assigned) << "what is balanced stays";
  input.members.pop_back();
  EXPECT_EQ(count(assign(Assignor::uniform, input).at("a")), 6u);
}

TEST(Assignors, in_random_groups_give_every_partition_to_one_subscriber_and_uniform_balances) {
  const unsigned seed = std::random_device{}();
  SCOPED_TRACE("seed " + std::to_string(seed));
  std::mt19937 random(seed);
  for (int round = 0; round < 400; ++round) {
    AssignorInput input;
    const int topics = 1 + static_cast<int>(random() % 5), members = 1 + static_cast<int>(random() % 8);
    std::map<TopicId, std::int32_t> sizes;
    for (int t = 0; t < topics; ++t) sizes[topic_id(t)] = 1 + static_cast<std::int32_t>(random() % 20);
    const bool alike = random() % 2 == 0;
    for (int m = 0; m < members; ++m) {
      AssignorInput::Member member{"m" + std::to_string(m), {}, {}, {}};
      for (int t = 0; t < topics; ++t) {
        if (alike || random() % 2 == 0) member.topics.insert(topic_id(t));
        // What it had may be anything: partitions of others, topics it reads no more, partitions that are gone.
        for (int p = 0; p < 25; ++p) {
          if (random() % 8 == 0) member.current[topic_id(t)].insert(p);
        }
      }
      for (const TopicId& topic : member.topics) input.partitions[topic] = sizes[topic];
      input.members.push_back(std::move(member));
    }
    for (const Assignor assignor : {Assignor::uniform, Assignor::range}) {
      const auto assigned = assign(assignor, input);
      std::map<std::pair<TopicId, std::int32_t>, int> owners;
      for (const auto& member : input.members) {
        for (const auto& [topic, partitions] : assigned.at(member.id)) {
          EXPECT_TRUE(member.topics.contains(topic));
          for (const std::int32_t partition : partitions) ++owners[{topic, partition}];
        }
      }
      std::size_t all = 0;
      for (const auto& [topic, size] : input.partitions) all += static_cast<std::size_t>(size);
      EXPECT_EQ(owners.size(), all);
      for (const auto& [partition, times] : owners) EXPECT_EQ(times, 1);
      if (assignor == Assignor::range) continue;
      for (const auto& owner : input.members) {
        for (const auto& [topic, partitions] : assigned.at(owner.id)) {
          for (const auto& other : input.members) {
            if (!other.topics.contains(topic)) continue;
            EXPECT_LE(count(assigned.at(owner.id)), count(assigned.at(other.id)) + 1);
          }
        }
      }
    }
  }
}

}  // namespace
}  // namespace tickerlake::broker
