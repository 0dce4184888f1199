#include "kafka/client/settings_file.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace tickerlake::kafka {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;
using testing::Pair;

Properties parsed(std::string_view text) {
  const auto properties = parse_properties(text);
  EXPECT_TRUE(properties) << properties.error().message;
  return properties.value_or(Properties{});
}

TEST(SettingsFile, NamesEndAtEqualsColonOrBlank) {
  EXPECT_THAT(parsed("a=1\nb: 2\nc 3\n  d  =  4 5 \n"),
              ElementsAre(Pair("a", "1"), Pair("b", "2"), Pair("c", "3"), Pair("d", "4 5 ")));
}

TEST(SettingsFile, CommentsEmptyLinesAndCarriageReturnsAreLeftOut) {
  EXPECT_THAT(parsed("# a=1\r\n\r\n  ! b=2\nc=#3\r\n"), ElementsAre(Pair("c", "#3")));
}

TEST(SettingsFile, ALineEndsInABackslashToGoOn) {
  EXPECT_THAT(parsed("a=1,\\\n   2,\\\n  3\nb=4\\\\\nc=5"),
              ElementsAre(Pair("a", "1,2,3"), Pair("b", "4\\"), Pair("c", "5")));
}

TEST(SettingsFile, ABackslashTakesTheMeaningOfACharacter) {
  EXPECT_THAT(parsed(R"(a\=b=c\td\\e)"), ElementsAre(Pair("a=b", "c\td\\e")));
}

TEST(SettingsFile, AValueMayBeEmptyButNotAName) {
  EXPECT_THAT(parsed("a=\nb"), ElementsAre(Pair("a", ""), Pair("b", "")));
  const auto broken = parse_properties("a=1\n=2\n");
  ASSERT_FALSE(broken);
  EXPECT_THAT(broken.error().message, HasSubstr("line 2"));
}

TEST(SettingsFile, JavasNamesForSaslAndTlsBecomeLibrdkafkas) {
  const auto ours = to_librdkafka(
      {{"security.protocol", "SASL_SSL"},
       {"sasl.jaas.config",
        R"(org.apache.kafka.common.security.scram.ScramLoginModule required username="al\"ice" password="p w";)"},
       {"ssl.truststore.location", "/ca.pem"},
       {"ssl.truststore.type", "pem"},
       {"ssl.keystore.type", "PEM"},
       {"ssl.keystore.location", "/me.pem"},
       {"key.serializer", "org.apache.kafka.common.serialization.StringSerializer"},
       {"linger.ms", "5"}});
  ASSERT_TRUE(ours) << ours.error().message;
  EXPECT_THAT(*ours, ElementsAre(Pair("security.protocol", "SASL_SSL"), Pair("sasl.username", "al\"ice"),
                                 Pair("sasl.password", "p w"), Pair("ssl.ca.location", "/ca.pem"),
                                 Pair("ssl.certificate.location", "/me.pem"), Pair("ssl.key.location", "/me.pem"),
                                 Pair("linger.ms", "5")));
}

TEST(SettingsFile, StoresOfJavasOwnTypeAreRefusedByName) {
  const auto trust = to_librdkafka({{"ssl.truststore.location", "/t.jks"}});
  ASSERT_FALSE(trust);
  EXPECT_EQ(trust.error().code, ErrorCode::unsupported);
  EXPECT_THAT(trust.error().message, HasSubstr("ssl.truststore.location"));
  EXPECT_FALSE(to_librdkafka({{"ssl.keystore.location", "/k.jks"}}));
  EXPECT_FALSE(to_librdkafka({{"sasl.jaas.config", "com.sun.security.auth.module.Krb5LoginModule required;"}}));
}

TEST(SettingsFile, ErrorsNameTheFile) {
  const auto read = read_settings_file("/nowhere/client.properties");
  ASSERT_FALSE(read);
  EXPECT_THAT(read.error().message, HasSubstr("/nowhere/client.properties"));
}

}  // namespace
}  // namespace tickerlake::kafka
