#include "services/glue/crawler/grouping.h"

#include <gmock/gmock.h>

#include "services/glue/crawler/tables.h"

namespace tickerlake::glue {
namespace {

using testing::ElementsAre;
using testing::IsEmpty;

FileSchema schema_of(std::vector<std::pair<std::string, std::string>> columns,
                     FileFormat format = FileFormat::parquet) {
  FileSchema schema;
  schema.format = format;
  for (auto& [name, type] : columns) schema.columns.push_back({name, parse_hive_type(type)});
  schema.record_count = 10;
  return schema;
}
const FileSchema prices = schema_of({{"symbol", "string"}, {"close", "double"}, {"volume", "bigint"}});
const FileSchema people = schema_of({{"name", "string"}, {"age", "int"}});

FileFinding file(std::string key, FileSchema schema = prices) { return {std::move(key), 100, std::move(schema)}; }

GroupingOptions at(std::string root) { return {"lake", std::move(root), false, 0}; }

/// "folder[key,key] x partitions" of each table.
std::vector<std::string> summary(const std::vector<FoundTable>& tables) {
  std::vector<std::string> lines;
  for (const auto& table : tables) {
    std::string line = table.name_source + " @" + table.folder;
    for (const auto& key : table.partition_keys) line += " " + key;
    if (!table.partitions.empty()) line += " x" + std::to_string(table.partitions.size());
    lines.push_back(std::move(line));
  }
  return lines;
}

TEST(Grouping, makes_one_table_of_similar_hive_folders_with_named_keys) {
  const auto tables = group_files({file("p/Year=2015/month=1/a"), file("p/Year=2015/month=2/a"),
                                   file("p/Year=2016/month=1/a"), file("p/Year=2016/month=1/b")},
                                  at("p/"));
  ASSERT_THAT(summary(tables), ElementsAre("p @p/ year month x3"));
  EXPECT_THAT(tables[0].partitions[2].values, ElementsAre("2016", "1"));
  EXPECT_EQ(tables[0].partitions[2].folder, "p/Year=2016/month=1/");
  EXPECT_EQ(tables[0].partitions[2].totals.object_count, 2);
  EXPECT_EQ(tables[0].totals.record_count, 40);
}

TEST(Grouping, numbers_the_keys_of_folders_without_names) {
  const auto tables = group_files({file("p/2015/01/a"), file("p/2016/02/a")}, at("p/"));
  EXPECT_THAT(summary(tables), ElementsAre("p @p/ partition_0 partition_1 x2"));
}

TEST(Grouping, joins_similar_tables_below_the_include_path) {
  EXPECT_THAT(summary(group_files({file("folder1/table1/a"), file("folder1/table2/a")}, at("folder1/"))),
              ElementsAre("folder1 @folder1/ partition_0 x2"));
}

TEST(Grouping, makes_a_table_each_of_folders_that_differ) {
  EXPECT_THAT(summary(group_files({file("f/prices/year=1/a"), file("f/prices/year=2/a"), file("f/people/a", people)},
                                  at("f/"))),
              ElementsAre("people @f/people/", "prices @f/prices/ year x2"));
  EXPECT_THAT(summary(group_files({file("f/year=1/a"), file("f/year=2/a", people)}, at("f/"))),
              ElementsAre("year=1 @f/year=1/", "year=2 @f/year=2/"));
}

TEST(Grouping, tells_formats_compressions_and_depths_apart) {
  auto packed = schema_of({{"a", "int"}}, FileFormat::json);
  packed.compression = Compression::gzip;
  const auto plain = schema_of({{"a", "int"}}, FileFormat::json);
  EXPECT_THAT(summary(group_files({file("f/x/a", packed), file("f/y/a", plain)}, at("f/"))),
              ElementsAre("x @f/x/", "y @f/y/"));
  EXPECT_THAT(summary(group_files({file("f/x/a"), file("f/y/z/a")}, at("f/"))),
              ElementsAre("x @f/x/", "y @f/y/ partition_0 x1"));
}

TEST(Grouping, makes_a_table_a_file_where_the_files_of_a_folder_differ) {
  EXPECT_THAT(summary(group_files({file("f/people.parquet", people), file("f/prices.parquet")}, at("f/"))),
              ElementsAre("people.parquet @f/people.parquet", "prices.parquet @f/prices.parquet"));
}

TEST(Grouping, widens_the_columns_of_similar_folders) {
  auto newer = schema_of({{"symbol", "string"}, {"close", "double"}, {"volume", "bigint"}, {"interest", "bigint"}});
  auto older = schema_of({{"symbol", "string"}, {"close", "double"}, {"volume", "int"}});
  const auto tables = group_files({file("p/y=1/a", older), file("p/y=2/a", newer)}, at("p/"));
  ASSERT_THAT(summary(tables), ElementsAre("p @p/ y x2"));
  ASSERT_EQ(tables[0].schema.columns.size(), 4);
  EXPECT_EQ(to_text(tables[0].schema.columns[2].type), "bigint");
}

TEST(Grouping, needs_more_than_seven_tenths_in_common_unless_told_to_combine) {
  const auto left = schema_of({{"a", "int"}, {"b", "int"}, {"c", "int"}});
  const auto right = schema_of({{"a", "int"}, {"b", "int"}, {"d", "int"}});
  EXPECT_DOUBLE_EQ(similarity(left.columns, right.columns), 0.5);
  const std::vector<FileFinding> files = {file("p/x/a", left), file("p/y/a", right)};
  EXPECT_EQ(group_files(files, at("p/")).size(), 2);
  auto options = at("p/");
  options.combine_compatible_schemas = true;
  const auto combined = group_files(files, options);
  EXPECT_THAT(summary(combined), ElementsAre("p @p/ partition_0 x2"));
  EXPECT_EQ(combined[0].schema.columns.size(), 4);
}

TEST(Grouping, puts_tables_at_the_level_that_is_given) {
  auto options = at("");
  options.table_level = 2;
  EXPECT_THAT(summary(group_files({file("a/x/f"), file("a/y/f"), file("b/x/f")}, options)),
              ElementsAre("a @a/ partition_0 x2", "b @b/ partition_0 x1"));
}

TEST(Grouping, names_a_lone_folder_of_a_bucket_rather_than_the_bucket) {
  EXPECT_THAT(summary(group_files({file("prices/y=1/a")}, at(""))), ElementsAre("prices @prices/ y x1"));
  EXPECT_THAT(summary(group_files({file("y=1/a")}, at(""))), ElementsAre("lake @ y x1"));
}

TEST(Grouping, lets_lone_lines_follow_their_neighbours_and_drops_what_nothing_is_known_of) {
  FileSchema fragment;
  fragment.is_fragment = true;
  const auto tables = group_files({file("f/a"), file("f/b", fragment), file("f/c", FileSchema())}, at("f/"));
  ASSERT_EQ(tables.size(), 1);
  EXPECT_EQ(tables[0].totals.object_count, 2);
  EXPECT_THAT(group_files({file("f/a", fragment)}, at("f/")), IsEmpty());
}

TEST(Grouping, undoes_hives_escapes_in_values) {
  const auto tables = group_files({file("f/k=a%3Ab/x"), file("f/k=100%/x"), file("f/k=/x")}, at("f/"));
  ASSERT_EQ(tables.size(), 1);
  EXPECT_EQ(tables[0].partitions[0].values[0], "__HIVE_DEFAULT_PARTITION__");
  EXPECT_EQ(tables[0].partitions[1].values[0], "100%");
  EXPECT_EQ(tables[0].partitions[2].values[0], "a:b");
}

CrawlerDefinition crawler() {
  CrawlerDefinition definition;
  definition.name = "c";
  definition.database = "d";
  return definition;
}

TEST(TableNames, are_cleaned_and_get_a_hash_where_they_collide) {
  FoundTable found;
  found.name_source = "My-Data.2016";
  EXPECT_EQ(choose_name(found, "s3://b/My-Data.2016/", "raw_", {}, {}), "raw_my_data_2016");
  const auto other = choose_name(found, "s3://b/x/My-Data.2016/", "", {}, {"my_data_2016"});
  EXPECT_TRUE(other.starts_with("my_data_2016_"));
  EXPECT_EQ(other.size(), 12 + 1 + 32);
  EXPECT_EQ(choose_name(found, "s3://b/l/", "raw_", {{"s3://b/l/", "known"}}, {"known"}), "known");
  found.name_source = std::string(300, 'x');
  EXPECT_EQ(choose_name(found, "s3://b/x/", "", {}, {}).size(), 128);
}

TEST(TablePlan, changes_nothing_when_nothing_has_changed) {
  const auto found = group_files({file("p/y=1/a"), file("p/y=2/a")}, at("p/")).front();
  const auto table = make_table(found, crawler(), "lake", "p");
  const auto partitions = make_partitions(found, table, "lake");
  const auto again = plan_table(table, partitions, table, partitions, crawler(), 0);
  EXPECT_EQ(again.kind, TableChange::Kind::keep);
  EXPECT_THAT(again.new_partitions, IsEmpty());
  EXPECT_THAT(again.changed_partitions, IsEmpty());
}

TEST(TablePlan, keeps_what_people_added) {
  const auto found = group_files({file("p/y=1/a")}, at("p/")).front();
  const auto table = make_table(found, crawler(), "lake", "p");
  auto edited = table;
  edited.description = "ours";
  edited.parameters["owner"] = "team";
  edited.parameters["objectCount"] = "7";
  edited.partition_keys[0].type = "int";
  edited.storage->columns[1].comment = "last price";
  const auto change = plan_table(table, {}, edited, {}, crawler(), 0);
  EXPECT_EQ(change.kind, TableChange::Kind::update);
  EXPECT_FALSE(change.is_structural);
  EXPECT_EQ(change.table.description, "ours");
  EXPECT_EQ(change.table.parameters.at("owner"), "team");
  EXPECT_EQ(change.table.parameters.at("objectCount"), "1");
  EXPECT_EQ(change.table.partition_keys[0].type, "int");
  EXPECT_EQ(change.table.storage->columns[1].comment, "last price");
}

TEST(TablePlan, only_adds_partitions_where_changes_are_to_be_logged) {
  const auto found = group_files({file("p/y=1/a"), file("p/y=2/a")}, at("p/")).front();
  const auto table = make_table(found, crawler(), "lake", "p");
  auto partitions = make_partitions(found, table, "lake");
  auto existing = table;
  existing.storage->columns.pop_back();
  auto logging = crawler();
  logging.update_behavior = UpdateBehavior::log;
  const auto change = plan_table(table, partitions, existing, {partitions[0]}, logging, 0);
  EXPECT_EQ(change.kind, TableChange::Kind::keep);
  ASSERT_EQ(change.new_partitions.size(), 1);
  EXPECT_THAT(change.new_partitions[0].values, ElementsAre("2"));
}

TEST(TablePlan, deletes_or_deprecates_partitions_that_are_gone) {
  const auto found = group_files({file("p/y=1/a"), file("p/y=2/a")}, at("p/")).front();
  const auto table = make_table(found, crawler(), "lake", "p");
  const auto partitions = make_partitions(found, table, "lake");
  const auto deprecated = plan_table(table, {partitions[0]}, table, partitions, crawler(), 1234);
  ASSERT_EQ(deprecated.changed_partitions.size(), 1);
  EXPECT_EQ(deprecated.changed_partitions[0].partition.parameters.at("DEPRECATED_BY_CRAWLER"), "1234");
  auto deleting = crawler();
  deleting.delete_behavior = DeleteBehavior::delete_from_database;
  EXPECT_THAT(plan_table(table, {partitions[0]}, table, partitions, deleting, 0).removed_partitions,
              ElementsAre(ElementsAre("2")));
}

TEST(TablePlan, merges_new_columns_when_told_to) {
  const auto found = group_files({file("p/a")}, at("p/")).front();
  const auto table = make_table(found, crawler(), "lake", "p");
  auto existing = table;
  existing.storage->columns = {{"old", "string"}, {"close", "decimal(18,6)"}};
  auto merging = crawler();
  merging.configuration.merge_new_columns = true;
  const auto change = plan_table(table, {}, existing, {}, merging, 0);
  std::vector<std::string> names;
  for (const auto& column : change.table.storage->columns) names.push_back(column.name + ":" + column.type);
  EXPECT_THAT(names, ElementsAre("old:string", "close:decimal(18,6)", "symbol:string", "volume:bigint"));
}

TEST(TablePlan, leaves_out_a_column_that_is_a_partition_key_too) {
  const auto with_year = schema_of({{"symbol", "string"}, {"year", "int"}});
  const auto found = group_files({file("p/year=2016/a", with_year)}, at("p/")).front();
  const auto table = make_table(found, crawler(), "lake", "p");
  EXPECT_EQ(table.storage->columns.size(), 1);
}

TEST(TablePlan, lets_csv_partitions_with_another_order_keep_their_columns) {
  const auto left = schema_of({{"a", "bigint"}, {"b", "bigint"}}, FileFormat::csv);
  const auto right = schema_of({{"b", "bigint"}, {"a", "bigint"}}, FileFormat::csv);
  const auto found = group_files({file("p/y=1/a", left), file("p/y=2/a", right)}, at("p/")).front();
  const auto table = make_table(found, crawler(), "lake", "p");
  const auto partitions = make_partitions(found, table, "lake");
  EXPECT_EQ(partitions[0].storage->columns, table.storage->columns);
  EXPECT_EQ(partitions[1].storage->columns[0].name, "b");
}

}  // namespace
}  // namespace tickerlake::glue
