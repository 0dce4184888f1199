// What single files say: CSV, JSON, Parquet, and the types and patterns that this rests on.
#include <gmock/gmock.h>

#include "io/file.h"
#include "services/glue/crawler/csv.h"
#include "services/glue/crawler/glob.h"
#include "services/glue/crawler/json_records.h"
#include "services/glue/crawler/parquet.h"
#include "services/glue/crawler/sample.h"

namespace tickerlake::glue {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;

std::vector<std::string> columns_of(const FileSchema& schema) {
  std::vector<std::string> columns;
  for (const auto& column : schema.columns) columns.push_back(column.name + ":" + to_text(column.type));
  return columns;
}
std::vector<std::string> csv(std::string_view text, const CsvClassifier& classifier = {}) {
  const auto schema = infer_csv(text, true, classifier);
  return schema ? columns_of(*schema) : std::vector<std::string>{"none"};
}
std::vector<std::string> json(std::string_view text, std::string_view path = {}) {
  const auto schema = infer_json(text, path);
  return schema ? columns_of(*schema) : std::vector<std::string>{"none"};
}

TEST(CsvInference, takes_a_header_when_a_later_row_differs_in_type) {
  const auto schema = infer_csv("Date,Open Price,Volume\r\n2016-01-04,1.5,100\r\n2016-01-05,2,200\r\n", true);
  ASSERT_TRUE(schema);
  EXPECT_TRUE(schema->csv.has_header);
  EXPECT_EQ(schema->record_count, 2);
  EXPECT_THAT(columns_of(*schema), ElementsAre("date:string", "open price:double", "volume:bigint"));
}

TEST(CsvInference, reads_a_first_row_of_words_as_data_when_all_rows_are_words) {
  EXPECT_THAT(csv("symbol,name\nA,Agilent\nB,Barnes\n"), ElementsAre("col0:string", "col1:string"));
}

TEST(CsvInference, has_no_header_where_the_first_row_holds_a_number_an_empty_or_a_long_cell) {
  EXPECT_THAT(csv("a,1\nb,2\n"), ElementsAre("col0:string", "col1:bigint"));
  EXPECT_THAT(csv("a,,c\n1,2,3\n"), ElementsAre("col0:string", "col1:bigint", "col2:string"));
  EXPECT_THAT(csv(std::string(150, 'x') + ",b\n1,2\n"), ElementsAre("col0:string", "col1:string"));
}

TEST(CsvInference, lets_the_last_cell_of_a_header_be_empty) {
  EXPECT_THAT(csv("a,b,\n1,2,\n3,4,\n"), ElementsAre("a:bigint", "b:bigint", "col2:string"));
}

TEST(CsvInference, finds_the_delimiter) {
  EXPECT_THAT(csv("a|b\n1|2\n"), ElementsAre("a:bigint", "b:bigint"));
  EXPECT_THAT(csv("a\tb\n1\t2\n"), ElementsAre("a:bigint", "b:bigint"));
  EXPECT_THAT(csv("a;b\n1,5;2\n1,7;3\n"), ElementsAre("a:string", "b:bigint"));
  EXPECT_THAT(csv("a\x01"
                  "b\n1\x01"
                  "2\n"),
              ElementsAre("a:bigint", "b:bigint"));
}

TEST(CsvInference, widens_bigint_to_double_to_string_and_ignores_empty_cells) {
  EXPECT_THAT(csv("a,b,c,d\n1,1,1,\n2.5,,x,\n3,2,3,\n"), ElementsAre("a:double", "b:bigint", "c:string", "d:string"));
  EXPECT_THAT(csv("a,b,c\n99999999999999999999,-1e5,nan\n"), ElementsAre("a:double", "b:double", "c:string"));
  EXPECT_THAT(csv("a,b\n1,-\n"), ElementsAre("a:bigint", "b:string"));
}

TEST(CsvInference, needs_two_columns_and_two_rows) {
  EXPECT_FALSE(infer_csv("a\n1\n2\n", true));
  EXPECT_FALSE(infer_csv("a,b\n", true));
  EXPECT_FALSE(infer_csv(std::string_view("a,b\n\0,1\n", 8), true));
  CsvClassifier single;
  single.allow_single_column = true;
  EXPECT_THAT(csv("a\n1\n2\n", single), ElementsAre("a:bigint"));
}

TEST(CsvInference, reads_quoted_cells_with_delimiters_quotes_and_line_ends) {
  const auto schema = infer_csv("name,n\n\"Smith, \"\"J\"\"\nJr\",1\n\"x\",2\n", true);
  ASSERT_TRUE(schema);
  EXPECT_TRUE(schema->csv.is_quoted);
  EXPECT_EQ(schema->record_count, 2);
  EXPECT_THAT(columns_of(*schema), ElementsAre("name:string", "n:bigint"));
}

TEST(CsvInference, leaves_out_a_row_that_the_sample_cuts) {
  const auto schema = infer_csv("a,b\n1,2\n3,4x", false);
  ASSERT_TRUE(schema);
  EXPECT_THAT(columns_of(*schema), ElementsAre("a:bigint", "b:bigint"));
}

TEST(CsvInference, obeys_a_custom_classifier) {
  CsvClassifier classifier;
  classifier.delimiter = '^';
  classifier.header = CsvClassifier::Header::present;
  EXPECT_THAT(csv("1^B\n2^3\n", classifier), ElementsAre("1:bigint", "b:bigint"));
  classifier.header = CsvClassifier::Header::absent;
  classifier.column_names = {"X", "Y"};
  EXPECT_THAT(csv("1^B\n2^3\n", classifier), ElementsAre("x:bigint", "y:string"));
}

TEST(CsvInference, makes_repeated_names_different) {
  EXPECT_THAT(csv("a,A,b\n1,2,3\n"), ElementsAre("a:bigint", "a_1:bigint", "b:bigint"));
}

TEST(CsvInference, sees_types_that_change_further_down) {
  auto schema = infer_csv("a,b\n1,2\n", true);
  widen_csv(*schema, "rest of a row\n5,6.5\n7,8\n9,cut off he");
  EXPECT_THAT(columns_of(*schema), ElementsAre("a:bigint", "b:double"));
}

TEST(JsonInference, types_integers_by_magnitude_and_keeps_the_case_of_paths) {
  const auto schema = infer_json("{\"Symbol\":\"a\",\"n\":1,\"big\":3000000000,\"x\":1.5,\"ok\":true}\n{\"n\":2}\n");
  ASSERT_TRUE(schema);
  EXPECT_THAT(columns_of(*schema), ElementsAre("symbol:string", "n:int", "big:bigint", "x:double", "ok:boolean"));
  EXPECT_THAT(schema->json_paths, ElementsAre("Symbol", "big", "n", "ok", "x"));
  EXPECT_EQ(schema->record_count, 2);
}

TEST(JsonInference, widens_over_records) {
  EXPECT_THAT(json("{\"a\":1,\"b\":1,\"c\":null}{\"a\":3000000000,\"b\":1.5,\"c\":\"x\"}"),
              ElementsAre("a:bigint", "b:double", "c:string"));
  EXPECT_THAT(json("{\"a\":1}\n{\"a\":\"x\"}"), ElementsAre("a:string"));
}

TEST(JsonInference, nests_structs_and_arrays) {
  EXPECT_THAT(json("{\"s\":{\"a\":1,\"L\":[1,2.5]},\"e\":[],\"o\":{}}\n{\"s\":{\"b\":\"x\"},\"e\":[{\"k\":1}]}"),
              ElementsAre("s:struct<a:int,L:array<double>,b:string>", "e:array<struct<k:int>>", "o:string"));
}

TEST(JsonInference, reads_records_over_several_lines_and_arrays_at_the_top) {
  EXPECT_THAT(json("{\n  \"a\": 1\n}\n{\n  \"a\": 2\n}\n"), ElementsAre("a:int"));
  EXPECT_THAT(json("[{\"a\":1},{\"a\":2}]"), ElementsAre("array:array<struct<a:int>>"));
  EXPECT_THAT(json("[{\"a\":1},{\"b\":2}]", "$[*]"), ElementsAre("a:int", "b:int"));
}

TEST(JsonInference, is_none_for_other_texts) {
  EXPECT_THAT(json("a,b\n1,2"), ElementsAre("none"));
  EXPECT_THAT(json("{not json}"), ElementsAre("none"));
  EXPECT_THAT(json(""), ElementsAre("none"));
  EXPECT_FALSE(infer_json("{\"a\":\"cut off"));
}

Result<FileSchema> footer_of(const std::string& name) {
  const auto path = std::filesystem::path(TICKERLAKE_SOURCE_DIR) / "src/services/glue/crawler/testdata" / name;
  const services::PinnedObject object{path, static_cast<std::int64_t>(std::filesystem::file_size(path)), nullptr};
  return infer_file(object, {}, {});
}

TEST(ParquetInference, gives_hive_types_of_flat_and_nested_columns) {
  const auto schema = footer_of("all_types.parquet");
  ASSERT_TRUE(schema) << schema.error().message;
  EXPECT_EQ(schema->record_count, 1);
  EXPECT_THAT(columns_of(*schema),
              ElementsAre("symbol:string", "date:date", "close:decimal(18,6)", "small:decimal(5,2)", "volume:bigint",
                          "i8:tinyint", "i16:smallint", "i32:int", "u8:smallint", "u32:bigint", "f:float", "d:double",
                          "b:boolean", "bin:binary", "ts:timestamp", "tsz:timestamp", "list:array<int>",
                          "st:struct<a:bigint,b:array<string>>", "map:map<string,bigint>"));
}

TEST(ParquetInference, reads_what_older_writers_wrote) {
  const auto schema = footer_of("int96.parquet");
  ASSERT_TRUE(schema) << schema.error().message;
  EXPECT_THAT(columns_of(*schema), ElementsAre("ts:timestamp", "list:array<int>"));
}

TEST(ParquetInference, refuses_every_damaged_footer_without_harm) {
  const auto path =
      std::filesystem::path(TICKERLAKE_SOURCE_DIR) / "src/services/glue/crawler/testdata/all_types.parquet";
  const auto file = io::read_file(path);
  ASSERT_TRUE(file);
  const auto size = static_cast<std::int64_t>(file->size());
  const auto bytes = as_bytes(*file);
  const auto length = parquet_footer_length(bytes.last(8), size);
  ASSERT_TRUE(length);
  const auto footer =
      bytes.subspan(file->size() - 8 - static_cast<std::size_t>(*length), static_cast<std::size_t>(*length));
  for (std::size_t cut = 0; cut < footer.size(); cut += 3) (void)read_parquet_footer(footer.first(cut));
  for (std::size_t at = 0; at < footer.size(); ++at) {
    Buffer damaged(footer.begin(), footer.end());
    for (const int value : {0x00, 0x7F, 0x80, 0xFF}) {
      damaged[at] = static_cast<std::byte>(value);
      (void)read_parquet_footer(damaged);
    }
  }
  EXPECT_FALSE(parquet_footer_length(bytes.first(8), size));
  EXPECT_FALSE(parquet_footer_length(as_bytes(std::string_view("\xFF\xFF\xFF\x7FPAR1", 8)), size));
  EXPECT_EQ(read_parquet_footer(footer.first(10)).error().code, ErrorCode::corrupt);
}

TEST(HiveTypes, survive_being_printed_and_parsed) {
  for (const auto* text : {"bigint", "decimal(18,6)", "array<struct<a:decimal(10,2),b:map<string,array<int>>>>"}) {
    EXPECT_EQ(to_text(parse_hive_type(text)), text);
  }
  EXPECT_EQ(to_text(parse_hive_type("struct<broken")), "struct<broken");
}

TEST(HiveTypes, widen_to_what_holds_both) {
  const auto wide = [](const char* left, const char* right) {
    return to_text(widen(parse_hive_type(left), parse_hive_type(right)));
  };
  EXPECT_EQ(wide("int", "bigint"), "bigint");
  EXPECT_EQ(wide("tinyint", "smallint"), "smallint");
  EXPECT_EQ(wide("int", "float"), "double");
  EXPECT_EQ(wide("decimal(10,2)", "decimal(8,4)"), "decimal(12,4)");
  EXPECT_EQ(wide("int", "decimal(5,2)"), "decimal(12,2)");
  EXPECT_EQ(wide("decimal(38,0)", "decimal(38,10)"), "string");
  EXPECT_EQ(wide("date", "timestamp"), "timestamp");
  EXPECT_EQ(wide("bigint", "string"), "string");
  EXPECT_EQ(wide("array<int>", "array<bigint>"), "array<bigint>");
  EXPECT_EQ(wide("struct<a:int>", "struct<b:string>"), "struct<a:int,b:string>");
  EXPECT_EQ(wide("array<int>", "int"), "string");
  EXPECT_FALSE(are_compatible(parse_hive_type("bigint"), parse_hive_type("string")));
  EXPECT_TRUE(are_compatible(parse_hive_type("string"), parse_hive_type("string")));
  EXPECT_TRUE(are_compatible(HiveType{}, parse_hive_type("string")));
}

TEST(Glob, keeps_stars_within_a_folder_and_double_stars_across) {
  EXPECT_TRUE(glob_matches("*.json", "a.json"));
  EXPECT_FALSE(glob_matches("*.json", "x/a.json"));
  EXPECT_TRUE(glob_matches("**.json", "x/y/a.json"));
  EXPECT_TRUE(glob_matches("x/**", "x/y/a"));
  EXPECT_FALSE(glob_matches("x/**", "y/x/a"));
  EXPECT_TRUE(glob_matches("2016-0[1-9]/*.{csv,txt}", "2016-05/a.txt"));
  EXPECT_FALSE(glob_matches("2016-0[!1-9]/*", "2016-05/a.txt"));
  EXPECT_TRUE(glob_matches("a?c", "abc"));
  EXPECT_FALSE(glob_matches("a?c", "a/c"));
  EXPECT_TRUE(glob_matches("a\\*", "a*"));
  EXPECT_FALSE(glob_matches("[", "["));
}

TEST(Glob, ends_whatever_the_pattern) {
  std::string pattern;
  for (int i = 0; i < 200; ++i) pattern += "**a";
  EXPECT_FALSE(glob_matches(pattern + "b", std::string(1000, 'a')));
}

}  // namespace
}  // namespace tickerlake::glue
