#include "services/broker/quotas/client_quotas.h"

#include <gtest/gtest.h>

namespace tickerlake::broker {
namespace {

using namespace std::chrono_literals;
using std::chrono::milliseconds;

constexpr Moment start{std::chrono::hours(1)};
constexpr auto produce = QuotaKind::produce;

const std::optional<std::string> others;  // a default

struct Fixture {
  Metrics metrics;
  ClientQuotas quotas{metrics, {}, {}};

  Fixture(const Quotas& set) { quotas.set(set); }
};

Quotas of_everyone(const char* key, double value) { return {{{{user_entity, others}}, {{key, value}}}}; }

TEST(QuotaRate, a_young_rate_is_measured_over_the_ten_seconds_before) {
  WindowedRate rate({});
  rate.record(5'000, start);
  EXPECT_EQ(rate.per_second(start), 500);
  EXPECT_EQ(rate.per_second(start + 500ms), 5'000 / 10.5);
  EXPECT_EQ(rate.excess(500, start), 0ms);
  // Twice as much as is permitted in ten seconds: ten more of silence bring it down.
  EXPECT_EQ(rate.excess(250, start), 10'000ms);
}

TEST(QuotaRate, what_came_before_the_window_is_forgotten) {
  WindowedRate rate({});
  rate.record(1'000'000, start);
  EXPECT_GT(rate.per_second(start + 10'999ms), 0);
  EXPECT_EQ(rate.per_second(start + 11s), 0);
}

TEST(QuotaRate, a_steady_sender_gets_what_is_permitted_in_the_long_run) {
  WindowedRate rate({});
  double sent = 0;
  Moment now = start;
  while (now < start + 300s) {
    sent += 3'000;
    rate.record(3'000, now);
    now += rate.excess(1'000, now) + 10ms;
  }
  EXPECT_NEAR(sent / 300, 1'000, 150);
}

TEST(TokenBucket, is_full_at_first_may_be_overdrawn_once_and_fills_at_the_permitted_rate) {
  TokenBucket bucket({});
  EXPECT_EQ(bucket.tokens(2, start), 22);
  bucket.take(30, 2, start);
  EXPECT_EQ(bucket.shortage(2, start), 4s);
  EXPECT_EQ(bucket.shortage(2, start + 4s), 0s);
  EXPECT_EQ(bucket.tokens(2, start + 100s), 22);
}

TEST(QuotaTable, the_most_specific_quota_wins_in_kafkas_order) {
  const std::string alice = "alice", app = "app";
  const std::vector<QuotaEntity> order = {{{user_entity, alice}, {client_entity, app}},
                                          {{user_entity, alice}, {client_entity, others}},
                                          {{user_entity, alice}},
                                          {{user_entity, others}, {client_entity, app}},
                                          {{user_entity, others}, {client_entity, others}},
                                          {{user_entity, others}},
                                          {{client_entity, app}},
                                          {{client_entity, others}}};
  for (std::size_t first = 0; first < order.size(); ++first) {
    QuotaTable table;
    for (std::size_t i = first; i < order.size(); ++i) table.add(order[i], static_cast<double>(i));
    const auto found = table.find({"alice", "app"});
    ASSERT_TRUE(found) << first;
    EXPECT_EQ(found->permitted, first);
    EXPECT_EQ(found->of_user, order[first].contains(user_entity)) << first;
    EXPECT_EQ(found->of_client, order[first].contains(client_entity)) << first;
  }
  EXPECT_FALSE(QuotaTable().find({"alice", "app"}));
}

TEST(QuotaTable, who_gives_no_client_id_is_no_client) {
  QuotaTable table;
  table.add({{client_entity, others}}, 1);
  table.add({{user_entity, "alice"}, {client_entity, others}}, 2);
  EXPECT_FALSE(table.find({"alice", ""}));
}

TEST(ClientQuotas, without_quotas_nothing_is_counted) {
  Fixture fixture({});
  EXPECT_FALSE(fixture.quotas.limits(produce));
  EXPECT_EQ(fixture.quotas.charge(produce, {"alice", "app"}, 1e12, start), 0ms);
  EXPECT_EQ(fixture.quotas.most_at_once(produce, {"alice", "app"}), std::nullopt);
  EXPECT_FALSE(fixture.quotas.mutate({"alice", "app"}, 1e9, true, start).refused);
  EXPECT_EQ(fixture.quotas.connect("127.0.0.1", start), 0ms);
}

TEST(ClientQuotas, a_default_is_each_users_own_and_holds_over_all_of_its_clients) {
  Fixture fixture(of_everyone("producer_byte_rate", 1'000));
  EXPECT_EQ(fixture.quotas.charge(produce, {"alice", "one"}, 10'000, start), 0ms);
  EXPECT_EQ(fixture.quotas.charge(produce, {"bob", "one"}, 10'000, start), 0ms);
  EXPECT_EQ(fixture.quotas.charge(produce, {"alice", "two"}, 10'000, start), 10s);
  EXPECT_EQ(fixture.quotas.charge(QuotaKind::fetch, {"alice", "two"}, 1e9, start), 0ms);
}

TEST(ClientQuotas, a_changed_quota_holds_at_once_and_for_what_was_used_before) {
  Fixture fixture(of_everyone("producer_byte_rate", 1'000));
  EXPECT_EQ(fixture.quotas.charge(produce, {"alice", ""}, 10'000, start), 0ms);
  fixture.quotas.set(of_everyone("producer_byte_rate", 500));
  EXPECT_EQ(fixture.quotas.charge(produce, {"alice", ""}, 0, start), 10s);
  fixture.quotas.set({});
  EXPECT_EQ(fixture.quotas.charge(produce, {"alice", ""}, 1e9, start), 0ms);
  fixture.quotas.set(of_everyone("producer_byte_rate", 1'000));
  EXPECT_EQ(fixture.quotas.charge(produce, {"alice", ""}, 10'000, start), 0ms);
}

TEST(ClientQuotas, what_a_throttled_fetch_did_not_get_is_not_counted) {
  Fixture fixture(of_everyone("consumer_byte_rate", 1'000));
  EXPECT_EQ(fixture.quotas.most_at_once(QuotaKind::fetch, {"alice", ""}), 10'000);
  EXPECT_EQ(fixture.quotas.charge(QuotaKind::fetch, {"alice", ""}, 10'000, start), 0ms);
  EXPECT_EQ(fixture.quotas.charge(QuotaKind::fetch, {"alice", ""}, 10'000, start), 10s);
  fixture.quotas.refund(QuotaKind::fetch, {"alice", ""}, 10'000, start);
  EXPECT_EQ(fixture.quotas.charge(QuotaKind::fetch, {"alice", ""}, 0, start), 0ms);
}

TEST(ClientQuotas, pauses_for_request_time_are_at_most_one_sample_long) {
  Fixture fixture(of_everyone("request_percentage", 1));
  EXPECT_EQ(fixture.quotas.charge(QuotaKind::request, {"alice", ""}, 100'000, start), 1s);
}

TEST(ClientQuotas, strict_mutations_are_refused_only_once_the_bucket_is_overdrawn) {
  Fixture fixture(of_everyone("controller_mutation_rate", 1));
  const QuotaClient alice{"alice", ""};
  const auto first = fixture.quotas.mutate(alice, 13, true, start);
  EXPECT_FALSE(first.refused);
  EXPECT_EQ(first.pause, 0ms);
  const auto second = fixture.quotas.mutate(alice, 1, true, start);
  EXPECT_TRUE(second.refused);
  EXPECT_EQ(second.pause, 2s);
  const auto permissive = fixture.quotas.mutate(alice, 1, false, start);
  EXPECT_FALSE(permissive.refused);
  EXPECT_EQ(permissive.pause, 3s);
  EXPECT_FALSE(fixture.quotas.mutate(alice, 1, true, start + 3s).refused);
}

TEST(ClientQuotas, connections_of_an_address_beyond_its_rate_are_not_let_in_and_not_counted) {
  Fixture fixture({{{{address_entity, "127.0.0.1"}}, {{connection_rate_key, 1}}},
                   {{{address_entity, others}}, {{connection_rate_key, 100}}}});
  for (int i = 0; i < 10; ++i) EXPECT_EQ(fixture.quotas.connect("127.0.0.1", start), 0ms) << i;
  for (int i = 0; i < 50; ++i) EXPECT_EQ(fixture.quotas.connect("127.0.0.1", start), 1s) << i;
  EXPECT_EQ(fixture.quotas.connect("127.0.0.1", start + 11s), 0ms);
  EXPECT_EQ(fixture.quotas.connect("::1", start), 0ms);
}

TEST(ClientQuotas, clients_beyond_what_can_be_remembered_share_one_memory) {
  Fixture fixture({{{{client_entity, others}}, {{"producer_byte_rate", 1'000}}}});
  for (std::size_t i = 0; i < max_quota_meters; ++i)
    EXPECT_EQ(fixture.quotas.charge(produce, {"u", "client " + std::to_string(i)}, 10'000, start), 0ms);
  EXPECT_EQ(fixture.quotas.charge(produce, {"u", "late"}, 10'000, start), 0ms);
  EXPECT_EQ(fixture.quotas.charge(produce, {"u", "later"}, 10'000, start), 10s);
  EXPECT_EQ(fixture.quotas.charge(produce, {"u", "client 7"}, 0, start), 0ms);
  // Once the others have been silent for long enough there is room again.
  EXPECT_EQ(fixture.quotas.charge(produce, {"u", "new"}, 10'000, start + 20s), 0ms);
  EXPECT_EQ(fixture.quotas.charge(produce, {"u", "newer"}, 10'000, start + 20s), 0ms);
}

TEST(ClientQuotas, rates_and_pauses_are_told_by_kafkas_names) {
  Fixture fixture(of_everyone("producer_byte_rate", 1'000));
  fixture.quotas.charge(produce, {"alice", ""}, 20'000, start);
  Exposition exposition;
  fixture.quotas.collect(exposition, start);
  fixture.metrics.collect(exposition);
  const std::string text = exposition.text();
  for (const char* line : {"kafka_server_produce_byte_rate{user=\"alice\",client_id=\"\"} 2000\n",
                           "kafka_server_produce_throttle_time{user=\"alice\",client_id=\"\"} 10000\n",
                           "tickerlake_kafka_throttle_seconds_count{quota=\"producer_byte_rate\"} 1\n"})
    EXPECT_NE(text.find(line), std::string::npos) << line << text;
}

TEST(Quota, entities_and_values_are_checked_with_kafkas_messages) {
  const QuotaEntity user{{user_entity, "alice"}}, address{{address_entity, "::1"}};
  EXPECT_EQ(flaw_of(QuotaEntity()), "Invalid empty client quota entity");
  EXPECT_EQ(flaw_of(QuotaEntity{{"planet", "mars"}}), "Unhandled client quota entity type: planet");
  EXPECT_EQ(flaw_of(QuotaEntity{{user_entity, ""}}), "Empty user not supported");
  EXPECT_EQ(flaw_of(QuotaEntity{{user_entity, "a"}, {address_entity, "::1"}}),
            "Invalid quota entity combination, IP entity shouldnot be combined with User or ClientId");
  EXPECT_EQ(flaw_of(QuotaEntity{{address_entity, "1.2.3"}}), "1.2.3 is not a valid IP or resolvable host.");
  EXPECT_EQ(flaw_of(user), std::nullopt);
  EXPECT_EQ(flaw_of(user, "producer_byte_rate", 1), std::nullopt);
  EXPECT_EQ(flaw_of(user, "request_percentage", 0.5), std::nullopt);
  EXPECT_EQ(flaw_of(user, "producer_byte_rate", 0), "Quota producer_byte_rate must be greater than 0");
  EXPECT_EQ(flaw_of(user, "producer_byte_rate", 1.5), "producer_byte_rate cannot be a fractional value.");
  EXPECT_EQ(flaw_of(user, "consumer_byte_rate", 1e19),
            "Proposed value for consumer_byte_rate is too large for a LONG.");
  EXPECT_EQ(flaw_of(user, connection_rate_key, 1), "Invalid configuration key connection_creation_rate");
  EXPECT_EQ(flaw_of(address, "producer_byte_rate", 1), "Invalid configuration key producer_byte_rate");
  EXPECT_EQ(flaw_of(address, connection_rate_key, 5e9),
            "Proposed value for connection_creation_rate is too large for an INT.");
}

}  // namespace
}  // namespace tickerlake::broker
