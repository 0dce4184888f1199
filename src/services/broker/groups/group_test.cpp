#include "services/broker/groups/group.h"

#include <gtest/gtest.h>

#include <random>

#include "services/broker/groups/group_records.h"

namespace tickerlake::broker {
namespace {

using kafka::KafkaError;

constexpr std::int32_t session_ms = 10'000, rebalance_ms = 60'000;

/// A group with the clock and the answers of its requests.
struct Driver {
  Group group{"g"};
  Milliseconds now = 1'000'000;
  Ticket last = 0;
  std::map<Ticket, Answer> answers;

  Ticket join(const std::string& id, const std::string& new_id = "", std::vector<std::string> protocols = {"range"}) {
    return join_as({id, std::nullopt}, new_id, std::move(protocols));
  }
  Ticket join_as(const MemberClaim& member, const std::string& new_id, std::vector<std::string> protocols = {"range"},
                 bool requires_id = false, bool can_skip = true) {
    JoinAsk ask;
    ask.member = member;
    ask.session_timeout_ms = session_ms;
    ask.rebalance_timeout_ms = rebalance_ms;
    ask.protocol_type = "consumer";
    for (const auto& protocol : protocols) ask.protocols.push_back({protocol, Buffer{std::byte{1}}});
    ask.requires_member_id = requires_id;
    ask.can_skip_assignment = can_skip;
    group.join(++last, ask, new_id, now);
    return collect();
  }
  Ticket sync(const std::string& id, std::int32_t generation, std::vector<std::pair<std::string, Buffer>> given = {}) {
    SyncAsk ask;
    ask.member.member_id = id;
    ask.generation = generation;
    ask.assignments = std::move(given);
    group.sync(++last, ask, now);
    return collect();
  }
  Ticket collect() {
    for (Answer& answer : group.take_answers()) answers.insert_or_assign(answer.ticket, std::move(answer));
    return last;
  }
  void pass(Milliseconds time) {
    now += time;
    group.tick(now);
    collect();
  }
  bool answered(Ticket ticket) const { return answers.contains(ticket); }
  const JoinAnswer& joined(Ticket ticket) const { return std::get<JoinAnswer>(answers.at(ticket).content); }
  const SyncAnswer& synced(Ticket ticket) const { return std::get<SyncAnswer>(answers.at(ticket).content); }
  KafkaError heartbeat(const std::string& id, std::int32_t generation) {
    const KafkaError error = group.heartbeat({id, std::nullopt}, generation, now);
    collect();
    return error;
  }
  KafkaError leave(const std::string& id) {
    const KafkaError error = group.leave({id, std::nullopt}, now);
    collect();
    return error;
  }
  static Buffer bytes(const char* text) {
    const ByteView view = as_bytes(text);
    return {view.begin(), view.end()};
  }
  /// a alone, stable in generation 1.
  void settle_one() {
    join("", "a");
    sync("a", 1, {{"a", bytes("all")}});
  }
  /// a (leader) and b, stable in generation 2.
  void settle_two() {
    settle_one();
    join("", "b");
    join("a");
    sync("b", 2);
    sync("a", 2, {{"a", bytes("left")}, {"b", bytes("right")}});
  }
};

TEST(Group, the_first_member_leads_its_generation_at_once) {
  Driver d;
  const Ticket t = d.join("", "a");
  ASSERT_TRUE(d.answered(t));
  EXPECT_EQ(d.joined(t).generation, 1);
  EXPECT_EQ(d.joined(t).leader, "a");
  EXPECT_EQ(d.joined(t).members.size(), 1u);
  const Ticket s = d.sync("a", 1, {{"a", Driver::bytes("all")}});
  EXPECT_EQ(as_text(d.synced(s).assignment), "all");
  EXPECT_EQ(d.group.state(), Group::State::stable);
  EXPECT_TRUE(d.group.take_changed());
}

TEST(Group, a_second_member_waits_until_the_first_has_joined_again) {
  Driver d;
  d.settle_one();
  const Ticket b = d.join("", "b");
  EXPECT_FALSE(d.answered(b));
  EXPECT_EQ(d.heartbeat("a", 1), KafkaError::rebalance_in_progress);
  const Ticket a = d.join("a");
  ASSERT_TRUE(d.answered(b));
  EXPECT_EQ(d.joined(b).generation, 2);
  EXPECT_EQ(d.joined(b).leader, "a");
  EXPECT_TRUE(d.joined(b).members.empty());
  EXPECT_EQ(d.joined(a).members.size(), 2u);
}

TEST(Group, followers_wait_for_the_leaders_assignment) {
  Driver d;
  d.settle_one();
  d.join("", "b");
  d.join("a");
  const Ticket b = d.sync("b", 2);
  EXPECT_FALSE(d.answered(b));
  d.sync("a", 2, {{"a", Driver::bytes("left")}, {"b", Driver::bytes("right")}});
  ASSERT_TRUE(d.answered(b));
  EXPECT_EQ(as_text(d.synced(b).assignment), "right");
}

TEST(Group, a_new_member_is_first_told_its_id_where_the_version_wants_so) {
  Driver d;
  const Ticket first = d.join_as({"", std::nullopt}, "a", {"range"}, true);
  EXPECT_EQ(d.joined(first).error, KafkaError::member_id_required);
  EXPECT_EQ(d.joined(first).member_id, "a");
  const Ticket second = d.join("a");
  EXPECT_EQ(d.joined(second).error, KafkaError::none);
  EXPECT_EQ(d.joined(d.join("stranger")).error, KafkaError::unknown_member_id);
}

TEST(Group, a_silent_member_is_dropped_after_its_session_and_the_others_get_its_share) {
  Driver d;
  d.settle_two();
  d.pass(session_ms - 1);
  EXPECT_EQ(d.heartbeat("a", 2), KafkaError::none);
  d.pass(1);  // b was silent for a whole session
  EXPECT_EQ(d.heartbeat("a", 2), KafkaError::rebalance_in_progress);
  const Ticket a = d.join("a");
  EXPECT_EQ(d.joined(a).generation, 3);
  EXPECT_EQ(d.joined(a).members.size(), 1u);
  EXPECT_EQ(d.heartbeat("b", 2), KafkaError::unknown_member_id);
}

TEST(Group, a_rebalance_goes_on_without_members_that_do_not_come_back_in_time) {
  Driver d;
  d.settle_two();
  const Ticket c = d.join("", "c");
  for (int i = 0; i < 12; ++i) {
    d.heartbeat("b", 2);  // alive, but it never joins
    d.pass(rebalance_ms / 12);
  }
  ASSERT_TRUE(d.answered(c));
  EXPECT_EQ(d.joined(c).generation, 3);
  EXPECT_EQ(d.joined(c).leader, "c");
}

TEST(Group, a_leader_that_never_syncs_is_dropped_and_the_waiting_start_over) {
  Driver d;
  d.settle_one();
  d.join("", "b");
  d.join("a");
  const Ticket b = d.sync("b", 2);
  for (int i = 0; i < 12; ++i) {
    d.heartbeat("a", 2);
    d.pass(rebalance_ms / 12);
  }
  ASSERT_TRUE(d.answered(b));
  EXPECT_EQ(d.synced(b).error, KafkaError::rebalance_in_progress);
  EXPECT_EQ(d.joined(d.join("b")).leader, "b");
}

TEST(Group, the_last_member_that_leaves_makes_the_group_empty_and_the_generation_goes_on_counting) {
  Driver d;
  d.settle_one();
  EXPECT_EQ(d.leave("a"), KafkaError::none);
  EXPECT_EQ(d.group.state(), Group::State::empty);
  EXPECT_FALSE(d.group.has_members());
  EXPECT_EQ(d.leave("a"), KafkaError::unknown_member_id);
  EXPECT_EQ(d.joined(d.join("", "b")).generation, 3);
}

TEST(Group, a_follower_whose_answer_was_lost_gets_it_again_and_a_leader_starts_a_rebalance) {
  Driver d;
  d.settle_two();
  const Ticket b = d.join("b");
  ASSERT_TRUE(d.answered(b));
  EXPECT_EQ(d.joined(b).generation, 2);
  EXPECT_FALSE(d.answered(d.join("a")));
  EXPECT_EQ(d.group.state(), Group::State::preparing_rebalance);
}

TEST(Group, the_protocol_is_one_that_all_know_and_most_prefer) {
  Driver d;
  d.join("", "a", {"sticky", "range"});
  EXPECT_EQ(d.joined(d.join("", "x", {"other"})).error, KafkaError::inconsistent_group_protocol);
  const Ticket b = d.join("", "b", {"range"});
  d.join("a", "", {"sticky", "range"});
  EXPECT_EQ(d.joined(b).protocol, "range");
}

TEST(Group, a_static_member_that_restarts_takes_its_place_back_without_a_rebalance) {
  Driver d;
  const MemberClaim fresh{"", "one"};
  const Ticket first = d.join_as(fresh, "one-1");
  EXPECT_EQ(d.joined(first).leader, "one-1");
  SyncAsk ask;
  ask.member = {"one-1", "one"};
  ask.generation = 1;
  ask.assignments = {{"one-1", Driver::bytes("all")}};
  d.group.sync(++d.last, ask, d.now);
  d.collect();
  ASSERT_EQ(d.group.state(), Group::State::stable);
  const Ticket second = d.join_as(fresh, "one-2");
  ASSERT_TRUE(d.answered(second));
  EXPECT_EQ(d.joined(second).generation, 1);
  EXPECT_EQ(d.joined(second).member_id, "one-2");
  EXPECT_TRUE(d.joined(second).skip_assignment);
  EXPECT_EQ(d.group.heartbeat({"one-1", "one"}, 1, d.now), KafkaError::fenced_instance_id);
  EXPECT_EQ(d.group.heartbeat({"one-2", "one"}, 1, d.now), KafkaError::none);
  EXPECT_EQ(d.group.leave({"", "one"}, d.now), KafkaError::none);
}

TEST(Group, offsets_are_committed_by_members_of_the_generation_or_where_there_are_none) {
  Driver d;
  EXPECT_EQ(d.group.check_commit({"", std::nullopt}, -1, false, d.now), KafkaError::none);
  EXPECT_EQ(d.group.check_commit({"an id of its own", std::nullopt}, -1, false, d.now), KafkaError::none);
  d.settle_one();
  EXPECT_EQ(d.group.check_commit({"an id of its own", std::nullopt}, -1, false, d.now), KafkaError::unknown_member_id);
  EXPECT_EQ(d.group.check_commit({"", std::nullopt}, -1, false, d.now), KafkaError::unknown_member_id);
  EXPECT_EQ(d.group.check_commit({"a", std::nullopt}, 1, false, d.now), KafkaError::none);
  EXPECT_EQ(d.group.check_commit({"a", std::nullopt}, 0, false, d.now), KafkaError::illegal_generation);
  EXPECT_EQ(d.group.check_commit({"b", std::nullopt}, 1, false, d.now), KafkaError::unknown_member_id);
}

TEST(Group, what_was_stored_comes_back_with_members_and_sessions) {
  Driver d;
  d.settle_two();
  const KeyValue stored = encode(GroupRecord{"g", d.group.snapshot(), 5});
  const auto decoded = decode_coordinator_record(stored.key, *stored.value);
  ASSERT_TRUE(decoded.value());
  d.group = Group::restore("g", *std::get<GroupRecord>(**decoded).value, d.now);
  EXPECT_EQ(d.heartbeat("a", 2), KafkaError::none);
  EXPECT_EQ(as_text(d.synced(d.sync("b", 2)).assignment), "right");
  d.pass(session_ms);
  EXPECT_FALSE(d.group.has_members());
}

TEST(Group, the_first_rebalance_waits_for_further_members_as_long_as_they_come) {
  Driver d;
  d.group = Group("g", 3'000);
  const Ticket a = d.join("", "a");
  d.pass(2'000);
  const Ticket b = d.join("", "b");
  d.pass(1'000);
  EXPECT_FALSE(d.answered(a)) << "b came meanwhile";
  d.pass(2'999);
  EXPECT_FALSE(d.answered(a));
  d.pass(1);
  ASSERT_TRUE(d.answered(a) && d.answered(b));
  EXPECT_EQ(d.joined(a).generation, 1);
  EXPECT_EQ(d.joined(a).members.size(), 2u);
}

TEST(Group, random_histories_answer_every_request_in_the_end) {
  const unsigned seed = std::random_device{}();
  SCOPED_TRACE("seed " + std::to_string(seed));
  std::mt19937 random(seed);
  for (int history = 0; history < 300; ++history) {
    Driver d;
    std::map<std::string, std::int32_t> generations;  // what each member was told last
    int born = 0;
    for (int step = 0; step < 60; ++step) {
      d.pass(random() % 3000);
      const std::string id = born == 0 ? "" : "m" + std::to_string(random() % born);
      const std::int32_t generation = d.group.snapshot().generation;
      switch (random() % 6) {
        case 0:
          d.join("", "m" + std::to_string(born++));
          break;
        case 1:
        case 2:
          if (!id.empty()) d.join(id);
          break;
        case 3:
          if (!id.empty()) d.sync(id, generation);
          break;
        case 4:
          if (!id.empty()) d.heartbeat(id, generation);
          break;
        case 5:
          if (random() % 4 == 0 && !id.empty()) d.leave(id);
          break;
      }
      EXPECT_LE(d.group.snapshot().members.size(), static_cast<std::size_t>(born));
    }
    // Everybody falls silent: every waiting request gets its answer, the group ends empty.
    for (int i = 0; i < 40; ++i) d.pass(rebalance_ms);
    EXPECT_FALSE(d.group.has_members());
    EXPECT_EQ(d.group.state(), Group::State::empty);
    EXPECT_EQ(d.answers.size(), d.last);
  }
}

TEST(GroupRecords, an_offset_has_the_bytes_of_kafkas_own_form) {
  const KeyValue stored = encode(OffsetRecord{"g", "t", 3, CommittedOffset{7, -1, "m", 9}});
  const unsigned char key[] = {0, 1, 0, 1, 'g', 0, 1, 't', 0, 0, 0, 3};
  const unsigned char value[] = {0,    3, 0, 0,   0, 0, 0, 0, 0, 7, 0xFF, 0xFF, 0xFF,
                                 0xFF, 0, 1, 'm', 0, 0, 0, 0, 0, 0, 0,    9};
  EXPECT_EQ(as_text(stored.key), as_text(std::as_bytes(std::span(key))));
  EXPECT_EQ(as_text(*stored.value), as_text(std::as_bytes(std::span(value))));
}

TEST(GroupRecords, unknown_kinds_are_skipped_and_cut_off_ones_refused) {
  const unsigned char future[] = {0, 99, 1, 2};
  EXPECT_FALSE(decode_coordinator_record(std::as_bytes(std::span(future)), std::nullopt).value());
  const KeyValue stored = encode(OffsetRecord{"g", "t", 3, CommittedOffset{7, -1, "m", 9}});
  for (std::size_t size = 0; size < stored.key.size(); ++size) {
    EXPECT_FALSE(decode_coordinator_record(ByteView(stored.key).first(size), *stored.value)) << size;
  }
  for (std::size_t size = 0; size < stored.value->size(); ++size) {
    EXPECT_FALSE(decode_coordinator_record(stored.key, ByteView(*stored.value).first(size))) << size;
  }
}

}  // namespace
}  // namespace tickerlake::broker
