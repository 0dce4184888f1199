#include "services/broker/groups/group_configs.h"

#include <gtest/gtest.h>
#include <unistd.h>

namespace tickerlake::broker {
namespace {

struct GroupConfigsTest : testing::Test {
  io::Path file = io::Path(testing::TempDir()) / ("group-configs-" + std::to_string(getpid()));
  GroupOptions options;
  GroupConfigsTest() { std::filesystem::remove(file); }
  ~GroupConfigsTest() override { std::filesystem::remove(file); }
};

TEST_F(GroupConfigsTest, what_is_set_for_a_group_is_in_effect_and_there_after_a_restart) {
  const std::string group = "with space\nand line";
  auto configs = GroupConfigs::open(file, options).value();
  ASSERT_TRUE(configs->replace(group, {{"consumer.session.timeout.ms", "50000"}}, false));
  for (int round = 0; round < 2; ++round) {
    EXPECT_EQ(configs->settings_of(group).session_timeout_ms, 50'000);
    EXPECT_EQ(configs->settings_of(group).heartbeat_interval_ms, 5'000);
    EXPECT_EQ(configs->settings_of("other").session_timeout_ms, 45'000);
    EXPECT_EQ(configs->groups(), std::vector{group});
    configs = GroupConfigs::open(file, options).value();
  }
  ASSERT_TRUE(configs->replace(group, {}, false));
  EXPECT_TRUE(configs->groups().empty());
}

TEST_F(GroupConfigsTest, share_groups_have_settings_of_their_own) {
  auto configs = GroupConfigs::open(file, options).value();
  ASSERT_TRUE(configs->replace("g",
                               {{"share.record.lock.duration.ms", "15000"},
                                {"share.auto.offset.reset", "by_duration:P1DT2H3M4.5S"},
                                {"share.isolation.level", "read_committed"},
                                {"share.renew.acknowledge.enable", "false"}},
                               false));
  const ShareGroupSettings settings = configs->share_settings_of("g");
  EXPECT_EQ(settings.record_lock_ms, 15'000);
  EXPECT_EQ(settings.delivery_count_limit, 5);
  EXPECT_EQ(settings.reset.kind, ShareReset::Kind::by_duration);
  EXPECT_EQ(settings.reset.duration_ms, ((24 + 2) * 60 + 3) * 60'000 + 4'500);
  EXPECT_EQ(settings.isolation, Isolation::read_committed);
  EXPECT_FALSE(settings.may_renew);
  EXPECT_EQ(configs->share_settings_of("other").reset.kind, ShareReset::Kind::latest);
}

TEST_F(GroupConfigsTest, refuses_what_the_broker_does_not_allow_and_changes_nothing) {
  auto configs = GroupConfigs::open(file, options).value();
  for (const auto& [name, value] : {std::pair{"consumer.session.timeout.ms", "44999"},
                                    {"consumer.session.timeout.ms", "60001"},
                                    {"consumer.session.timeout.ms", "4x"},
                                    {"consumer.heartbeat.interval.ms", "1"},
                                    {"share.record.lock.duration.ms", "14999"},
                                    {"share.delivery.count.limit", "11"},
                                    {"share.partition.max.record.locks", "99"},
                                    {"share.auto.offset.reset", "never"},
                                    {"share.auto.offset.reset", "by_duration:1h"},
                                    {"share.auto.offset.reset", "by_duration:P"},
                                    {"share.isolation.level", "serializable"},
                                    {"share.renew.acknowledge.enable", "1"},
                                    {"consumer.nonsense", "1"}}) {
    const auto done = configs->replace("g", {{name, value}}, false);
    ASSERT_FALSE(done) << name << '=' << value;
    EXPECT_EQ(done.error().code, ErrorCode::invalid_argument);
    EXPECT_NE(done.error().message.find(name), std::string::npos) << done.error().message;
  }
  ASSERT_TRUE(configs->replace("g", {{"consumer.session.timeout.ms", "50000"}}, true));
  EXPECT_TRUE(configs->groups().empty());
}

TEST_F(GroupConfigsTest, a_damaged_file_is_refused) {
  ASSERT_TRUE(io::write_file_atomically(file, "version 1\nzz name value\n"));
  EXPECT_EQ(GroupConfigs::open(file, options).error().code, ErrorCode::corrupt);
}

}  // namespace
}  // namespace tickerlake::broker
