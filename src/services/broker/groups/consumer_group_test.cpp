#include "services/broker/groups/consumer_group.h"

#include <gtest/gtest.h>

#include <random>

#include "services/broker/groups/reconcile.h"

namespace tickerlake::broker {
namespace {

using kafka::KafkaError;

TopicId topic_id(int number) {
  TopicId id;
  id.bytes[15] = static_cast<std::byte>(number + 1);
  return id;
}

/// A member as a client runs it: it takes what it is given and gives up what it is told to.
struct Client {
  std::string id;
  std::int32_t epoch = join_epoch;
  Assignment owned = {};
  std::set<std::string> topics = {"t0"};
  std::string pattern = {};
  std::optional<std::string> instance = {}, assignor = {};
};

struct World {
  ConsumerGroup group{"g"};
  TopicCatalog catalog;
  ConsumerGroupSettings settings;
  Milliseconds now = 1'000;
  std::function<bool(const std::string&)> may_describe;

  World() { set_topic("t0", 0, 6); }

  void set_topic(const std::string& name, int number, std::int32_t partitions) {
    ++catalog.version;
    catalog.topics[name] = {topic_id(number), partitions};
  }
  void remove_topic(const std::string& name) {
    ++catalog.version;
    catalog.topics.erase(name);
  }

