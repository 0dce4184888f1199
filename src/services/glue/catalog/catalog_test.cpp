#include "services/glue/catalog/catalog.h"

#include <gmock/gmock.h>

#include "io/file.h"

namespace tickerlake::glue {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;

class FixedClock final : public Clock {
 public:
  TimestampMs now_ms() const override { return now; }
  TimestampMs now = 1'700'000'000'123;
};

class CatalogTest : public testing::Test {
 protected:
  CatalogTest() { open(); }

  void open() {
    catalog_.reset();
    auto opened = Catalog::open(directory_.path() / "catalog.sqlite", clock_);
    ASSERT_TRUE(opened) << opened.error().message;
    catalog_.emplace(*std::move(opened));
  }
  void create(const std::string& database, const std::string& table, std::vector<Column> keys = {}) {
    Database described;
    described.name = database;
    (void)catalog_->create_database(described);
    ASSERT_TRUE(catalog_->create_table(make_table(database, table, std::move(keys))));
  }
  static Table make_table(const std::string& database, const std::string& name, std::vector<Column> keys = {}) {
    Table table;
    table.database = database;
    table.name = name;
    table.storage.emplace();
    table.storage->columns = {{"symbol", "string"}, {"close", "decimal(18,6)", "last price"}};
    table.storage->location = "s3://lake/t/";
    table.storage->serde = SerDeInfo{.library = "lib", .parameters = {{"serialization.format", "1"}}};
    table.partition_keys = std::move(keys);
    table.parameters = {{"classification", "parquet"}};
    return table;
  }
  static Partition make_partition(const std::string& database, const std::string& table,
                                  std::vector<std::string> values) {
    Partition partition;
    partition.database = database;
    partition.table = table;
    partition.values = std::move(values);
    partition.storage.emplace();
    partition.storage->columns = {{"symbol", "string"}};
    partition.storage->location = "s3://lake/t/" + partition.values.front();
    return partition;
  }
  std::vector<std::string> matching(const std::string& expression) {
    const auto found = catalog_->get_partitions("d", "t", PartitionQuery{expression, {}, false});
    EXPECT_TRUE(found) << found.error().message;
    std::vector<std::string> values;
    if (found) {
      for (const auto& partition : *found) values.push_back(partition.values.front());
    }
    return values;
  }

