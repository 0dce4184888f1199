#include "services/s3/store/store.h"

#include <gtest/gtest.h>

#include <atomic>
#include <thread>

#include "base/digest.h"
#include "services/s3/store/ingest.h"

namespace tickerlake::s3 {
namespace {

class StoreTest : public testing::Test {
 protected:
  StoreTest() { reopen(); }
  void reopen() {
    store_.reset();
    auto opened = Store::open(folder_.path() / "s3", Log());
    ASSERT_TRUE(opened) << opened.error().message;
    store_ = *std::move(opened);
    (void)store_->create_bucket("lake", "us-east-1");
  }
  ApiResult<ObjectRecord> put(std::string_view key, std::string_view bytes, const WriteConditions& conditions = {}) {
    Ingest ingest(*store_->new_blob(), ChecksumAlgorithm::crc32);
    EXPECT_TRUE(ingest.write(as_bytes(bytes)));
    auto done = std::move(ingest).finish();
    ObjectRecord record;
    record.etag = hex(done.md5);
    record.checksum = done.checksum;
    return store_->commit("lake", key, std::move(done.blob), std::move(record), conditions);
  }
  static std::string read(const OpenObject& object) {
    std::string bytes(static_cast<std::size_t>(object.record.size), '\0');
    EXPECT_TRUE(object.blob->file().read_exactly_at(0, std::as_writable_bytes(std::span(bytes))));
    return bytes;
  }
  std::string get(std::string_view key) {
    const auto object = store_->open_object("lake", key);
    return object ? read(*object) : std::string(row(object.error().code).name);
  }
  std::vector<std::string> list(ListQuery query) {
    std::vector<std::string> names;
    while (true) {
      const auto page = store_->list_objects("lake", query);
      EXPECT_TRUE(page);
      for (const ListedObject& object : page->items) names.push_back(object.key);
      for (const std::string& prefix : page->common_prefixes) names.push_back("+" + prefix);
      if (!page->truncated) return names;
      query.start_after = page->last;
    }
  }
  int blob_files() {
    int files = 0;
    for (const auto& entry : std::filesystem::recursive_directory_iterator(folder_.path() / "s3" / "blobs")) {
      files += entry.is_regular_file() ? 1 : 0;
    }
    return files;
  }
  std::string upload_part(std::string_view key, std::string_view id, std::uint32_t number, std::string_view bytes) {
    Ingest ingest(*store_->new_blob(), ChecksumAlgorithm::crc64nvme);
    EXPECT_TRUE(ingest.write(as_bytes(bytes)));
    auto done = std::move(ingest).finish();
    PartRecord record;
    record.etag = hex(done.md5);
    record.checksum = done.checksum;
    EXPECT_TRUE(store_->put_part("lake", key, id, number, std::move(done.blob), record));
    return record.etag;
  }

