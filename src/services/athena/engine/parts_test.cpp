// The parts of the engine that decide without services: formats, projection, patterns, paths, messages.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "services/athena/engine/partitions.h"
#include "services/athena/engine/pattern.h"
#include "services/athena/engine/projection.h"
#include "services/athena/engine/table_format.h"

namespace tickerlake::athena {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;
using Kind = sql::Type::Kind;

glue::StorageDescriptor stored_as(const std::string& serde, glue::Parameters parameters = {}) {
  glue::StorageDescriptor storage;
  storage.serde = glue::SerDeInfo{.name = "", .library = serde, .parameters = std::move(parameters)};
  return storage;
}

TEST(TableFormat, delimited_text_has_hives_defaults_and_the_crawlers_properties) {
  const std::string serde = "org.apache.hadoop.hive.serde2.lazy.LazySimpleSerDe";
  EXPECT_EQ(table_format(stored_as(serde), {})->delimiter, "\001");
  EXPECT_EQ(table_format(stored_as(serde, {{"field.delim", "\\t"}}), {})->delimiter, "\t");
  EXPECT_EQ(table_format(stored_as(serde, {{"field.delim", ","}}), {{"skip.header.line.count", "1"}})->header_lines, 1);
}

TEST(TableFormat, json_keys_keep_their_case_by_the_crawlers_list) {
  const auto format =
      table_format(stored_as("org.openx.data.jsonserde.JsonSerDe", {{"paths", "Symbol,openInterest"}}), {});
  EXPECT_EQ(format->key_of.at("openinterest"), "openInterest");
}

TEST(TableFormat, what_is_not_read_is_named) {
  EXPECT_THAT(table_format(stored_as("org.apache.hadoop.hive.ql.io.orc.OrcSerde"), {}).error().message,
              HasSubstr("OrcSerde"));
}

glue::Table projected(glue::Parameters parameters) {
  glue::Table table;
  table.storage.emplace();
  table.storage->location = "s3://b/t/";
  table.parameters = std::move(parameters);
  for (const char* key : {"a", "b"}) {
    if (table.parameters.contains("projection." + std::string(key) + ".type")) {
      table.partition_keys.push_back({key, "string"});
    }
  }
  return table;
}

std::vector<std::string> places(const glue::Table& table, TimestampMs now_ms = 0) {
  std::vector<sql::Column> keys;
  for (const auto& key : table.partition_keys) keys.push_back({key.name, sql::Type::of(Kind::varchar), false});
  std::vector<std::string> found;
  const auto projection = project(table, keys, {}, now_ms);
  if (!projection) return {projection.error().message};
  for (const auto& place : *projection) found.push_back(place.storage.location);
  return found;
}

TEST(Projection, enums_and_integers_multiply) {
  EXPECT_THAT(places(projected({{"projection.a.type", "enum"},
                                {"projection.a.values", "x, y"},
                                {"projection.b.type", "integer"},
                                {"projection.b.range", "8,10"},
                                {"projection.b.interval", "2"},
                                {"projection.b.digits", "2"}})),
              ElementsAre("s3://b/t/a=x/b=08", "s3://b/t/a=x/b=10", "s3://b/t/a=y/b=08", "s3://b/t/a=y/b=10"));
}

TEST(Projection, dates_count_in_the_units_of_their_format_up_to_now) {
  const TimestampMs january_2016 = 1'452'211'200'000;  // 2016-01-08
  EXPECT_THAT(places(projected({{"projection.a.type", "date"},
                                {"projection.a.format", "yyyy/MM"},
                                {"projection.a.range", "NOW-2MONTHS,NOW"},
                                {"storage.location.template", "s3://c/${a}/"}}),
                     january_2016),
              ElementsAre("s3://c/2015/11/", "s3://c/2015/12/", "s3://c/2016/01/"));
}

TEST(Projection, a_wrong_declaration_is_named) {
  EXPECT_THAT(places(projected({{"projection.a.type", "integer"}, {"projection.a.range", "1"}})),
              ElementsAre(HasSubstr("projection.a.range")));
}

TEST(Pattern, hive_patterns_have_stars_and_alternatives) {
  EXPECT_TRUE(matches_hive("stock_prices", "stock*"));
  EXPECT_TRUE(matches_hive("stock_prices", "a|*prices"));
  EXPECT_TRUE(matches_hive("stock_prices", "STOCK_%"));
  EXPECT_FALSE(matches_hive("stock_prices", "stock"));
}

TEST(PartitionPath, values_are_escaped_as_hive_does_and_back) {
  const std::vector<glue::Column> keys{{"year", "string"}, {"name", "string"}};
  const auto path = partition_path(keys, {"2016", "a/b=c"});
  EXPECT_EQ(path, "year=2016/name=a%2Fb%3Dc");
  EXPECT_EQ(unescape_path("a%2Fb%3Dc%"), "a/b=c%");
}

TEST(Failure, engine_messages_become_trinos) {
  const auto told_as = [](ErrorCode code, const char* message) { return failure_of_engine({code, message}).message; };
  EXPECT_EQ(told_as(ErrorCode::invalid_argument, "Invalid Input Error: HIVE_BAD_DATA: x"), "HIVE_BAD_DATA: x");
  EXPECT_EQ(
      told_as(ErrorCode::invalid_argument, "Conversion Error: Could not convert string 'x' to INT64\n\nLINE 1: y"),
      "INVALID_CAST_ARGUMENT: Could not convert string 'x' to INT64");
  EXPECT_TRUE(failure_of_engine({ErrorCode::cancelled, "INTERRUPT Error: Interrupted!"}).cancelled);
  EXPECT_EQ(failure_of({1, 15, "Table 'c.d.t' does not exist", sql::SyntaxErrorKind::name_not_found}).message,
            "TABLE_NOT_FOUND: line 1:15: Table 'c.d.t' does not exist");
}

}  // namespace
}  // namespace tickerlake::athena
