#include "services/broker/topics.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "services/broker/log/log_testing.h"

namespace tickerlake::broker {
namespace {

using testing::make_batch;

class TopicsTest : public ::testing::Test {
 protected:
  Topics& open() {
    topics_.reset();
    auto opened = Topics::open(directory_.path(), {}, clock_, Log());
    ensure(opened.has_value(), opened ? "" : opened.error().message);
    topics_ = *std::move(opened);
    return *topics_;
  }
  std::vector<std::string> names() const {
    std::vector<std::string> names;
    for (const auto& topic : topics_->all()) names.push_back(topic->name);
    return names;
  }

  io::TemporaryDirectory directory_;
  SystemClock clock_;
  std::unique_ptr<Topics> topics_;
};

TEST_F(TopicsTest, are_found_again_with_id_settings_and_records) {
  Topics& topics = open();
  const auto made = topics.create("prices", 3, {{"retention.ms", "-1"}});
  ASSERT_TRUE(made.has_value());
  ASSERT_TRUE((*made)->partition(2)->append_durably(make_batch(), Origin::client).has_value());
  const TopicId id = (*made)->id;

  const auto found = open().find("prices");
  ASSERT_NE(found, nullptr);
  EXPECT_EQ(found->id, id);
  EXPECT_EQ(topics_->find(id), found);
  EXPECT_EQ(found->partition_count(), 3);
  EXPECT_EQ(found->settings.retention_ms, -1);
  EXPECT_EQ(found->partition(2)->offsets().high_watermark, Offset(3));
  EXPECT_EQ(found->partition(3), nullptr);
  EXPECT_EQ(found->partition(-1), nullptr);
}

TEST_F(TopicsTest, a_removed_topic_frees_its_name_and_its_id) {
  Topics& topics = open();
  const auto first = topics.create("t", 1, {}).value();
  ASSERT_TRUE(topics.remove("t").has_value());
  EXPECT_EQ(topics.find("t"), nullptr);
  EXPECT_EQ(topics.find(first->id), nullptr);
  EXPECT_EQ(first->partition(0)->append(make_batch(), Origin::client).error().why, Refusal::closed);
  const auto second = topics.create("t", 1, {}).value();
  EXPECT_NE(second->id, first->id);
  EXPECT_EQ(topics.remove("other").error().code, ErrorCode::not_found);
  open();
  EXPECT_THAT(names(), ::testing::ElementsAre("t"));
}

TEST_F(TopicsTest, grow_and_never_shrink) {
  Topics& topics = open();
  ASSERT_TRUE(topics.create("t", 2, {}).has_value());
  EXPECT_EQ(topics.grow("t", 2).error().code, ErrorCode::invalid_argument);
  ASSERT_TRUE(topics.grow("t", 4).has_value());
  EXPECT_EQ(topics.find("t")->partition_count(), 4);
  EXPECT_EQ(open().find("t")->partition_count(), 4);
}

TEST_F(TopicsTest, settings_reach_the_partitions_and_the_disk) {
  Topics& topics = open();
  ASSERT_TRUE(topics.create("t", 1, {}).has_value());
  ASSERT_TRUE(topics.set_config("t", {{"max.message.bytes", "100"}}).has_value());
  EXPECT_EQ(topics.find("t")->partition(0)->append(make_batch({.value_size = 200}), Origin::client).error().why,
            Refusal::too_large);
  EXPECT_EQ(topics.set_config("t", {{"max.message.bytes", "many"}}).error().code, ErrorCode::invalid_argument);
  EXPECT_EQ(open().find("t")->settings.max_message_bytes, 100);
}

TEST_F(TopicsTest, refuse_bad_names_counts_and_settings_by_name) {
  Topics& topics = open();
  EXPECT_EQ(topics.create("a/b", 1, {}).error().code, ErrorCode::invalid_argument);
  EXPECT_EQ(topics.create("..", 1, {}).error().code, ErrorCode::invalid_argument);
  EXPECT_EQ(topics.create("", 1, {}).error().code, ErrorCode::invalid_argument);
  EXPECT_EQ(topics.create(std::string(250, 'a'), 1, {}).error().code, ErrorCode::invalid_argument);
  EXPECT_EQ(topics.create("t", 0, {}).error().code, ErrorCode::invalid_argument);
  EXPECT_THAT(topics.create("t", 1, {{"retention.min", "1"}}).error().message, ::testing::HasSubstr("retention.min"));
  EXPECT_THAT(topics.create("t", 1, {{"cleanup.policy", "none"}}).error().message,
              ::testing::HasSubstr("compact, delete"));
  EXPECT_TRUE(topics.create("_internal", 1, {{"cleanup.policy", "compact"}}, true).has_value());
  ASSERT_TRUE(topics.create("t", 1, {}).has_value());
  EXPECT_EQ(topics.create("t", 1, {}).error().code, ErrorCode::already_exists);
}

TEST_F(TopicsTest, a_topic_whose_making_was_interrupted_is_not_there) {
  open();
  topics_.reset();
  ASSERT_TRUE(io::make_directories(directory_.path() / "making" / "x" / "0").has_value());
  open();
  EXPECT_THAT(names(), ::testing::IsEmpty());
  EXPECT_FALSE(std::filesystem::exists(directory_.path() / "making" / "x"));
}

TEST_F(TopicsTest, describe_every_setting_with_its_value_or_default) {
  const auto entries = describe({{"retention.ms", "5"}});
  const auto retention = std::ranges::find(entries, "retention.ms", &ConfigEntry::name);
  ASSERT_NE(retention, entries.end());
  EXPECT_EQ(retention->value, "5");
  EXPECT_FALSE(retention->is_default);
  EXPECT_TRUE(std::ranges::is_sorted(entries, {}, &ConfigEntry::name));
  ConfigMap defaults;
  for (const ConfigEntry& entry : describe({})) defaults[entry.name] = entry.value;
  const auto parsed = TopicConfig::parse(defaults);
  ASSERT_TRUE(parsed.has_value()) << parsed.error().message;
  EXPECT_EQ(parsed->retention_ms, TopicConfig{}.retention_ms);
  EXPECT_EQ(parsed->segment_bytes, TopicConfig{}.segment_bytes);
  EXPECT_EQ(parsed->max_message_bytes, TopicConfig{}.max_message_bytes);
}

}  // namespace
}  // namespace tickerlake::broker
