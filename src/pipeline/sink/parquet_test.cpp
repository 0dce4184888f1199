#include <gtest/gtest.h>
#include <malloc.h>

#include <cstdlib>
#include <fstream>
#include <random>

#include "pipeline/replay/bar_record.h"
#include "pipeline/sink/json_row.h"
#include "pipeline/sink/parquet_encoding.h"
#include "pipeline/sink/parquet_file.h"

namespace tickerlake::pipeline {
namespace {

Schema schema_of(std::string_view text) {
  auto schema = Schema::parse(text);
  EXPECT_TRUE(schema) << (schema ? "" : schema.error().message);
  return std::move(schema).value_or(Schema{});
}

TEST(Schema, of_bars_reads_back_as_it_was_written) {
  const Schema schema = schema_of(bar_schema());
  EXPECT_EQ(schema.fields.size(), 8u);
  EXPECT_EQ(schema.json(), bar_schema());
}

TEST(Schema, refuses_what_does_not_fit_together) {
  for (
      const char* text :
      {"", "[]", "{}", R"json({"fields":[]})json", R"json({"fields":[{"name":"a"}]})json",
       R"json({"fields":[{"name":"a","type":"text"}]})json",
       R"json({"fields":[{"name":"a","type":"decimal(19,2)"}]})json",
       R"json({"fields":[{"name":"a","type":"decimal(5,6)"}]})json",
       R"json({"fields":[{"name":"a","type":"int"},{"name":"a","type":"int"}]})json",
       R"json({"fields":[{"name":"a","type":"int"}],"sort":["b"]})json",
       R"json({"fields":[{"name":"a","type":"int"}],"time":"a"})json",
       R"json({"fields":[{"name":"a","type":"int"}],"partition_by":"year"})json",
       R"json({"fields":[{"name":"a","type":"int","from":"$key"}]})json",
       R"json({"fields":[{"name":"a","type":"int"}],"other":1})json",
       R"json({"fields":[{"name":"a","type":"date"},{"name":"year","type":"int"}],"time":"a","partition_by":"year"})json"})
    EXPECT_FALSE(Schema::parse(text)) << text;
}

constexpr std::string_view all_types =
    R"json({"fields":[{"name":"s","type":"string"},{"name":"b","type":"boolean"},{"name":"i","type":"int"},)json"
    R"json({"name":"l","type":"bigint"},{"name":"d","type":"double"},{"name":"day","type":"date"},)json"
    R"json({"name":"t","type":"timestamp"},{"name":"m","type":"decimal(10,2)"},{"name":"k","type":"string","from":"$key"},)json"
    R"json({"name":"o","type":"bigint","from":"$offset"}],"sort":["s","l"]})json";

TEST(RowParser, takes_members_in_any_order_and_passes_over_others) {
  const Schema schema = schema_of(all_types);
  RowParser parser(schema);
  ASSERT_TRUE(parser.parse(
      R"( { "m" : 12.5 , "x":{"y":[1,{"z":null}],"w":"\"}"}, "s":"a\u00e9\n\ud83d\ude00","b":true,"i":-7,"l":1e3,"day":"2016-02-29","t":"1970-01-01T00:00:01.5Z","d":-2.5e-3} )",
      {.has_key = true, .key = "K", .offset = 42}))
      << parser.reason();
  const auto& values = parser.values();
  EXPECT_EQ(values[0].text, "a\xC3\xA9\n\xF0\x9F\x98\x80");
  EXPECT_EQ(values[1].number, 1);
  EXPECT_EQ(values[2].number, -7);
  EXPECT_EQ(values[3].number, 1'000);
  EXPECT_EQ(values[5].number, 16'860);
  EXPECT_EQ(values[6].number, 1'500'000);
  EXPECT_EQ(values[7].number, 1'250);
  EXPECT_EQ(values[8].text, "K");
  EXPECT_EQ(values[9].number, 42);
  ASSERT_TRUE(parser.parse("{}", {}));
  EXPECT_TRUE(parser.values()[0].is_null);
  EXPECT_TRUE(parser.values()[8].is_null);
}

TEST(RowParser, says_why_a_record_is_no_row) {
  const Schema schema = schema_of(all_types);
  RowParser parser(schema);
  for (const char* text : {"",
                           "x",
                           "[]",
                           "{",
                           "{\"s\"",
                           "{\"s\":",
                           "{\"s\":\"a",
                           "{\"s\":\"a\"",
                           "{\"s\":1}",
                           "{\"b\":\"x\"}",
                           "{\"i\":2147483648}",
                           "{\"l\":1.5}",
                           "{\"l\":99999999999999999999}",
                           "{\"m\":1.234}",
                           "{\"m\":123456789}",
                           "{\"day\":\"2016-02-30\"}",
                           "{\"day\":20160101}",
                           "{\"t\":\"noon\"}",
                           "{\"s\":\"a\"} x",
                           "{\"s\":\"a\" \"i\":1}",
                           "{\"s\":\"\xff\"}",
                           "{\"s\":\"\x01\"}",
                           "{\"s\":\"\\ud800\"}",
                           "{\"s\":\"\\x\"}",
                           "{\"m\":nul}",
                           "{\"s\":{}}",
                           "{\"m\":}",
                           "{\"q\":}",
                           "{,}",
                           "{\"l\":-}",
                           "{\"l\":01}",
                           "{\"l\":+1}",
                           "{\"q\":1.}",
                           "{\"d\":NaN}",
                           "{\"d\":\"nan\"}",
                           "{\"d\":\"inf\"}",
                           "{\"d\":1e999}",
                           "{\"l\":1,\"l\":2}",
                           "{\"m\":999999999999999999999999}"}) {
    EXPECT_FALSE(parser.parse(text, {})) << text;
    EXPECT_FALSE(parser.reason().empty()) << text;
  }
  const std::string deep = "{\"q\":" + std::string(100'000, '[');
  EXPECT_FALSE(parser.parse(deep, {}));
  const Schema bars = schema_of(bar_schema());
  RowParser bar_parser(bars);
  EXPECT_FALSE(bar_parser.parse(R"json({"foo":1})json", {}));
  EXPECT_NE(bar_parser.reason().find("symbol is missing"), std::string::npos);
}

TEST(RowParser, gives_a_reason_that_names_the_field_and_what_is_wrong) {
  const Schema schema = schema_of(all_types);
  RowParser parser(schema);
  const std::pair<std::string, std::string> cases[] = {
      {R"({"l":1,"l":2})", "field l is there twice"},
      {R"({"d":"NaN"})", "field d: 'NaN' is not a finite number"},
      {R"({"m":1.234})", "field m"},
      {R"({"i":2147483648})", "field i: '2147483648' does not fit 32 bits"},
      {R"({"s":1})", "field s: '1' is not a text"},
      {R"({"b":1})", "field b: '1' is not true or false"},
      {R"({"day":"2016-02-30"})", "field day: '2016-02-30' is not a date (yyyy-mm-dd)"},
      {"{\"s\":\"\xff\"}", "a text is not UTF-8"},
      {"{\"q\":" + std::string(200, '['), "JSON is nested more than 100 deep"},
      {R"({"l":1)", "the JSON object is cut off"},
      {"", "not a JSON object"},
      {"null", "not a JSON object"},
  };
  for (const auto& [text, reason] : cases) {
    EXPECT_FALSE(parser.parse(text, {})) << text;
    EXPECT_NE(parser.reason().find(reason), std::string::npos) << text << ": " << parser.reason();
  }
  EXPECT_TRUE(parser.parse(R"({"q":1,"q":2,"l":1})", {})) << "what the schema does not name is passed over";
  EXPECT_TRUE(parser.parse(R"({"l":1})", {})) << "each record counts anew";
  const std::string long_text = R"({"l":")" + std::string(39, 'x') + "\xC3\xA9" + R"("})";
  EXPECT_FALSE(parser.parse(long_text, {}));
  EXPECT_NE(parser.reason().find(std::string(39, 'x') + "…"), std::string::npos) << "cut between characters";
}

TEST(Schema, refuses_only_those_names_that_collide_with_a_partition_column) {
  const Schema schema = schema_of(
      R"json({"fields":[{"name":"at","type":"date"},{"name":"day","type":"int"},{"name":"month","type":"int"}],"time":"at","partition_by":"year"})json");
  EXPECT_TRUE(Partitioning::of(schema, "year"));
  EXPECT_TRUE(Partitioning::of(schema, "none"));
  EXPECT_TRUE(Partitioning::of(schema, "day").error().message.find("month") != std::string::npos);
  EXPECT_FALSE(Partitioning::of(schema, "month"));
}

TEST(RowParser, reads_prices_exactly) {
  const Schema schema = schema_of(bar_schema());
  RowParser parser(schema);
  ASSERT_TRUE(parser.parse(
      R"json({"symbol":"A","date":"1984-09-07","open":0.42388,"high":1442048636.45,"low":-1,"close":999999999999.999999,"volume":9223372036854775807,"open_interest":null})json",
      {}))
      << parser.reason();
  EXPECT_EQ(parser.values()[2].number, 423'880);
  EXPECT_EQ(parser.values()[3].number, 1'442'048'636'450'000);
  EXPECT_EQ(parser.values()[4].number, -1'000'000);
  EXPECT_EQ(parser.values()[5].number, 999'999'999'999'999'999);
  EXPECT_EQ(parser.values()[6].number, std::numeric_limits<std::int64_t>::max());
  EXPECT_TRUE(parser.values()[7].is_null);
}

TEST(Hybrid, writes_runs_and_literals_as_the_format_says) {
  std::string to;
  encode_hybrid(to, std::vector<std::uint32_t>{0, 1, 2, 3, 4, 5, 6, 7}, 3);
  EXPECT_EQ(to, "\x03\x88\xC6\xFA");  // the example of Encodings.md
  to.clear();
  encode_hybrid(to, std::vector<std::uint32_t>(100, 5), 3);
  EXPECT_EQ(to, "\xC8\x01\x05");
}

TEST(Folder, names_are_hives) {
  const Schema schema = schema_of(all_types);
  const auto by_s = *Partitioning::of(schema, "s");
  EXPECT_EQ(folder_name(schema, by_s, {.is_null = false, .number = 0, .text = "a/b=c%"}), "s=a%2Fb%3Dc%25");
  EXPECT_EQ(folder_name(schema, by_s, {}), "s=__HIVE_DEFAULT_PARTITION__");
  const Schema bars = schema_of(bar_schema());
  const Value day{.is_null = false, .number = 16'860, .text = {}};
  EXPECT_EQ(folder_name(bars, *Partitioning::of(bars, "year"), day), "year=2016");
  EXPECT_EQ(folder_name(bars, *Partitioning::of(bars, "day"), day), "year=2016/month=02/day=29");
  EXPECT_EQ(folder_name(bars, *Partitioning::of(bars, "none"), day), "");
}

/// Rows of every type with edge values and NULLs; the interop test reads the file with other people's readers.
Rows awkward_rows(const Schema& schema, std::size_t count) {
  Rows rows(schema.fields.size());
  std::mt19937_64 random(7);
  std::vector<std::string> texts;
  for (int i = 0; i < 50; ++i)
    texts.push_back("text " + std::to_string(random() % 1000) +
                    std::string(i % 3, '\xC3').replace(0, std::string::npos, ""));
  for (std::size_t i = 0; i < count; ++i) {
    std::vector<Value> values(schema.fields.size());
    const auto set = [&](std::size_t field, std::int64_t number) {
      values[field] = {.is_null = random() % 11 == 0, .number = number, .text = {}};
    };
    values[0] = {.is_null = random() % 5 == 0, .number = 0, .text = texts[random() % texts.size()]};
    set(1, static_cast<std::int64_t>(random() % 2));
    set(2, static_cast<std::int32_t>(random()));
    set(3, static_cast<std::int64_t>(random()));
    set(4, std::bit_cast<std::int64_t>(static_cast<double>(static_cast<std::int64_t>(random())) / 1e9));
    set(5, static_cast<std::int32_t>(random() % 40'000) - 20'000);
    set(6, static_cast<std::int64_t>(random() % 2'000'000'000'000'000));
    set(7, static_cast<std::int64_t>(random() % 20'000'000'000) - 10'000'000'000);
    values[9] = {.is_null = false, .number = static_cast<std::int64_t>(i), .text = {}};
    rows.add(schema, values, static_cast<std::int64_t>(i));
  }
  return rows;
}

TEST(ParquetFile, has_the_same_bytes_every_time_and_is_sorted) {
  const Schema schema = schema_of(all_types);
  const Rows rows = awkward_rows(schema, 10'000);
  const auto file = write_parquet(schema, rows, {});
  EXPECT_EQ(file, write_parquet(schema, awkward_rows(schema, 10'000), {}));
  EXPECT_TRUE(file.starts_with("PAR1"));
  EXPECT_TRUE(file.ends_with("PAR1"));
  const auto order = sorted_order(schema, rows);
  for (std::size_t i = 1; i < order.size(); ++i) {
    const auto& s = rows.column(0);
    const auto key = [&](std::uint32_t row) {
      return s.nulls[row] ? std::string() : std::string(s.pool.text(static_cast<std::uint32_t>(s.numbers[row])));
    };
    EXPECT_LE(key(order[i - 1]), key(order[i]));
  }
  // TICKERLAKE_PARQUET_OUT=FILE writes it out for other readers (tests/e2e/test_parquet_readers.py).
  if (const char* out = std::getenv("TICKERLAKE_PARQUET_OUT")) {
    std::ofstream(out, std::ios::binary) << write_parquet(schema, awkward_rows(schema, 300'000), {});
    std::ofstream expected(std::string(out) + ".csv");
    const Rows all = awkward_rows(schema, 300'000);
    for (std::size_t i = 0; i < all.size(); ++i) {
      for (std::size_t field = 0; field < 10; ++field) {
        const auto& column = all.column(field);
        if (!column.nulls.empty() && column.nulls[i])
          expected << "NULL";
        else if (field == 0 || field == 8)
          expected << (column.pool.size() == 0 ? "" : column.pool.text(static_cast<std::uint32_t>(column.numbers[i])));
        else
          expected << column.numbers[i];
        expected << (field == 9 ? '\n' : '|');
      }
    }
  }
}

TEST(PartitionedRows, know_roughly_what_they_take_in_memory) {
#if defined(__SANITIZE_ADDRESS__) || defined(__SANITIZE_THREAD__)
  GTEST_SKIP() << "the sanitizers' allocators do not tell";
#endif
  const Schema schema = schema_of(bar_schema());
  for (const int folders : {1, 300, 10'000}) {
    const auto before = mallinfo2();
    PartitionedRows rows(schema, *Partitioning::of(schema, "day"));
    for (int i = 0; i < 60'000; ++i) {
      std::vector<Value> values(schema.fields.size(), Value{.is_null = false, .number = i, .text = {}});
      const std::string symbol = "S" + std::to_string(i % 500);
      values[0].text = symbol;
      values[1].number = i * 7 % folders;
      rows.add(values, i, {});
    }
    const auto after = mallinfo2();
    const auto used = static_cast<double>(after.uordblks + after.hblkhd - before.uordblks - before.hblkhd);
    const auto told = static_cast<double>(rows.memory());
    EXPECT_GT(told, used / 2) << folders;
    EXPECT_LT(told, used * 2) << folders;
  }
}

TEST(ParquetFile, holds_one_row_and_columns_of_nulls) {
  const Schema schema = schema_of(all_types);
  Rows rows(schema.fields.size());
  rows.add(schema, std::vector<Value>(schema.fields.size()), 0);
  EXPECT_TRUE(write_parquet(schema, rows, {}).ends_with("PAR1"));
}

}  // namespace
}  // namespace tickerlake::pipeline
