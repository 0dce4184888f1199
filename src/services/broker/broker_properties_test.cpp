#include "services/broker/broker_properties.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace tickerlake::broker {
namespace {

using ::testing::HasSubstr;

TEST(BrokerProperties, are_set_by_kafkas_names_and_described_as_set) {
  BrokerOptions options;
  ASSERT_TRUE(set_property(options, "num.partitions", "4").has_value());
  ASSERT_TRUE(set_property(options, "auto.create.topics.enable", "false").has_value());
  ASSERT_TRUE(set_property(options, "offsets.retention.minutes", "60").has_value());
  EXPECT_EQ(options.default_partitions, 4);
  EXPECT_FALSE(options.auto_create_topics);
  EXPECT_EQ(options.groups.retention_ms, 3'600'000);
  const auto described = describe(options);
  EXPECT_TRUE(std::ranges::is_sorted(described, {}, &ConfigEntry::name));
  const auto partitions = std::ranges::find(described, "num.partitions", &ConfigEntry::name);
  ASSERT_NE(partitions, described.end());
  EXPECT_EQ(partitions->value, "4");
  EXPECT_FALSE(partitions->is_default);
  const auto idle = std::ranges::find(described, "connections.max.idle.ms", &ConfigEntry::name);
  ASSERT_NE(idle, described.end());
  EXPECT_TRUE(idle->is_default);
}

TEST(BrokerProperties, those_that_topics_fall_back_to_and_the_cleaners_wait_for_the_start) {
  BrokerOptions options;
  ASSERT_TRUE(set_property(options, "log.retention.hours", "2").has_value());
  ASSERT_TRUE(set_property(options, "log.cleaner.backoff.ms", "5").has_value());
  EXPECT_EQ(options.live_settings.size(), 2u);
  EXPECT_FALSE(set_property(options, "log.segment.bytes", "x").has_value());
}

TEST(BrokerProperties, refuse_what_they_dont_know_and_what_is_out_of_range) {
  BrokerOptions options;
  for (const auto& [name, value] : {std::pair{"num.partitions", "0"},
                                    {"num.partitions", "4x"},
                                    {"num.partitions", ""},
                                    {"auto.create.topics.enable", "1"},
                                    {"node.id", "2"},
                                    {"nonsense", "1"}}) {
    const auto done = set_property(options, name, value);
    ASSERT_FALSE(done.has_value()) << name << '=' << value;
    EXPECT_EQ(done.error().code, ErrorCode::invalid_argument);
    EXPECT_THAT(done.error().message, HasSubstr(name));
  }
}

}  // namespace
}  // namespace tickerlake::broker
