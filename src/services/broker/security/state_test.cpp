#include "services/broker/security/state.h"

#include <gtest/gtest.h>

#include <fstream>

namespace tickerlake::broker {
namespace {

using When = SecurityStore::WhenMissing;

void add_everything(SecurityStore& store) {
  ASSERT_TRUE(store.update([](SecurityState& state) {
    state.credentials[{"ali\"ce", kafka::ScramMechanism::sha_512}] =
        kafka::make_credential(kafka::ScramMechanism::sha_512, "secret");
    state.acls.insert({ResourceType::transactional_id, "tx-", PatternType::prefixed, "User:alice", "*",
                       Operation::idempotent_write, Permission::deny});
    state.quotas[{{"user", "alice"}, {"client-id", std::nullopt}}]["request_percentage"] = 12.5;
    return true;
  }));
}

TEST(SecurityState, what_was_written_is_read_back) {
  const io::TemporaryDirectory directory;
  const io::Path file = directory.path() / security_file;
  auto store = SecurityStore::open(file, When::make_later);
  ASSERT_TRUE(store);
  EXPECT_FALSE(std::filesystem::exists(file));
  add_everything(**store);
  const auto before = (*store)->now();
  const auto again = SecurityStore::open(file, When::make_later);
  ASSERT_TRUE(again) << again.error().message;
  const auto after = (*again)->now();
  EXPECT_EQ(after->credentials, before->credentials);
  EXPECT_EQ(after->acls, before->acls);
  EXPECT_EQ(after->quotas, before->quotas);
  EXPECT_EQ(after->salt_secret, before->salt_secret);
}

TEST(SecurityState, nobody_but_its_owner_may_read_the_file) {
  const io::TemporaryDirectory directory;
  const io::Path file = directory.path() / security_file;
  ASSERT_TRUE(SecurityStore::open(file, When::make_now));
  using std::filesystem::perms;
  EXPECT_EQ(std::filesystem::status(file).permissions(), perms::owner_read | perms::owner_write);
}

TEST(SecurityState, a_change_that_changes_nothing_writes_nothing) {
  const io::TemporaryDirectory directory;
  const io::Path file = directory.path() / security_file;
  auto store = SecurityStore::open(file, When::make_later);
  ASSERT_TRUE((*store)->update([](SecurityState&) { return false; }));
  EXPECT_FALSE(std::filesystem::exists(file));
}

TEST(SecurityState, a_change_that_could_not_be_written_does_not_hold) {
  const io::TemporaryDirectory directory;
  auto store = SecurityStore::open(directory.path() / "not-there" / security_file, When::make_later);
  ASSERT_TRUE(store);
  EXPECT_FALSE((*store)->update([](SecurityState& state) {
    state.quotas[{{"user", "alice"}}]["producer_byte_rate"] = 1;
    return true;
  }));
  EXPECT_TRUE((*store)->now()->quotas.empty());
}

TEST(SecurityState, any_byte_that_is_cut_off_is_noticed) {
  const io::TemporaryDirectory directory;
  auto store = SecurityStore::open(directory.path() / security_file, When::make_later);
  add_everything(**store);
  const std::string text = (*store)->now()->encode();
  for (std::size_t size = 0; size + 2 < text.size(); ++size)
    EXPECT_FALSE(SecurityState::decode(std::string_view(text).substr(0, size))) << size;
  EXPECT_TRUE(SecurityState::decode(text));
}

}  // namespace
}  // namespace tickerlake::broker