  io::TemporaryDirectory directory_;
  std::shared_ptr<FixedClock> clock_ = std::make_shared<FixedClock>();
  std::optional<Catalog> catalog_;
};

TEST_F(CatalogTest, finds_what_was_stored_after_it_was_opened_again) {
  create("Lake", "Prices", {{"year", "string"}});
  ASSERT_TRUE(catalog_->create_partition(make_partition("lake", "prices", {"2016"})));
  const auto before = catalog_->get_table("lake", "prices");
  open();
  const auto after = catalog_->get_table("LAKE", "PRICES");
  ASSERT_TRUE(after);
  EXPECT_EQ(*after, *before);
  EXPECT_EQ(after->name, "prices");
  EXPECT_EQ(after->create_time, 1'700'000'000'123);
  const std::string values[] = {"2016"};
  EXPECT_EQ(catalog_->get_partition("lake", "prices", values)->storage->location, "s3://lake/t/2016");
}

TEST_F(CatalogTest, leaves_a_copied_file_readable_as_a_crash_would) {
  create("lake", "prices");
  // What lies on disk now, without a clean close, is what a crash leaves.
  const auto copy = directory_.path() / "copy";
  std::filesystem::create_directories(copy);
  for (const auto* name : {"catalog.sqlite", "catalog.sqlite-wal"}) {
    if (std::filesystem::exists(directory_.path() / name)) {
      std::filesystem::copy_file(directory_.path() / name, copy / name);
    }
  }
  auto reopened = Catalog::open(copy / "catalog.sqlite");
  ASSERT_TRUE(reopened);
  EXPECT_TRUE(reopened->get_table("lake", "prices"));
}

TEST_F(CatalogTest, refuses_names_that_exist_and_tables_without_a_database) {
  create("lake", "prices");
  EXPECT_EQ(catalog_->create_table(make_table("lake", "PRICES")).error().code, ErrorCode::already_exists);
  EXPECT_EQ(catalog_->create_table(make_table("nowhere", "prices")).error().code, ErrorCode::not_found);
  EXPECT_EQ(catalog_->create_table(make_table("lake", "")).error().code, ErrorCode::invalid_argument);
  EXPECT_THAT(catalog_->get_table("nowhere", "prices").error().message, HasSubstr("Database nowhere"));
  EXPECT_THAT(catalog_->get_table("lake", "other").error().message, HasSubstr("Table other"));
}

TEST_F(CatalogTest, refuses_a_column_twice_even_as_a_partition_key) {
  create("lake", "prices");
  EXPECT_EQ(catalog_->create_table(make_table("lake", "other", {{"Symbol", "string"}})).error().code,
            ErrorCode::invalid_argument);
}

TEST_F(CatalogTest, keeps_the_versions_of_a_table) {
  create("lake", "prices");
  auto changed = make_table("lake", "prices");
  changed.storage->columns.push_back({"volume", "bigint"});
  ASSERT_TRUE(catalog_->update_table(changed));
  changed.description = "second";
  ASSERT_TRUE(catalog_->update_table(changed));
  changed.description = "not archived";
  ASSERT_TRUE(catalog_->update_table(changed, true));
  const auto versions = catalog_->get_table_versions("lake", "prices", {});
  ASSERT_TRUE(versions);
  std::vector<std::int64_t> ids;
  for (const auto& version : versions->items) ids.push_back(version.version_id);
  EXPECT_THAT(ids, ElementsAre(3, 1, 0));
  EXPECT_EQ(catalog_->get_table_version("lake", "prices", 0)->table.storage->columns.size(), 2);
  EXPECT_EQ(catalog_->update_table(changed, false, 2).error().code, ErrorCode::conflict);
  EXPECT_FALSE(catalog_->delete_table_version("lake", "prices", 3));
  EXPECT_TRUE(catalog_->delete_table_version("lake", "prices", 0));
  EXPECT_EQ(catalog_->get_table_version("lake", "prices", 0).error().code, ErrorCode::not_found);
}

TEST_F(CatalogTest, deletes_a_database_with_everything_in_it) {
  create("lake", "prices", {{"year", "string"}});
  ASSERT_TRUE(catalog_->create_partition(make_partition("lake", "prices", {"2016"})));
  ASSERT_TRUE(catalog_->delete_database("lake"));
  create("lake", "prices", {{"year", "string"}});
  EXPECT_THAT(*catalog_->get_partitions("lake", "prices", PartitionQuery{}), IsEmpty());
}

TEST_F(CatalogTest, lists_tables_by_pattern_and_page) {
  create("lake", "prices_a");
  for (const auto* name : {"prices_b", "volumes", "prices_c"}) {
    ASSERT_TRUE(catalog_->create_table(make_table("lake", name)));
  }
  const auto first = catalog_->get_tables("lake", "prices*", {.token = {}, .limit = 2});
  ASSERT_TRUE(first);
  ASSERT_EQ(first->items.size(), 2);
  EXPECT_EQ(first->items[1].name, "prices_b");
  const auto second = catalog_->get_tables("lake", "prices.*", {.token = first->next_token, .limit = 2});
  ASSERT_EQ(second->items.size(), 1);
  EXPECT_EQ(second->items[0].name, "prices_c");
  EXPECT_THAT(second->next_token, IsEmpty());
  EXPECT_EQ(catalog_->get_tables("lake", "(", {}).error().code, ErrorCode::invalid_argument);
  EXPECT_EQ(catalog_->get_tables("lake", "", {.token = "x", .limit = 1}).error().code, ErrorCode::invalid_argument);
}

TEST_F(CatalogTest, creates_the_good_partitions_of_a_batch_and_names_the_bad) {
  create("d", "t", {{"year", "string"}});
  ASSERT_TRUE(catalog_->create_partition(make_partition("d", "t", {"2015"})));
  std::vector<Partition> batch = {make_partition("d", "t", {"2014"}), make_partition("d", "t", {"2015"}),
                                  make_partition("d", "t", {"2016", "1"})};
  const auto outcome = catalog_->create_partitions("d", "t", batch);
  ASSERT_TRUE(outcome);
  EXPECT_FALSE((*outcome)[0]);
  EXPECT_EQ((*outcome)[1]->code, ErrorCode::already_exists);
  EXPECT_EQ((*outcome)[2]->code, ErrorCode::invalid_argument);
  EXPECT_THAT(matching(""), ElementsAre("2014", "2015"));
}

TEST_F(CatalogTest, pages_and_slices_partitions_without_losing_any) {
  create("d", "t", {{"year", "string"}});
  std::vector<Partition> batch;
  for (int year = 1900; year < 2000; ++year) batch.push_back(make_partition("d", "t", {std::to_string(year)}));
  ASSERT_TRUE(catalog_->create_partitions("d", "t", batch));
  std::size_t seen = 0;
  for (std::int32_t number = 0; number < 3; ++number) {
    PageRequest page{.token = {}, .limit = 7};
    do {
      const PartitionQuery query{"year >= '1950'", PartitionQuery::Segment{number, 3}, true};
      const auto found = catalog_->get_partitions("d", "t", query, page);
      ASSERT_TRUE(found);
      for (const auto& partition : found->items) EXPECT_THAT(partition.storage->columns, IsEmpty());
      seen += found->items.size();
      page.token = found->next_token;
    } while (!page.token.empty());
  }
  EXPECT_EQ(seen, 50);
}

TEST_F(CatalogTest, updates_partitions_and_moves_them_to_new_values) {
  create("d", "t", {{"year", "string"}});
  std::vector<Partition> batch = {make_partition("d", "t", {"1"}), make_partition("d", "t", {"2"})};
  ASSERT_TRUE(catalog_->create_partitions("d", "t", batch));
  std::vector<Catalog::PartitionUpdate> updates = {{{"1"}, make_partition("d", "t", {"3"})},
                                                   {{"2"}, make_partition("d", "t", {"3"})},
                                                   {{"9"}, make_partition("d", "t", {"9"})}};
  const auto outcome = catalog_->update_partitions("d", "t", updates);
  ASSERT_TRUE(outcome);
  EXPECT_FALSE((*outcome)[0]);
  EXPECT_EQ((*outcome)[1]->code, ErrorCode::already_exists);
  EXPECT_EQ((*outcome)[2]->code, ErrorCode::not_found);
  EXPECT_THAT(matching(""), ElementsAre("2", "3"));
  const std::vector<std::string> values[] = {{"3"}, {"7"}};
  const auto deleted = catalog_->delete_partitions("d", "t", values);
  EXPECT_FALSE((*deleted)[0]);
  EXPECT_EQ((*deleted)[1]->code, ErrorCode::not_found);
  EXPECT_THAT(matching(""), ElementsAre("2"));
}

TEST_F(CatalogTest, keeps_documents_by_kind_and_name) {
  auto documents = catalog_->documents();
  ASSERT_TRUE(documents.put("crawler", "b", {{"x", 1}}));
  ASSERT_TRUE(documents.put("crawler", "a", {{"x", 2}}));
  ASSERT_TRUE(documents.put("tags", "a", {{"x", 3}}));
  ASSERT_TRUE(documents.put("crawler", "a", {{"x", 4}}));
  const auto all = documents.list("crawler", "", 10);
  ASSERT_EQ(all->size(), 2);
  EXPECT_EQ((*all)[0].second.at("x"), 4);
  EXPECT_EQ(documents.list("crawler", "a", 10)->size(), 1);
  ASSERT_TRUE(documents.remove("crawler", "a"));
  EXPECT_EQ(documents.get("crawler", "a").error().code, ErrorCode::not_found);
}

}  // namespace
}  // namespace tickerlake::glue