  HeartbeatAsk ask(const Client& client) const {
    HeartbeatAsk ask;
    ask.member_id = client.id;
    ask.member_epoch = client.epoch;
    ask.instance_id = client.instance;
    if (client.epoch == join_epoch) {
      ask.rebalance_timeout_ms = 30'000;
      ask.topics = client.topics;
      if (!client.pattern.empty()) ask.pattern = client.pattern;
      ask.assignor = client.assignor;
    }
    ask.owned = client.owned;
    ask.may_describe = may_describe;
    return ask;
  }
  HeartbeatAnswer send(const HeartbeatAsk& ask) { return group.heartbeat(ask, "made-up", catalog, settings, now); }
  HeartbeatAnswer beat(Client& client) {
    if (client.epoch == join_epoch) client.owned.clear();
    HeartbeatAnswer answer = send(ask(client));
    if (answer.error == KafkaError::none) {
      client.id = answer.member_id;
      client.epoch = answer.member_epoch;
      if (answer.assignment) client.owned = *answer.assignment;
    }
    return answer;
  }
  /// Heartbeats until nothing moves any more.
  void settle(std::vector<Client*> clients) {
    for (int round = 0; round < 50; ++round) {
      for (Client* client : clients) beat(*client);
      if (group.state() == ConsumerGroup::State::stable) return;
    }
    FAIL() << "the group does not converge";
  }
  ConsumerGroupDescription::Member member(const std::string& id) const {
    for (auto& member : group.describe().members) {
      if (member.id == id) return member;
    }
    return {};
  }
};

std::size_t count(const Assignment& assignment) {
  std::size_t sum = 0;
  for (const auto& [topic, partitions] : assignment) sum += partitions.size();
  return sum;
}

TEST(ConsumerGroup, the_first_member_gets_everything_at_once) {
  World world;
  Client a{.id = "a"};
  const HeartbeatAnswer answer = world.beat(a);
  EXPECT_EQ(answer.error, KafkaError::none);
  EXPECT_EQ(answer.member_epoch, 1);
  EXPECT_EQ(count(*answer.assignment), 6u);
  EXPECT_EQ(world.group.state(), ConsumerGroup::State::stable);
  EXPECT_FALSE(world.beat(a).assignment) << "it has not changed";
  HeartbeatAsk full = world.ask(a);
  full.rebalance_timeout_ms = 30'000;
  full.topics = a.topics;
  const HeartbeatAnswer again = world.send(full);
  ASSERT_TRUE(again.assignment) << "a full request is answered in full";
  EXPECT_EQ(count(*again.assignment), 6u);
}

TEST(ConsumerGroup, a_new_member_waits_until_the_old_one_has_given_up_its_share) {
  World world;
  Client a{.id = "a"}, b{.id = "b"};
  world.beat(a);
  HeartbeatAnswer answer = world.beat(b);
  EXPECT_EQ(answer.member_epoch, 2);
  EXPECT_TRUE(answer.assignment->empty());
  // The old one learns what it keeps, at its old epoch; it still says that it has everything.
  const Assignment everything = a.owned;
  answer = world.beat(a);
  EXPECT_EQ(answer.member_epoch, 1);
  EXPECT_EQ(count(*answer.assignment), 3u);
  Client holds_on = a;
  holds_on.owned = everything;
  EXPECT_EQ(world.send(world.ask(holds_on)).member_epoch, 1);
  EXPECT_TRUE(world.beat(b).assignment.value_or(Assignment{}).empty());
  // Now it has given up.
  EXPECT_EQ(world.beat(a).member_epoch, 2);
  EXPECT_EQ(count(*world.beat(b).assignment), 3u);
  EXPECT_EQ(world.group.state(), ConsumerGroup::State::stable);
}

TEST(ConsumerGroup, members_are_refused_for_each_reason_by_its_own_error) {
  World world;
  Client a{.id = "a"};
  world.beat(a);
  const auto error_of = [&](auto change) {
    HeartbeatAsk ask = world.ask(a);
    change(ask);
    return world.send(ask).error;
  };
  EXPECT_EQ(error_of([](auto& ask) { ask.member_id = "b"; }), KafkaError::unknown_member_id);
  EXPECT_EQ(error_of([](auto& ask) { ask.member_epoch = 7; }), KafkaError::fenced_member_epoch);
  EXPECT_EQ(error_of([](auto& ask) { ask.assignor = "sticky"; }), KafkaError::unsupported_assignor);
  EXPECT_EQ(error_of([](auto& ask) { ask.pattern = "("; }), KafkaError::invalid_regular_expression);
  EXPECT_EQ(error_of([](auto& ask) { ask.instance_id = "i"; }), KafkaError::unknown_member_id);
  world.settings.max_size = 1;
  Client b{.id = "b"};
  EXPECT_EQ(world.beat(b).error, KafkaError::group_max_size_reached);
}

TEST(ConsumerGroup, a_lost_answer_lets_the_member_come_again_with_its_epoch_before) {
  World world;
  Client a{.id = "a"}, b{.id = "b"};
  world.settle({&a, &b});
  const std::int32_t before = a.epoch;
  world.set_topic("t0", 0, 8);
  const HeartbeatAsk again = world.ask(a);
  EXPECT_EQ(world.send(again).member_epoch, before + 1);
  EXPECT_EQ(world.send(again).member_epoch, before + 1);
  HeartbeatAsk with_more = again;
  (*with_more.owned)[topic_id(9)].insert(1);
  EXPECT_EQ(world.send(with_more).error, KafkaError::fenced_member_epoch);
}

TEST(ConsumerGroup, a_fenced_member_joins_again_with_what_it_had) {
  World world;
  Client a{.id = "a"};
  world.settle({&a});
  a.epoch = 99;
  EXPECT_EQ(world.beat(a).error, KafkaError::fenced_member_epoch);
  a.epoch = join_epoch;
  EXPECT_EQ(count(*world.beat(a).assignment), 6u);
  EXPECT_EQ(world.group.member_count(), 1u);
}

TEST(ConsumerGroup, who_leaves_or_falls_silent_gives_its_partitions_to_the_others) {
  World world;
  Client a{.id = "a"}, b{.id = "b"}, c{.id = "c"};
  world.settle({&a, &b, &c});
  c.epoch = leave_epoch;
  EXPECT_EQ(world.beat(c).member_epoch, leave_epoch);
  world.settle({&a, &b});
  EXPECT_EQ(count(a.owned), 3u);
  world.now += 30'000;
  world.beat(a);
  world.now += 20'000;  // b has been silent for 50 s
  world.settle({&a});
  EXPECT_EQ(count(a.owned), 6u);
  EXPECT_EQ(world.beat(b).error, KafkaError::unknown_member_id);
}

TEST(ConsumerGroup, who_does_not_give_up_in_time_is_put_out) {
  World world;
  world.settings.session_timeout_ms = 1'000'000;
  Client a{.id = "a"}, b{.id = "b"};
  world.beat(a);
  world.beat(b);
  world.send(world.ask(a));  // is told, and never says that it did
  world.now += 29'999;
  world.send(world.ask(a));
  EXPECT_EQ(world.group.member_count(), 2u);
  world.now += 1;
  world.settle({&b});
  EXPECT_EQ(world.group.member_count(), 1u);
  EXPECT_EQ(count(b.owned), 6u);
}

TEST(ConsumerGroup, a_static_member_comes_back_under_a_new_id_without_a_new_epoch) {
  World world;
  Client a{.id = "a", .instance = "i"}, b{.id = "b"};
  world.settle({&a, &b});
  const Assignment had = a.owned;
  const std::int32_t epoch = world.group.epoch();
  Client early{.id = "early", .instance = "i"};
  EXPECT_EQ(world.beat(early).error, KafkaError::unreleased_instance_id);
  Client gone = a;
  gone.epoch = leave_for_a_while_epoch;
  EXPECT_EQ(world.beat(gone).member_epoch, leave_for_a_while_epoch);
  world.beat(b);
  EXPECT_EQ(count(b.owned), 3u);
  Client back{.id = "a2", .instance = "i"};
  EXPECT_EQ(*world.beat(back).assignment, had);
  EXPECT_EQ(world.group.epoch(), epoch);
  EXPECT_EQ(world.beat(a).error, KafkaError::fenced_instance_id);
}

TEST(ConsumerGroup, offsets_are_committed_and_read_at_the_present_epoch_only) {
  World world;
  Client a{.id = "a"};
  EXPECT_EQ(world.group.check_commit({"", {}}, -1, world.now), KafkaError::none);
  world.settle({&a});
  EXPECT_EQ(world.group.check_commit({"", {}}, -1, world.now), KafkaError::unknown_member_id);
  EXPECT_EQ(world.group.check_commit({"a", {}}, a.epoch, world.now), KafkaError::none);
  EXPECT_EQ(world.group.check_commit({"a", {}}, a.epoch - 1, world.now), KafkaError::stale_member_epoch);
  EXPECT_EQ(world.group.check_fetch("a", a.epoch), KafkaError::none);
  EXPECT_EQ(world.group.check_fetch("a", a.epoch + 1), KafkaError::stale_member_epoch);
  EXPECT_EQ(world.group.check_fetch("b", 1), KafkaError::unknown_member_id);
  EXPECT_EQ(world.group.check_fetch(std::nullopt, -1), KafkaError::none);
}

TEST(ConsumerGroup, topics_made_grown_and_deleted_change_the_assignment_at_the_next_heartbeat) {
  World world;
  Client a{.id = "a", .topics = {"t0", "t1"}};
  world.settle({&a});
  world.set_topic("other", 5, 3);
  const std::int32_t epoch = world.group.epoch();
  world.settle({&a});
  EXPECT_EQ(world.group.epoch(), epoch) << "a topic that nobody reads";
  world.set_topic("t1", 1, 2);
  world.settle({&a});
  EXPECT_EQ(count(a.owned), 8u);
  world.set_topic("t0", 0, 9);
  world.settle({&a});
  EXPECT_EQ(count(a.owned), 11u);
  world.remove_topic("t0");
  world.settle({&a});
  EXPECT_EQ(a.owned, (Assignment{{topic_id(1), {0, 1}}}));
}

TEST(ConsumerGroup, a_pattern_follows_the_topics_that_match_as_a_whole) {
  World world;
  Client a{.id = "a", .topics = {}, .pattern = "t[0-9]"};
  world.settle({&a});
  EXPECT_EQ(count(a.owned), 6u);
  world.set_topic("t1", 1, 2);
  world.set_topic("t12", 2, 4);
  world.settle({&a});
  EXPECT_EQ(count(a.owned), 8u);
  EXPECT_EQ(world.group.subscribed_topics(), (std::set<std::string>{"t0", "t1"}));
}

TEST(ConsumerGroup, a_pattern_matches_only_what_the_member_may_describe_and_sees_new_rights_after_a_while) {
  World world;
  world.set_topic("t1", 1, 2);
  std::set<std::string> rights = {"t1"};
  world.may_describe = [&](const std::string& topic) { return rights.contains(topic); };
  Client a{.id = "a", .topics = {}, .pattern = "t.*"};
  world.settle({&a});
  EXPECT_EQ(world.group.subscribed_topics(), (std::set<std::string>{"t1"}));
  rights = {"t0", "t1"};
  world.settle({&a});
  EXPECT_EQ(count(a.owned), 2u);
  for (int beats = 0; beats < 20; ++beats, world.now += 30'000) world.settle({&a});
  world.settle({&a});
  EXPECT_EQ(count(a.owned), 8u);
}

TEST(ConsumerGroup, most_members_choose_the_assignor) {
  World world;
  Client a{.id = "a", .assignor = "range"}, b{.id = "b"};
  world.settle({&a, &b});
  EXPECT_EQ(world.group.describe().assignor, Assignor::range);
  EXPECT_EQ(a.owned, (Assignment{{topic_id(0), {0, 1, 2}}}));
}

TEST(ConsumerGroup, what_is_stored_piece_by_piece_gives_the_same_group_again) {
  World world;
  std::vector<ConsumerGroupChange> journal;
  const auto store = [&] { std::ranges::move(world.group.take_changes(), std::back_inserter(journal)); };
  Client a{.id = "a", .instance = "i"}, b{.id = "b", .topics = {}, .pattern = "t.*"}, c{.id = "c"};
  for (Client* client : {&a, &b, &c, &a, &b, &a}) {
    world.beat(*client);
    store();
  }
  c.epoch = leave_epoch;
  world.beat(c);
  world.beat(a);
  store();
  ConsumerGroup again("g"), whole("g");
  for (const auto& change : journal) again.restore(change);
  for (const auto& change : world.group.everything()) whole.restore(change);
  again.resume(45'000, world.now);
  whole.resume(45'000, world.now);
  for (const ConsumerGroup* restored : {&again, &whole}) {
    const auto expected = world.group.describe(), got = restored->describe();
    EXPECT_EQ(got.state, expected.state);
    EXPECT_EQ(got.epoch, expected.epoch);
    EXPECT_EQ(got.assignment_epoch, expected.assignment_epoch);
    ASSERT_EQ(got.members.size(), expected.members.size());
    for (std::size_t i = 0; i < got.members.size(); ++i) {
      EXPECT_EQ(got.members[i].subscription, expected.members[i].subscription);
      EXPECT_EQ(got.members[i].epoch, expected.members[i].epoch);
      EXPECT_EQ(got.members[i].assigned, expected.members[i].assigned);
      EXPECT_EQ(got.members[i].target, expected.members[i].target);
    }
  }
  const std::int32_t epoch = world.group.epoch();
  world.group = std::move(again);
  world.settle({&a, &b});
  EXPECT_EQ(world.group.epoch(), epoch) << "a restart is no reason to assign anew";
}

/// Random members that join, heartbeat, lose answers, leave, fall silent, and topics that come, grow and go, with
/// restarts of the coordinator in between.
TEST(ConsumerGroup, in_random_histories_no_partition_has_two_owners_and_the_group_converges) {
  const unsigned seed = std::random_device{}();
  SCOPED_TRACE("seed " + std::to_string(seed));
  std::mt19937 random(seed);
  const auto below = [&](unsigned limit) { return static_cast<int>(random() % limit); };
  for (int history = 0; history < 200; ++history) {
    World world;
    std::vector<ConsumerGroupChange> journal;
    std::vector<Client> clients;
    std::map<std::string, Milliseconds> heard;  // of whom, when last
    int born = 0;
    for (int step = 0; step < 120; ++step) {
      switch (below(12)) {
        case 0:
          if (clients.size() < 6) {
            Client client{.id = "m" + std::to_string(born++), .topics = {"t" + std::to_string(below(3))}};
            if (below(3) == 0) client.topics.insert("t0");
            if (below(3) == 0) client.pattern = "t[12]";
            if (below(4) == 0) client.assignor = "range";
            clients.push_back(client);
          }
          break;
        case 1:
          world.set_topic("t" + std::to_string(below(3)), below(3), 1 + below(9));
          for (int i = 0; i < 3; ++i) {  // ids stay with names, and topics don't shrink
            auto found = world.catalog.topics.find("t" + std::to_string(i));
            if (found != world.catalog.topics.end()) found->second.id = topic_id(i);
          }
          break;
        case 2:
          if (below(4) == 0) world.remove_topic("t" + std::to_string(below(3)));
          break;
        case 3:
          if (!clients.empty() && below(3) == 0) {
            Client& leaver = clients[static_cast<std::size_t>(below(static_cast<unsigned>(clients.size())))];
            leaver.epoch = leave_epoch;
            world.beat(leaver);
            std::erase_if(clients, [](const Client& client) { return client.epoch == leave_epoch; });
          }
          break;
        case 4:
          if (below(8) == 0 && !clients.empty()) clients.pop_back();  // dies without a word
          break;
        case 5:
          world.now += below(20'000);
          break;
        case 6: {  // the coordinator starts again
          ConsumerGroup again("g");
          for (const auto& change : journal) again.restore(change);
          again.resume(world.settings.session_timeout_ms, world.now);
          world.group = std::move(again);
          break;
        }
        default:
          if (clients.empty()) break;
          Client& client = clients[static_cast<std::size_t>(below(static_cast<unsigned>(clients.size())))];
          Client before = client;
          if (world.beat(client).error != KafkaError::none) {
            client.epoch = join_epoch;
            client.owned.clear();
          } else if (below(6) == 0 && before.epoch != join_epoch) {
            client = before;  // the answer was lost
          }
      }
      std::ranges::move(world.group.take_changes(), std::back_inserter(journal));
      std::map<std::pair<TopicId, std::int32_t>, std::string> owners;
      for (const auto& member : world.group.describe().members) {
        for (const auto& [topic, partitions] : member.assigned) {
          for (const std::int32_t partition : partitions) {
            const auto [at, is_new] = owners.try_emplace({topic, partition}, member.id);
            ASSERT_TRUE(is_new) << member.id << " and " << at->second << " have partition " << partition;
          }
        }
      }
    }
    // The dead are noticed; then everything that somebody reads has one reader.
    world.now += 50'000;
    for (Client& client : clients) client.epoch = join_epoch;
    std::vector<Client*> alive;
    for (Client& client : clients) alive.push_back(&client);
    if (alive.empty()) continue;
    ASSERT_NO_FATAL_FAILURE(world.settle(alive));
    std::size_t wanted = 0, got = 0;
    for (const std::string& name : world.group.subscribed_topics()) {
      const auto topic = world.catalog.topics.find(name);
      if (topic != world.catalog.topics.end()) wanted += static_cast<std::size_t>(topic->second.partitions);
    }
    for (const Client& client : clients) got += count(client.owned);
    EXPECT_EQ(got, wanted);
  }
}

}  // namespace
}  // namespace tickerlake::broker