  io::TemporaryDirectory folder_;
  std::unique_ptr<Store> store_;
};

TEST_F(StoreTest, keeps_objects_of_any_key_over_a_restart) {
  const std::vector<std::string> keys = {"a",
                                         "a//b",
                                         "..",
                                         "../x",
                                         "a/",
                                         "a\xE2\x82\xAC",
                                         std::string("n\0l", 3),
                                         "\xF0\x9F\x98\x80",
                                         std::string(1024, 'k')};
  for (const std::string& key : keys) ASSERT_TRUE(put(key, "bytes of " + key));
  reopen();
  for (const std::string& key : keys) EXPECT_EQ(get(key), "bytes of " + key);
  EXPECT_EQ(get("b"), "NoSuchKey");
}

TEST_F(StoreTest, a_reader_keeps_the_bytes_it_opened_when_the_object_is_replaced_and_removed) {
  ASSERT_TRUE(put("k", "old"));
  const auto old = store_->open_object("lake", "k");
  const auto pinned = store_->Store::pin("lake", "k");
  ASSERT_TRUE(pinned);
  ASSERT_TRUE(put("k", "new"));
  EXPECT_EQ(get("k"), "new");
  ASSERT_TRUE(store_->remove("lake", "k"));
  EXPECT_EQ(read(*old), "old");
  EXPECT_EQ(io::read_file(pinned->path).value(), "old");
}

TEST_F(StoreTest, frees_a_blob_with_its_last_reader) {
  ASSERT_TRUE(put("k", "old"));
  {
    const auto old = store_->open_object("lake", "k");
    ASSERT_TRUE(put("k", "new"));
    EXPECT_EQ(blob_files(), 2);
  }
  EXPECT_EQ(blob_files(), 1);
}

TEST_F(StoreTest, removes_the_blob_of_a_write_that_was_given_up) {
  {
    ASSERT_TRUE(store_->new_blob()->write(as_bytes("x")));
  }
  EXPECT_EQ(blob_files(), 0);
  EXPECT_EQ(put("k", "x", {.if_match = "no", .if_none_match = false}).error().code, Code::NoSuchKey);
  EXPECT_EQ(blob_files(), 0);
}

TEST_F(StoreTest, sweeps_what_a_crash_left_and_nothing_else) {
  ASSERT_TRUE(put("k", "kept"));
  auto lost = store_->new_blob();
  ASSERT_TRUE(lost->write(as_bytes("lost")));
  lost->keep();  // as after a crash: neither named nor removed
  const auto id = store_->create_upload("lake", "u", {});
  upload_part("u", *id, 1, "part");
  EXPECT_EQ(blob_files(), 3);
  reopen();
  for (int i = 0; i < 200 && blob_files() != 2; ++i) std::this_thread::sleep_for(std::chrono::milliseconds(10));
  EXPECT_EQ(blob_files(), 2);
  EXPECT_EQ(get("k"), "kept");
  EXPECT_EQ(store_->list_parts("lake", "u", *id, 0, 10)->items.size(), 1u);
}

TEST(Blobs, the_sweep_leaves_a_replaced_blob_of_an_earlier_run_to_its_last_reader) {
  io::TemporaryDirectory folder;
  BlobId id;
  {
    const auto blobs = *Blobs::open(folder.path(), Log());
    auto blob = *blobs->create();
    ASSERT_TRUE(blob.write(as_bytes("read by its path")));
    ASSERT_TRUE(blob.seal());
    blob.keep();
    id = blob.id();
  }
  const auto blobs = *Blobs::open(folder.path(), Log());
  auto reader = *blobs->pin(id);
  const std::atomic<bool> stop = false;
  blobs->sweep([](const BlobId&) { return false; }, stop);
  EXPECT_TRUE(std::filesystem::exists(blobs->path(id)));
  EXPECT_FALSE(blobs->pin(id));
  blobs->free(id);  // whoever replaced the object comes only now
  EXPECT_TRUE(std::filesystem::exists(blobs->path(id)));
  reader.reset();
  EXPECT_FALSE(std::filesystem::exists(blobs->path(id)));
}

TEST_F(StoreTest, of_many_writers_with_if_none_match_exactly_one_wins) {
  std::atomic<int> won = 0;
  std::atomic<int> lost = 0;
  std::vector<std::thread> writers;
  for (int i = 0; i < 16; ++i) {
    writers.emplace_back([&, i] {
      const auto stored = put("once", std::to_string(i), {.if_match = {}, .if_none_match = true});
      if (stored) ++won;
      if (!stored && stored.error().code == Code::PreconditionFailed) ++lost;
    });
  }
  for (std::thread& writer : writers) writer.join();
  EXPECT_EQ(won, 1);
  EXPECT_EQ(lost, 15);
  EXPECT_EQ(blob_files(), 1);
}

TEST_F(StoreTest, if_match_lets_each_version_be_replaced_once) {
  ASSERT_TRUE(put("counter", "0"));
  std::vector<std::thread> writers;
  std::atomic<int> rounds = 0;
  for (int i = 0; i < 8; ++i) {
    writers.emplace_back([&] {
      for (int done = 0; done < 5;) {
        const auto seen = store_->open_object("lake", "counter");
        ASSERT_TRUE(seen);
        const int value = std::stoi(read(*seen));
        if (put("counter", std::to_string(value + 1), {.if_match = seen->record.etag, .if_none_match = false})) {
          ++done;
          ++rounds;
        }
      }
    });
  }
  for (std::thread& writer : writers) writer.join();
  EXPECT_EQ(get("counter"), "40");
}

TEST_F(StoreTest, readers_beside_writers_see_whole_objects) {
  ASSERT_TRUE(put("k", std::string(1000, 'a')));
  std::atomic<bool> stop = false;
  std::thread writer([&] {
    for (int i = 0; i < 200; ++i)
      EXPECT_TRUE(put("k", std::string(static_cast<std::size_t>(1000 + i), static_cast<char>('a' + i % 26))));
    stop = true;
  });
  while (!stop) {
    const std::string bytes = get("k");
    ASSERT_GE(bytes.size(), 1000u);
    ASSERT_EQ(bytes, std::string(bytes.size(), bytes.front()));
  }
  writer.join();
}

TEST_F(StoreTest, lists_by_bytes_and_rolls_up_common_prefixes_on_pages_of_any_size) {
  for (const char* key : {"b", "a/1", "a/2", "a//3", "a", "a.txt", "c/x/y", "\xC3\xA9", "z"})
    ASSERT_TRUE(put(key, "x"));
  using Names = std::vector<std::string>;
  EXPECT_EQ(list({}), (Names{"a", "a.txt", "a//3", "a/1", "a/2", "b", "c/x/y", "z", "\xC3\xA9"}));
  for (const std::size_t limit : {1u, 2u, 3u, 1000u}) {
    auto names = list({.prefix = "", .delimiter = "/", .start_after = "", .limit = limit});
    std::sort(names.begin(), names.end());
    EXPECT_EQ(names, (Names{"+a/", "+c/", "a", "a.txt", "b", "z", "\xC3\xA9"})) << limit;
    names = list({.prefix = "a/", .delimiter = "/", .start_after = "", .limit = limit});
    std::sort(names.begin(), names.end());
    EXPECT_EQ(names, (Names{"+a//", "a/1", "a/2"})) << limit;
  }
  EXPECT_EQ(list({.prefix = "", .delimiter = "", .start_after = "a/2", .limit = 2}),
            (Names{"b", "c/x/y", "z", "\xC3\xA9"}));
  EXPECT_EQ(list({.prefix = "a", .delimiter = "", .start_after = "b", .limit = 2}), Names{});
}

TEST_F(StoreTest, joins_parts_in_order_and_answers_the_same_when_asked_again) {
  const auto id = store_->create_upload("lake", "big", {});
  ASSERT_TRUE(id);
  const std::string first(static_cast<std::size_t>(min_part_bytes), 'a');
  const std::string etag2 = upload_part("big", *id, 7, "tail");
  const std::string etag1 = upload_part("big", *id, 2, first);
  upload_part("big", *id, 9, "left out");
  const std::vector<CompletedPart> parts = {{2, etag1, {}}, {7, etag2, {}}};
  const auto whole = store_->complete_upload("lake", "big", *id, parts, {}, {});
  ASSERT_TRUE(whole) << whole.error().text();
  EXPECT_EQ(get("big"), first + "tail");
  EXPECT_TRUE(whole->etag.ends_with("-2"));
  ChecksumStream crc(ChecksumAlgorithm::crc64nvme);
  crc.update(as_bytes(first + "tail"));
  EXPECT_EQ(whole->checksum->value, base64(crc.finish()));
  EXPECT_EQ(blob_files(), 1);
  EXPECT_EQ(store_->complete_upload("lake", "big", *id, parts, {}, {})->etag, whole->etag);
  EXPECT_EQ(store_->abort_upload("lake", "big", *id).error().code, Code::NoSuchUpload);
}

TEST_F(StoreTest, refuses_small_missing_and_changed_parts) {
  const auto id = store_->create_upload("lake", "big", {});
  const std::string etag1 = upload_part("big", *id, 1, "small");
  const std::string etag2 = upload_part("big", *id, 2, "last");
  const auto complete = [&](const std::vector<CompletedPart>& parts) {
    return store_->complete_upload("lake", "big", *id, parts, {}, {}).error().code;
  };
  EXPECT_EQ(complete({{1, etag1, {}}, {2, etag2, {}}}), Code::EntityTooSmall);
  EXPECT_EQ(complete({{1, etag2, {}}}), Code::InvalidPart);
  EXPECT_EQ(complete({{3, etag2, {}}}), Code::InvalidPart);
  EXPECT_TRUE(store_->abort_upload("lake", "big", *id));
  EXPECT_EQ(blob_files(), 0);
  EXPECT_EQ(complete({{1, etag1, {}}}), Code::NoSuchUpload);
}

TEST_F(StoreTest, uploads_are_listed_by_key_then_id) {
  const auto first = store_->create_upload("lake", "k", {});
  const auto second = store_->create_upload("lake", "k", {});
  (void)store_->create_upload("lake", std::string("k\0", 2), {});
  (void)store_->create_upload("lake", "d/e", {});
  const auto page = store_->list_uploads("lake", {.prefix = "", .delimiter = "/", .start_after = "", .limit = 2}, "");
  ASSERT_TRUE(page);
  EXPECT_EQ(page->common_prefixes, std::vector<std::string>{"d/"});
  ASSERT_EQ(page->items.size(), 1u);
  EXPECT_EQ(page->items[0].id, std::min(*first, *second));
  const auto rest =
      store_->list_uploads("lake", {.prefix = "", .delimiter = "/", .start_after = "k", .limit = 9}, page->items[0].id);
  EXPECT_EQ(rest->items.size(), 2u);
}

TEST_F(StoreTest, a_bucket_with_objects_stays_and_one_without_goes_with_its_uploads) {
  ASSERT_TRUE(put("k", "x"));
  EXPECT_EQ(store_->delete_bucket("lake").error().code, Code::BucketNotEmpty);
  ASSERT_TRUE(store_->remove("lake", "k"));
  const auto id = store_->create_upload("lake", "u", {});
  upload_part("u", *id, 1, "x");
  EXPECT_TRUE(store_->delete_bucket("lake"));
  EXPECT_EQ(blob_files(), 0);
  EXPECT_EQ(get("k"), "NoSuchBucket");
  EXPECT_EQ(store_->delete_bucket("lake").error().code, Code::NoSuchBucket);
}

TEST(BucketNames, follow_the_rules) {
  for (const char* good : {"abc", "a-b.c", "123", "lake-2016"}) EXPECT_TRUE(is_bucket_name(good)) << good;
  for (const char* bad : {"", "ab", "Abc", "a_b", "-ab", "ab-", "a..b", "1.2.3.4", "a/b"}) {
    EXPECT_FALSE(is_bucket_name(bad)) << bad;
  }
  EXPECT_FALSE(is_bucket_name(std::string(64, 'a')));
}

}  // namespace
}  // namespace tickerlake::s3
