// Which endpoints, regions and keys come out of flags, variables and files. The whole chain is held against botocore's
// by tests/interop/test_aws_credentials.py.
#include "aws/config.h"

#include <gtest/gtest.h>

#include <atomic>
#include <map>
#include <thread>

#include "io/file.h"

namespace tickerlake::aws {
namespace {

class Config : public testing::Test {
 protected:
  Result<ClientConfig> load(bool with_embedded = true, const ClientFlags& flags = {}) {
    const Environment environment = [this](const char* name) -> std::optional<std::string> {
      const auto at = variables_.find(name);
      return at == variables_.end() ? std::nullopt : std::optional(at->second);
    };
    const EmbeddedServices embedded{"http://127.0.0.1:4566", {.access_key_id = "EMBEDDED", .secret_access_key = "s"}};
    return load_client_config(environment, with_embedded ? std::optional(embedded) : std::nullopt, flags);
  }
  static std::string key_of(const ServiceAccess& access) { return access.credentials->get()->access_key_id; }
  void write(const std::string& name, std::string_view text) {
    ASSERT_TRUE(io::make_directories(home_.path() / ".aws"));
    ASSERT_TRUE(io::write_file_atomically(home_.path() / ".aws" / name, text));
  }
  io::TemporaryDirectory home_;
  std::map<std::string, std::string> variables_{{"HOME", home_.path().string()}, {"AWS_EC2_METADATA_DISABLED", "true"}};
};

TEST_F(Config, without_any_setting_it_is_the_embedded_service_even_beside_a_default_profile) {
  write("credentials", "[default]\naws_access_key_id = MINE\naws_secret_access_key = s\n");
  const auto config = load();
  ASSERT_TRUE(config) << config.error().message;
  EXPECT_EQ(config->glue.endpoint, "http://127.0.0.1:4566");
  EXPECT_EQ(key_of(config->s3), "EMBEDDED");
  EXPECT_EQ(config->s3.region, "us-east-1");
  EXPECT_EQ(load(false).error().code, ErrorCode::not_found);
}

TEST_F(Config, naming_one_service_leaves_the_others_embedded) {
  variables_["AWS_ENDPOINT_URL_S3"] = "http://minio:9000";
  write("credentials", "[default]\naws_access_key_id = MINE\naws_secret_access_key = s\n");
  const auto config = load();
  ASSERT_TRUE(config) << config.error().message;
  EXPECT_EQ(config->s3.endpoint, "http://minio:9000");
  EXPECT_EQ(key_of(config->s3), "MINE");
  EXPECT_EQ(config->glue.endpoint, "http://127.0.0.1:4566");
  EXPECT_EQ(key_of(config->glue), "EMBEDDED");
  EXPECT_EQ(load(false)->athena.credentials->get().error().code, ErrorCode::not_found) << "when it is asked";
}

TEST_F(Config, flags_beat_variables_and_say_whose_services_are_meant) {
  variables_.insert({{"AWS_ACCESS_KEY_ID", "K"}, {"AWS_SECRET_ACCESS_KEY", "S"}, {"AWS_ENDPOINT_URL", "http://a:1"}});
  const auto flagged = load(true, {.s3_endpoint = "http://b:2/", .s3_addressing = "virtual"});
  EXPECT_EQ(flagged->s3.endpoint, "http://b:2");
  EXPECT_EQ(flagged->s3.addressing, Addressing::virtual_host);
  EXPECT_EQ(flagged->glue.endpoint, "http://a:1");
  const auto embedded = load(true, {.services = Services::embedded});
  EXPECT_EQ(embedded->s3.endpoint, "http://127.0.0.1:4566");
  EXPECT_EQ(key_of(embedded->s3), "EMBEDDED");
  variables_.erase("AWS_ACCESS_KEY_ID");
  variables_.erase("AWS_ENDPOINT_URL");
  write("credentials", "[default]\naws_access_key_id = MINE\naws_secret_access_key = s\n");
  EXPECT_EQ(key_of(load(true, {.services = Services::aws})->athena), "MINE");
  EXPECT_EQ(load(true, {.s3_addressing = "sideways"}).error().code, ErrorCode::invalid_argument);
}

TEST_F(Config, variables_choose_endpoint_region_and_keys_service_by_service) {
  variables_.insert({{"AWS_ENDPOINT_URL", "http://a:1/"},
                     {"AWS_ENDPOINT_URL_S3", "http://b:2"},
                     {"AWS_DEFAULT_REGION", "eu-west-1"},
                     {"AWS_ACCESS_KEY_ID", "K"},
                     {"AWS_SECRET_ACCESS_KEY", "S"},
                     {"AWS_SESSION_TOKEN", "T"}});
  const auto config = load();
  ASSERT_TRUE(config);
  EXPECT_EQ(config->s3.endpoint, "http://b:2");
  EXPECT_EQ(config->athena.endpoint, "http://a:1");
  EXPECT_EQ(config->athena.region, "eu-west-1");
  EXPECT_EQ(config->athena.credentials->get()->session_token, "T");
  variables_.erase("AWS_SECRET_ACCESS_KEY");
  EXPECT_EQ(load().error().code, ErrorCode::invalid_argument);
}

TEST_F(Config, the_embedded_endpoint_named_by_a_variable_keeps_its_keys) {
  variables_["AWS_ENDPOINT_URL"] = "http://127.0.0.1:4566";
  EXPECT_EQ(key_of(load()->s3), "EMBEDDED");
}

TEST_F(Config, a_profile_is_read_from_both_files) {
  write("config",
        "# mine\n[profile work]\nregion = eu-north-1\ns3 =\n  region = x\nendpoint_url = "
        "https://minio:9000/\n[default]\nregion=a\n");
  write("credentials", "[work]\naws_access_key_id=W\naws_secret_access_key = S=/+\n");
  variables_["AWS_PROFILE"] = "work";
  const auto config = load();
  ASSERT_TRUE(config) << config.error().message;
  EXPECT_EQ(config->s3.region, "eu-north-1");
  EXPECT_EQ(config->s3.endpoint, "https://minio:9000");
  EXPECT_EQ(config->s3.credentials->get()->secret_access_key, "S=/+");
  variables_["AWS_PROFILE"] = "none";
  EXPECT_EQ(load().error().code, ErrorCode::invalid_argument);
}

TEST_F(Config, aws_itself_is_reached_at_its_regional_names) {
  variables_.insert({{"AWS_ACCESS_KEY_ID", "K"}, {"AWS_SECRET_ACCESS_KEY", "S"}, {"AWS_REGION", "eu-west-1"}});
  EXPECT_EQ(target_of(load()->glue, "glue")->url.root, "https://glue.eu-west-1.amazonaws.com");
  variables_["AWS_REGION"] = "cn-north-1";
  EXPECT_EQ(target_of(load()->s3, "s3")->url.root, "https://s3.cn-north-1.amazonaws.com.cn");
}

class SettableClock final : public Clock {
 public:
  TimestampMs now_ms() const override { return now; }
  std::atomic<TimestampMs> now = 1'000'000'000;
};

TimedCredentials keys(const std::string& id, TimestampMs expires_at) {
  return {.credentials = {.access_key_id = id, .secret_access_key = "s"}, .expires_at = expires_at};
}

TEST(RenewedCredentials, are_fetched_again_before_they_expire_and_the_old_ones_serve_while_that_fails) {
  SettableClock clock;
  const TimestampMs start = clock.now;
  constexpr TimestampMs hour = 3'600'000, minute = 60'000;
  int fetches = 0;
  bool works = true;
  const auto source = renewed_credentials(
      [&]() -> Result<TimedCredentials> {
        ++fetches;
        if (!works) return fail(ErrorCode::not_found, "silence");
        return keys("K" + std::to_string(fetches), clock.now + hour);
      },
      "somewhere", clock);
  EXPECT_EQ(source->get()->access_key_id, "K1");
  clock.now = start + hour - 16 * minute;
  EXPECT_EQ(source->get()->access_key_id, "K1");
  works = false;
  clock.now = start + hour - 15 * minute;
  EXPECT_EQ(source->get()->access_key_id, "K1");
  EXPECT_EQ(fetches, 2);
  EXPECT_EQ(source->get()->access_key_id, "K1");
  EXPECT_EQ(fetches, 2) << "once a minute";
  clock.now = start + hour;
  EXPECT_EQ(source->get().error().message, "somewhere: silence");
  EXPECT_EQ(source->get().error().code, ErrorCode::unavailable) << "and not as if an object were not there";
  works = true;
  EXPECT_EQ(source->get()->access_key_id, "K5");
}

TEST(RenewedCredentials, of_a_short_life_are_not_fetched_for_every_request) {
  SettableClock clock;
  int fetches = 0;
  const auto source = renewed_credentials(
      [&]() -> Result<TimedCredentials> { return keys("K" + std::to_string(++fetches), clock.now + 8'000); }, "x",
      clock);
  for (int i = 0; i < 5; ++i) EXPECT_EQ(source->get()->access_key_id, "K1");
  clock.now += 6'000;
  EXPECT_EQ(source->get()->access_key_id, "K2");
}

TEST(RenewedCredentials, are_fetched_by_one_thread_while_others_go_on_with_the_old_ones) {
  SettableClock clock;
  std::atomic<int> fetches = 0;
  std::atomic<bool> hold = false;
  const auto source = renewed_credentials(
      [&]() -> Result<TimedCredentials> {
        const int number = ++fetches;
        while (hold) std::this_thread::yield();
        return keys("K" + std::to_string(number), clock.now + 3'600'000);
      },
      "x", clock);
  EXPECT_EQ(source->get()->access_key_id, "K1");
  hold = true;
  clock.now += 3'000'000;
  std::jthread renewing([&] { EXPECT_EQ(source->get()->access_key_id, "K2"); });
  while (fetches < 2) std::this_thread::yield();
  EXPECT_EQ(source->get()->access_key_id, "K1");
  hold = false;
  renewing.join();
  EXPECT_EQ(source->get()->access_key_id, "K2");
  EXPECT_EQ(fetches, 2);
}

TEST(Expiration, is_read_in_the_forms_of_sts_metadata_and_programs) {
  const auto time = parse_expiration("2026-11-23T14:05:06Z");
  ASSERT_TRUE(time);
  EXPECT_EQ(iso8601(*time), "2026-11-23T14:05:06.000Z");
  EXPECT_EQ(parse_expiration("2026-11-23T14:05:06.789Z"), time);
  EXPECT_EQ(parse_expiration("2026-11-23T14:05:06+00:00"), time);
  EXPECT_FALSE(parse_expiration("2026-11-23T14:05:06+01:00"));
  EXPECT_FALSE(parse_expiration("2026-11-23"));
  EXPECT_FALSE(parse_expiration(""));
}

}  // namespace
}  // namespace tickerlake::aws
