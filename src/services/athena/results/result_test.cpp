#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <limits>

#include "base/digest.h"
#include "duckdb/database.h"
#include "services/athena/results/result_file.h"
#include "services/athena/results/value_text.h"

namespace tickerlake::athena {
namespace {

using testing::ElementsAre;
using Kind = sql::Type::Kind;

std::string java(double value) {
  std::string text;
  append_double(text, value);
  return text;
}

/// DuckDB's value of an expression as Athena prints it.
std::string shown(const std::string& expression, sql::Type type = {}) {
  auto database = duckdb::Database::open().value();
  auto connection = database.connect().value();
  auto rows = connection.query("SELECT " + expression);
  if (!rows) return rows.error().message;
  const auto chunk = rows->next().value();
  if (!type.known()) type = type_of(rows->columns()[0].type);
  std::string text;
  return append_value(text, chunk->column(0), 0, type) ? text : "<null>";
}

TEST(ValueText, doubles_print_as_java_does) {
  EXPECT_EQ(java(1), "1.0");
  EXPECT_EQ(java(0.1), "0.1");
  EXPECT_EQ(java(-0.0), "-0.0");
  EXPECT_EQ(java(9999999), "9999999.0");
  EXPECT_EQ(java(1e7), "1.0E7");
  EXPECT_EQ(java(1.5e-4), "1.5E-4");
  EXPECT_EQ(java(std::numeric_limits<double>::infinity()), "Infinity");
  EXPECT_EQ(java(std::numeric_limits<double>::quiet_NaN()), "NaN");
}

TEST(ValueText, nested_values_print_as_athena_does) {
  EXPECT_EQ(shown("[1, NULL, 3]"), "[1, null, 3]");
  EXPECT_EQ(shown("MAP {1: 2, 3: 4}"), "{1=2, 3=4}");
  EXPECT_EQ(shown("{'a': 1, 'b': [true]}"), "{a=1, b=[true]}");
}

TEST(ValueText, times_bytes_decimals_and_intervals) {
  EXPECT_EQ(shown("TIMESTAMP '2016-02-29 10:00:00.5'"), "2016-02-29 10:00:00.500");
  EXPECT_EQ(shown("TIMESTAMP '2016-02-29 10:00:00.123456'", sql::Type::of(Kind::timestamp, 6)),
            "2016-02-29 10:00:00.123456");
  EXPECT_EQ(shown("TIMESTAMPTZ '2016-02-29 10:00:00+00'"), "2016-02-29 10:00:00.000 UTC");
  EXPECT_EQ(shown("DATE '1969-12-31'"), "1969-12-31");
  EXPECT_EQ(shown("'123'::BLOB"), "31 32 33");
  EXPECT_EQ(shown("-0.05::DECIMAL(18,6)"), "-0.050000");
  EXPECT_EQ(shown("INTERVAL 49 HOUR"), "2 01:00:00.000");
  EXPECT_EQ(shown("INTERVAL 14 MONTH", sql::Type::of(Kind::interval_year_to_month)), "1-2");
  EXPECT_EQ(shown("UUID '12151fd2-7586-11e9-8f9e-2a86e4085a59'"), "12151fd2-7586-11e9-8f9e-2a86e4085a59");
  EXPECT_EQ(shown("NULL"), "<null>");
}

class ResultFile : public testing::Test {
 protected:
  io::File write(const std::string& content) {
    EXPECT_TRUE(io::write_file_atomically(folder_.path() / "r", content));
    return io::File::open(folder_.path() / "r", io::File::Mode::read).value();
  }
  io::TemporaryDirectory folder_;
};

TEST_F(ResultFile, null_and_the_empty_text_are_told_apart) {
  std::string text;
  append_csv_row(text, {"a", "b\"c", ""});
  EXPECT_EQ(text, "\"a\",\"b\"\"c\",\"\"\n");
  const auto page = read_csv_page(write(text + ",\"\",\"x\ny\"\n\n"), 0, 10).value();
  EXPECT_EQ(page.next, -1);
  ASSERT_EQ(page.rows.size(), 3);
  EXPECT_THAT(page.rows[0], ElementsAre(Cell("a"), Cell("b\"c"), Cell("")));
  EXPECT_THAT(page.rows[1], ElementsAre(Cell(), Cell(""), Cell("x\ny")));
  EXPECT_THAT(page.rows[2], ElementsAre(Cell()));  // one column, NULL
}

TEST_F(ResultFile, pages_continue_where_the_one_before_ended) {
  std::string text;
  for (int i = 0; i < 5; ++i) append_csv_row(text, {std::to_string(i)});
  const auto file = write(text);
  std::vector<std::string> seen;
  for (std::int64_t at = 0; at >= 0;) {
    const auto page = read_csv_page(file, at, 2).value();
    for (const auto& row : page.rows) seen.push_back(*row[0]);
    at = page.next;
  }
  EXPECT_THAT(seen, ElementsAre("0", "1", "2", "3", "4"));
}

TEST_F(ResultFile, a_file_cut_within_a_value_is_corrupt) {
  EXPECT_EQ(read_csv_page(write("\"abc"), 0, 10).error().code, ErrorCode::corrupt);
}

TEST(Metadata, is_one_protobuf_field_4_a_column) {
  const auto bytes = encode_metadata({result_column("n", sql::Type::of(Kind::bigint))});
  EXPECT_EQ(hex(as_bytes(bytes)),
            "22"
            "1c"
            "0a0468697665"
            "22016e"
            "2a016e"
            "3206626967696e74"
            "3813"
            "4000"
            "4803"
            "5000");
}

}  // namespace
}  // namespace tickerlake::athena
