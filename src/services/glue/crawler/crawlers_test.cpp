// Whole crawls over a folder, and what crawlers do from being made to being removed.
#include "services/glue/crawler/crawlers.h"

#include <gmock/gmock.h>
#include <zlib.h>

#include "services/glue/crawler/folder_objects.h"

namespace tickerlake::glue {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsSupersetOf;
using testing::Pair;

class CrawlersTest : public testing::Test {
 protected:
  CrawlersTest() {
    EXPECT_TRUE(objects_.make_bucket("lake"));
    open();
  }
  void open() {
    crawlers_.reset();
    catalog_.reset();
    auto opened = Catalog::open(directory_.path() / "catalog.sqlite");
    ASSERT_TRUE(opened) << opened.error().message;
    catalog_.emplace(*std::move(opened));
    crawlers_.emplace(*catalog_, objects_, Log());
  }
  void put(const std::string& key, const std::string& bytes) { ASSERT_TRUE(objects_.put("lake", key, "", bytes)); }
  void put_parquet(const std::string& key, const std::string& name) {
    const auto path = std::filesystem::path(TICKERLAKE_SOURCE_DIR) / "src/services/glue/crawler/testdata" / name;
    ASSERT_TRUE(objects_.put_file("lake", key, "", path));
  }
  static CrawlerDefinition definition(const std::string& path, const std::string& name = "c") {
    CrawlerDefinition crawler;
    crawler.name = name;
    crawler.role = "role";
    crawler.database = "d";
    crawler.targets = {{path, {}, 0}};
    return crawler;
  }
  Crawl crawl(const CrawlerDefinition& crawler) {
    if (!crawlers_->get(crawler.name)) {
      EXPECT_TRUE(crawlers_->create(crawler));
    }
    const auto started = crawlers_->start(crawler.name);
    EXPECT_TRUE(started) << started.error().message;
    crawlers_->wait(crawler.name);
    return *crawlers_->get(crawler.name)->last_crawl;
  }
  std::vector<std::string> columns(const std::string& table) {
    std::vector<std::string> columns;
    const auto found = catalog_->get_table("d", table);
    EXPECT_TRUE(found) << table;
    if (found) {
      for (const auto& column : found->storage->columns) columns.push_back(column.name + ":" + column.type);
    }
    return columns;
  }
  std::vector<std::string> tables() {
    std::vector<std::string> names;
    const auto found = catalog_->get_tables("d", "", {});
    EXPECT_TRUE(found);
    for (const auto& table : found->items) names.push_back(table.name);
    return names;
  }

