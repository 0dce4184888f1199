#include "io/file.h"

#include <gtest/gtest.h>
#include <unistd.h>

namespace tickerlake::io {
namespace {

TEST(File, reads_back_what_was_written_at_positions) {
  const TemporaryDirectory folder;
  const auto file = File::open(folder.path() / "a", File::Mode::read_write);
  ASSERT_TRUE(file);
  const ByteView parts[] = {as_bytes("hello "), as_bytes(""), as_bytes("world")};
  ASSERT_TRUE(file->write_parts_at(3, parts));
  std::string text(11, ' ');
  ASSERT_TRUE(file->read_exactly_at(3, std::as_writable_bytes(std::span(text))));
  EXPECT_EQ(text, "hello world");
  EXPECT_EQ(file->size(), 14);
}

TEST(File, says_where_a_file_ends_early) {
  const TemporaryDirectory folder;
  const auto file = File::open(folder.path() / "a", File::Mode::read_write);
  ASSERT_TRUE(file->write_at(0, as_bytes("abc")));
  std::string text(5, ' ');
  const auto read = file->read_exactly_at(0, std::as_writable_bytes(std::span(text)));
  ASSERT_FALSE(read);
  EXPECT_EQ(read.error().code, ErrorCode::corrupt);
  EXPECT_NE(read.error().message.find("ends at byte 3, 2 bytes early"), std::string::npos) << read.error().message;
}

TEST(File, tells_missing_and_existing_files_apart) {
  const TemporaryDirectory folder;
  EXPECT_EQ(File::open(folder.path() / "none", File::Mode::read).error().code, ErrorCode::not_found);
  ASSERT_TRUE(File::open(folder.path() / "a", File::Mode::create_new));
  EXPECT_EQ(File::open(folder.path() / "a", File::Mode::create_new).error().code, ErrorCode::already_exists);
}

TEST(WriteFileAtomically, replaces_the_content_and_leaves_nothing_beside_it) {
  const TemporaryDirectory folder;
  ASSERT_TRUE(write_file_atomically(folder.path() / "a", "one"));
  ASSERT_TRUE(write_file_atomically(folder.path() / "a", "two"));
  EXPECT_EQ(read_file(folder.path() / "a"), "two");
  EXPECT_EQ(std::distance(std::filesystem::directory_iterator(folder.path()), {}), 1);
}

TEST(DirectoryLock, is_refused_to_a_second_holder_and_names_the_first) {
  const TemporaryDirectory folder;
  {
    const auto first = DirectoryLock::acquire(folder.path());
    ASSERT_TRUE(first);
    const auto second = DirectoryLock::acquire(folder.path());
    ASSERT_FALSE(second);
    EXPECT_EQ(second.error().code, ErrorCode::conflict);
    EXPECT_NE(second.error().message.find(std::to_string(getpid())), std::string::npos);
  }
  EXPECT_TRUE(DirectoryLock::acquire(folder.path()));
}

}  // namespace
}  // namespace tickerlake::io
