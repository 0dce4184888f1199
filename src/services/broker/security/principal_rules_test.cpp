#include "services/broker/security/principal_rules.h"

#include <gtest/gtest.h>

namespace tickerlake::broker {
namespace {

std::optional<std::string> user_of(std::string_view rules, const std::string& subject) {
  return PrincipalRules::parse(rules)->apply(subject);
}

TEST(PrincipalRules, the_subject_itself_is_the_name_when_nothing_else_is_said) {
  EXPECT_EQ(user_of("DEFAULT", "CN=kafka1,OU=x"), "CN=kafka1,OU=x");
  EXPECT_EQ(user_of("", "CN=kafka1,OU=x"), "CN=kafka1,OU=x");
}

// The example of KIP-371.
TEST(PrincipalRules, the_first_rule_that_matches_all_of_it_decides) {
  const char* rules =
      "RULE:^CN=(.*?),OU=ServiceUsers.*$/$1/,RULE:^CN=(.*?),OU=(.*?),O=(.*?),L=(.*?),ST=(.*?),C=(.*?)$/$1@$2/L,"
      "RULE:^.*[Cc][Nn]=([a-zA-Z0-9.]*).*$/$1/U,DEFAULT";
  EXPECT_EQ(user_of(rules, "CN=Duke,OU=ServiceUsers,O=Org,C=US"), "Duke");
  EXPECT_EQ(user_of(rules, "CN=Duke,OU=SME,O=mycp,L=Fulton,ST=MD,C=US"), "duke@sme");
  EXPECT_EQ(user_of(rules, "cn=duke,ou=sme,dc=mycp,dc=com"), "DUKE");
  EXPECT_EQ(user_of(rules, "O=nobody"), "O=nobody");
}

TEST(PrincipalRules, nobody_is_known_when_no_rule_matches) {
  EXPECT_EQ(user_of("RULE:^CN=(.*?)$/$1/", "O=x"), std::nullopt);
  EXPECT_EQ(user_of("RULE:CN=/x/", "CN=alice"), std::nullopt);  // a part is not all
  EXPECT_EQ(user_of("RULE:^CN=(.*)$//", "CN=alice"), std::nullopt);
}

TEST(PrincipalRules, slashes_dollars_and_groups_stand_for_what_they_should) {
  EXPECT_EQ(user_of("RULE:^CN=(.*)\\/(.*)$/$2-$1/", "CN=a/b"), "b-a");
  EXPECT_EQ(user_of("RULE:^CN=(.*)$/$1$2\\$1/", "CN=a"), "a$2$1");
}

TEST(PrincipalRules, rules_that_are_none_are_refused) {
  for (const char* text :
       {"RULE:", "RULE:a/b", "RULE:(/x/", "rule:a/b/", "DEFAULTS", "RULE:a/b/X", "RULE:a/b/L U", "DEFAULT RULE:a/b/"}) {
    EXPECT_FALSE(PrincipalRules::parse(text)) << text;
  }
}

TEST(PrincipalRules, a_pattern_that_would_take_for_ever_gives_up) {
  EXPECT_EQ(user_of("RULE:^(a+)+$/x/", std::string(200, 'a') + "b"), std::nullopt);
  EXPECT_EQ(user_of("DEFAULT", std::string(max_subject_bytes + 1, 'a')), std::nullopt);
}

}  // namespace
}  // namespace tickerlake::broker
