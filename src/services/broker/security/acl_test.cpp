#include "services/broker/security/acl.h"

#include <gtest/gtest.h>

namespace tickerlake::broker {
namespace {

constexpr Asker alice{"User:alice", "10.0.0.1"}, bob{"User:bob", "10.0.0.2"};

Acl entry(std::string name, Operation operation, Permission permission = Permission::allow,
          PatternType pattern = PatternType::literal, std::string principal = "User:alice", std::string host = "*") {
  return {ResourceType::topic, std::move(name), pattern, std::move(principal), std::move(host), operation, permission};
}

Verdict ask(const Acls& acls, Operation operation, std::string_view topic, const Asker& asker = alice) {
  return judge(acls, asker, operation, ResourceType::topic, topic);
}

TEST(Acl, nothing_is_said_where_no_entry_is_for_the_resource) {
  EXPECT_EQ(ask({}, Operation::read, "t"), Verdict::no_entry);
  EXPECT_EQ(ask({entry("other", Operation::read)}, Operation::read, "t"), Verdict::no_entry);
  EXPECT_EQ(ask({entry("t", Operation::write)}, Operation::read, "t"), Verdict::unanswered);
  EXPECT_EQ(ask({entry("t", Operation::read)}, Operation::read, "t", bob), Verdict::unanswered);
}

TEST(Acl, a_denial_wins_over_every_permission) {
  const Acls acls = {entry("t", Operation::all), entry("*", Operation::read, Permission::deny)};
  EXPECT_EQ(ask(acls, Operation::read, "t"), Verdict::denied);
  EXPECT_EQ(ask(acls, Operation::write, "t"), Verdict::allowed);
}

TEST(Acl, literal_prefixed_and_wildcard_names) {
  const auto prefixed = PatternType::prefixed;
  EXPECT_EQ(ask({entry("t", Operation::read)}, Operation::read, "t"), Verdict::allowed);
  EXPECT_EQ(ask({entry("t", Operation::read)}, Operation::read, "tt"), Verdict::no_entry);
  EXPECT_EQ(ask({entry("te", Operation::read, Permission::allow, prefixed)}, Operation::read, "test"),
            Verdict::allowed);
  EXPECT_EQ(ask({entry("te", Operation::read, Permission::allow, prefixed)}, Operation::read, "te"), Verdict::allowed);
  EXPECT_EQ(ask({entry("te", Operation::read, Permission::allow, prefixed)}, Operation::read, "t"), Verdict::no_entry);
  EXPECT_EQ(ask({entry("*", Operation::read)}, Operation::read, "anything"), Verdict::allowed);
  // A prefixed asterisk is no wildcard.
  EXPECT_EQ(ask({entry("*", Operation::read, Permission::allow, prefixed)}, Operation::read, "t"), Verdict::no_entry);
}

TEST(Acl, permissions_imply_others_and_denials_do_not) {
  for (const auto operation : {Operation::read, Operation::write, Operation::remove, Operation::alter}) {
    EXPECT_EQ(ask({entry("t", operation)}, Operation::describe, "t"), Verdict::allowed);
    EXPECT_EQ(ask({entry("t", operation, Permission::deny)}, Operation::describe, "t"), Verdict::unanswered);
  }
  EXPECT_EQ(ask({entry("t", Operation::alter_configs)}, Operation::describe_configs, "t"), Verdict::allowed);
  EXPECT_EQ(ask({entry("t", Operation::create)}, Operation::describe, "t"), Verdict::unanswered);
  EXPECT_EQ(ask({entry("t", Operation::describe)}, Operation::read, "t"), Verdict::unanswered);
}

TEST(Acl, principals_and_hosts) {
  const Acls anybody = {entry("t", Operation::read, Permission::allow, PatternType::literal, "User:*", "10.0.0.2")};
  EXPECT_EQ(ask(anybody, Operation::read, "t", bob), Verdict::allowed);
  EXPECT_EQ(ask(anybody, Operation::read, "t", alice), Verdict::unanswered);
}

TEST(Acl, some_topic_may_be_written_unless_all_that_is_permitted_is_denied) {
  const auto some = [](const Acls& acls) { return allows_some(acls, alice, Operation::write, ResourceType::topic); };
  const auto prefixed = PatternType::prefixed;
  EXPECT_FALSE(some({}));
  EXPECT_TRUE(some({entry("t", Operation::write)}));
  EXPECT_TRUE(some({entry("t", Operation::all, Permission::allow, prefixed)}));
  EXPECT_FALSE(some({entry("t", Operation::write), entry("*", Operation::write, Permission::deny)}));
  EXPECT_FALSE(some({entry("t", Operation::write), entry("t", Operation::write, Permission::deny)}));
  EXPECT_FALSE(some({entry("te", Operation::write), entry("t", Operation::all, Permission::deny, prefixed)}));
  EXPECT_TRUE(some(
      {entry("t", Operation::write, Permission::allow, prefixed), entry("t", Operation::write, Permission::deny)}));
  EXPECT_TRUE(some({entry("*", Operation::write), entry("t", Operation::all, Permission::deny, prefixed)}));
}

TEST(Acl, filters_find_what_was_made_or_what_speaks_of_a_name) {
  const Acl literal = entry("test", Operation::read), all = entry("*", Operation::read);
  const Acl prefixed = entry("te", Operation::read, Permission::allow, PatternType::prefixed);
  AclFilter filter;
  EXPECT_TRUE(filter.matches(literal) && filter.matches(all) && filter.matches(prefixed));
  filter.name = "test";
  EXPECT_TRUE(filter.matches(literal));
  EXPECT_FALSE(filter.matches(all) || filter.matches(prefixed));
  filter.pattern = PatternType::match;
  EXPECT_TRUE(filter.matches(literal) && filter.matches(all) && filter.matches(prefixed));
  filter.pattern = PatternType::prefixed;
  EXPECT_FALSE(filter.matches(literal) || filter.matches(prefixed));
  filter = AclFilter();
  filter.operation = Operation::write;
  EXPECT_FALSE(filter.matches(literal));
}

TEST(Acl, entries_that_make_no_sense_are_named) {
  EXPECT_EQ(flaw_of(entry("t", Operation::read)), std::nullopt);
  EXPECT_TRUE(flaw_of(entry("", Operation::read)));
  EXPECT_TRUE(flaw_of(entry("t", Operation::any)));
  EXPECT_TRUE(flaw_of(entry("t", Operation{77})));
  EXPECT_TRUE(flaw_of(entry("t", Operation::read, Permission::any)));
  EXPECT_TRUE(flaw_of(entry("t", Operation::read, Permission::allow, PatternType::match)));
  EXPECT_TRUE(flaw_of(entry("t", Operation::read, Permission::allow, PatternType::literal, "alice")));
}

}  // namespace
}  // namespace tickerlake::broker