  io::TemporaryDirectory directory_;
  FolderObjects objects_{directory_.path() / "buckets"};
  std::optional<Catalog> catalog_;
  std::optional<Crawlers> crawlers_;
};

TEST_F(CrawlersTest, describes_csv_files_as_aws_does) {
  put("prices/a.csv", "Date,Open\n2016-01-04,1.5\n2016-01-05,2\n");
  put("prices/empty.csv", "");
  put("prices/header.csv", "Date,Open\n");
  const auto done = crawl(definition("s3://lake/prices"));
  EXPECT_EQ(done.outcome, CrawlOutcome::completed) << done.error_message;
  EXPECT_EQ(done.tables_created, 1);
  const auto table = catalog_->get_table("d", "prices");
  ASSERT_TRUE(table);
  EXPECT_THAT(columns("prices"), ElementsAre("date:string", "open:double"));
  EXPECT_EQ(table->storage->location, "s3://lake/prices/");
  EXPECT_EQ(table->storage->serde->library, "org.apache.hadoop.hive.serde2.lazy.LazySimpleSerDe");
  EXPECT_THAT(table->storage->serde->parameters, ElementsAre(Pair("field.delim", ",")));
  EXPECT_EQ(table->storage->input_format, "org.apache.hadoop.mapred.TextInputFormat");
  EXPECT_EQ(table->table_type, "EXTERNAL_TABLE");
  const std::vector<std::pair<const std::string, std::string>> expected = {{"CrawlerSchemaDeserializerVersion", "1.0"},
                                                                           {"CrawlerSchemaSerializerVersion", "1.0"},
                                                                           {"UPDATED_BY_CRAWLER", "c"},
                                                                           {"areColumnsQuoted", "false"},
                                                                           {"classification", "csv"},
                                                                           {"columnsOrdered", "true"},
                                                                           {"compressionType", "none"},
                                                                           {"delimiter", ","},
                                                                           {"objectCount", "2"},
                                                                           {"recordCount", "2"},
                                                                           {"sizeKey", "48"},
                                                                           {"averageRecordSize", "24"},
                                                                           {"skip.header.line.count", "1"},
                                                                           {"typeOfData", "file"}};
  EXPECT_THAT(table->parameters, testing::UnorderedElementsAreArray(expected));
  EXPECT_EQ(table->storage->parameters, table->parameters);
}

TEST_F(CrawlersTest, finds_hive_partitions_of_parquet_files_and_widens_their_types) {
  put_parquet("prices/year=2015/a.parquet", "prices_2015.parquet");
  put_parquet("prices/year=2016/a.parquet", "prices_2016.parquet");
  put("_tickerlake/plan.json", "{\"a\":1}");
  put("prices/_SUCCESS", "x");
  EXPECT_EQ(crawl(definition("s3://lake/")).outcome, CrawlOutcome::completed);
  EXPECT_THAT(tables(), ElementsAre("prices"));
  EXPECT_THAT(columns("prices"), ElementsAre("symbol:string", "volume:bigint"));
  const auto table = catalog_->get_table("d", "prices");
  EXPECT_EQ(table->partition_keys, (std::vector<Column>{{"year", "string"}}));
  EXPECT_EQ(table->parameters.at("recordCount"), "4");
  const auto partitions = catalog_->get_partitions("d", "prices", PartitionQuery{"year > '2015'", {}, false});
  ASSERT_EQ(partitions->size(), 1);
  EXPECT_EQ((*partitions)[0].storage->location, "s3://lake/prices/year=2016/");
  EXPECT_EQ((*partitions)[0].storage->columns, table->storage->columns);
}

TEST_F(CrawlersTest, reads_gzip_and_json) {
  put("events/a.json", "{\"Id\":1,\"tags\":[\"x\"]}\n{\"Id\":3000000000,\"at\":{\"x\":1.5}}\n");
  std::string packed(200, '\0');
  const std::string text = "a,b\n1,2\n3,4\n";
  z_stream stream{};
  ASSERT_EQ(deflateInit2(&stream, 9, Z_DEFLATED, 16 + MAX_WBITS, 8, Z_DEFAULT_STRATEGY), Z_OK);
  stream.next_in = reinterpret_cast<Bytef*>(const_cast<char*>(text.data()));
  stream.avail_in = static_cast<uInt>(text.size());
  stream.next_out = reinterpret_cast<Bytef*>(packed.data());
  stream.avail_out = static_cast<uInt>(packed.size());
  ASSERT_EQ(deflate(&stream, Z_FINISH), Z_STREAM_END);
  packed.resize(packed.size() - stream.avail_out);
  deflateEnd(&stream);
  put("packed/a.csv.gz", packed);
  EXPECT_EQ(crawl(definition("s3://lake/")).tables_created, 2);
  EXPECT_THAT(columns("events"), ElementsAre("id:bigint", "tags:array<string>", "at:struct<x:double>"));
  EXPECT_EQ(catalog_->get_table("d", "events")->storage->serde->parameters.at("paths"), "Id,at,tags");
  EXPECT_THAT(columns("packed"), ElementsAre("a:bigint", "b:bigint"));
  const auto table = catalog_->get_table("d", "packed");
  EXPECT_EQ(table->parameters.at("compressionType"), "gzip");
  EXPECT_EQ(table->parameters.at("recordCount"), "2");
  EXPECT_TRUE(table->storage->compressed);
}

TEST_F(CrawlersTest, changes_nothing_when_it_runs_again) {
  put_parquet("prices/year=2015/a.parquet", "prices_2015.parquet");
  put_parquet("prices/year=2016/a.parquet", "prices_2016.parquet");
  (void)crawl(definition("s3://lake/prices/"));
  const auto before = catalog_->get_table("d", "prices");
  const auto again = crawl(definition("s3://lake/prices/"));
  EXPECT_EQ(again.tables_created + again.tables_updated + again.tables_deleted, 0);
  EXPECT_EQ(*catalog_->get_table("d", "prices"), *before);
  EXPECT_THAT(again.summary, HasSubstr("\"PARTITION\":{\"ADD\":0,\"UPDATE\":0,\"DELETE\":0}"));
  put_parquet("prices/year=2017/a.parquet", "prices_2016.parquet");
  EXPECT_THAT(crawl(definition("s3://lake/prices/")).summary, HasSubstr("\"PARTITION\":{\"ADD\":1,"));
  EXPECT_EQ(catalog_->get_table_versions("d", "prices", {})->items.size(), 1);
}

TEST_F(CrawlersTest, deprecates_tables_that_are_gone_and_takes_that_back) {
  put("x/a.csv", "a,b\n1,2\n");
  put("y/b.json", "{\"k\":1}");
  (void)crawl(definition("s3://lake/"));
  ASSERT_TRUE(objects_.remove("lake", "y/b.json"));
  put("z/b.json", "{\"other\":1}");
  EXPECT_EQ(crawl(definition("s3://lake/")).tables_deleted, 1);
  EXPECT_TRUE(catalog_->get_table("d", "y")->parameters.contains("DEPRECATED_BY_CRAWLER"));
  put("y/b.json", "{\"k\":1}");
  (void)crawl(definition("s3://lake/"));
  EXPECT_FALSE(catalog_->get_table("d", "y")->parameters.contains("DEPRECATED_BY_CRAWLER"));
  ASSERT_TRUE(objects_.remove("lake", "y/b.json"));
  auto deleting = definition("s3://lake/");
  deleting.delete_behavior = DeleteBehavior::delete_from_database;
  ASSERT_TRUE(crawlers_->update(deleting));
  (void)crawl(deleting);
  EXPECT_THAT(tables(), ElementsAre("x", "z"));
}

TEST_F(CrawlersTest, leaves_out_what_is_excluded_and_prefixes_names) {
  put("in/a.csv", "a,b\n1,2\n");
  put("in/skip.json", "{\"k\":1}");
  put("in/old/a.csv", "x,y\n1,2\n");
  auto crawler = definition("s3://lake/in");
  crawler.targets[0].exclusions = {"*.json", "old/**"};
  crawler.table_prefix = "raw_";
  (void)crawl(crawler);
  EXPECT_THAT(tables(), ElementsAre("raw_in"));
}

TEST_F(CrawlersTest, crawls_a_single_object) {
  put("in/a.csv", "a,b\n1,2\n");
  put("in/a.csv.bak", "x");
  (void)crawl(definition("s3://lake/in/a.csv"));
  EXPECT_THAT(tables(), ElementsAre("a_csv"));
}

TEST_F(CrawlersTest, reports_a_bucket_that_does_not_exist) {
  const auto failed = crawl(definition("s3://nowhere/x"));
  EXPECT_EQ(failed.outcome, CrawlOutcome::failed);
  EXPECT_THAT(failed.error_message, HasSubstr("nowhere"));
}

TEST_F(CrawlersTest, are_found_again_after_a_restart) {
  put("x/a.csv", "a,b\n1,2\n");
  (void)crawl(definition("s3://lake/x"));
  auto other = definition("s3://lake/x", "other");
  other.configuration_text = R"({"Version":1.0,"CrawlerOutput":{"Tables":{"AddOrUpdateBehavior":"MergeNewColumns"}}})";
  ASSERT_TRUE(crawlers_->create(other));
  open();
  const auto found = crawlers_->list("", 10);
  ASSERT_EQ(found.size(), 2);
  EXPECT_EQ(found[0].last_crawl->outcome, CrawlOutcome::completed);
  EXPECT_TRUE(found[1].definition.configuration.merge_new_columns);
  EXPECT_EQ(crawlers_->history("c")->size(), 1);
  EXPECT_EQ(crawlers_->metrics("c")->tables_created, 1);
}

TEST_F(CrawlersTest, refuse_what_their_state_does_not_allow) {
  EXPECT_EQ(crawlers_->start("none").error().code, ErrorCode::not_found);
  ASSERT_TRUE(crawlers_->create(definition("s3://lake/x")));
  EXPECT_EQ(crawlers_->create(definition("s3://lake/x")).error().code, ErrorCode::already_exists);
  EXPECT_EQ(crawlers_->stop("c").error().code, ErrorCode::unavailable);
  auto with_classifier = definition("s3://lake/x", "k");
  with_classifier.classifiers = {"missing"};
  EXPECT_EQ(crawlers_->create(with_classifier).error().code, ErrorCode::not_found);
  EXPECT_TRUE(crawlers_->remove("c"));
  EXPECT_EQ(crawlers_->get("c").error().code, ErrorCode::not_found);
}

}  // namespace
}  // namespace tickerlake::glue
