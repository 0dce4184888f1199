#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <unistd.h>

#include <chrono>
#include <filesystem>
#include <thread>

#include "duckdb/appender.h"
#include "duckdb/database.h"

namespace tickerlake::duckdb {
namespace {

using testing::HasSubstr;

class DuckDb : public testing::Test {
 protected:
  void SetUp() override {
    auto opened = Database::open({.settings = {{"threads", "2"}}, .library = {}});
    ASSERT_TRUE(opened) << opened.error().message;
    database_.emplace(std::move(*opened));
    connection_.emplace(database_->connect().value());
  }
  std::vector<std::vector<Text>> rows(const std::string& sql) {
    auto result = connection_->query(sql);
    if (!result) {
      ADD_FAILURE() << result.error().message;
      return {};
    }
    return read_text(*result).value();
  }
  std::optional<Database> database_;
  std::optional<Connection> connection_;
};

TEST_F(DuckDb, says_its_version) { EXPECT_THAT(database_->version(), HasSubstr("v1.5")); }

TEST_F(DuckDb, refuses_statements_that_it_would_cut_off_at_a_nul) {
  const std::string sql("SELECT 1 \0, 2", 13);
  for (const auto& message : {connection_->query(sql).error().message, connection_->stream(sql).error().message}) {
    EXPECT_THAT(message, HasSubstr("NUL"));
  }
}

TEST_F(DuckDb, reads_every_scalar_type_as_text) {
  EXPECT_EQ(rows("SELECT true, 1::TINYINT, -2::SMALLINT, 3, -4::BIGINT, 1.5::DOUBLE, 12.345600::DECIMAL(18,6), "
                 "'a long text beyond the inlined ones', DATE '2016-02-29', TIMESTAMP '1969-12-31 23:59:59.5', "
                 "(-170141183460469231731687303715884105727)::HUGEINT, -0.05::DECIMAL(30,2), NULL")[0],
            (std::vector<Text>{"true", "1", "-2", "3", "-4", "1.5", "12.345600", "a long text beyond the inlined ones",
                               "2016-02-29", "1969-12-31 23:59:59.5", "-170141183460469231731687303715884105727",
                               "-0.05", std::nullopt}));
}

TEST_F(DuckDb, reads_nested_values) {
  EXPECT_EQ(rows("SELECT [1, NULL, 3], {'a': 1, 'b': 'x'}, MAP {'k': [1]}, [1, 2]::INTEGER[2]")[0],
            (std::vector<Text>{"[1, NULL, 3]", "{'a': 1, 'b': x}", "{k=[1]}", "[1, 2]"}));
}

TEST_F(DuckDb, describes_columns_with_width_scale_and_children) {
  auto result = connection_->query("SELECT 1.5::DECIMAL(18,6) AS price, {'a b': [1]} AS s");
  ASSERT_TRUE(result);
  EXPECT_EQ(result->columns()[0].name, "price");
  EXPECT_EQ(to_string(result->columns()[0].type), "DECIMAL(18,6)");
  EXPECT_EQ(to_string(result->columns()[1].type), "STRUCT(\"a b\" INTEGER[])");
}

TEST_F(DuckDb, streams_a_result_larger_than_one_chunk) {
  auto result = connection_->stream("SELECT i FROM range(10000) t(i)");
  ASSERT_TRUE(result) << result.error().message;
  std::size_t count = 0;
  while (auto chunk = result->next().value()) count += chunk->rows();
  EXPECT_EQ(count, 10000);
}

TEST_F(DuckDb, a_stream_reports_an_error_that_comes_late) {
  auto result =
      connection_->stream("SELECT CAST(CASE WHEN i = 90000 THEN 'x' ELSE '1' END AS INTEGER) FROM range(100000) t(i)");
  Error error;
  if (!result) {
    error = result.error();
  } else {
    while (true) {
      auto chunk = result->next();
      if (!chunk) {
        error = chunk.error();
        break;
      }
      ASSERT_TRUE(*chunk) << "ended without the error";
    }
  }
  EXPECT_THAT(error.message, HasSubstr("Could not convert string 'x'"));
}

TEST_F(DuckDb, errors_carry_duckdbs_message) {
  auto result = connection_->query("SELECT nothing FROM nowhere");
  ASSERT_FALSE(result);
  EXPECT_EQ(result.error().code, ErrorCode::invalid_argument);
  EXPECT_THAT(result.error().message, HasSubstr("nowhere"));
  EXPECT_FALSE(connection_->prepare("SELECT FROM WHERE"));
}

TEST_F(DuckDb, a_setting_that_does_not_exist_is_refused) {
  EXPECT_FALSE(Database::open({.settings = {{"no_such_setting", "1"}}, .library = {}}));
  EXPECT_EQ(Database::open({.settings = {}, .library = "/nowhere/libduckdb.so"}).error().code, ErrorCode::unavailable);
}

TEST_F(DuckDb, prepared_statements_take_parameters_of_each_kind) {
  auto prepared = connection_->prepare("SELECT ?::BIGINT + 1, ?::VARCHAR, ?::DOUBLE, ?::BOOLEAN, ?::INTEGER");
  ASSERT_TRUE(prepared) << prepared.error().message;
  EXPECT_EQ(prepared->parameter_count(), 5);
  auto result = prepared->run({std::int64_t{41}, std::string("it's"), 0.5, true, nullptr});
  ASSERT_TRUE(result) << result.error().message;
  EXPECT_EQ(read_text(*result).value()[0], (std::vector<Text>{"42", "it's", "0.5", "true", std::nullopt}));
  EXPECT_FALSE(prepared->run({}));
}

TEST_F(DuckDb, interrupt_ends_a_running_query_from_another_thread) {
  std::jthread stopper([this] {
    std::this_thread::sleep_for(std::chrono::milliseconds(100));
    connection_->interrupt();
  });
  const auto result = connection_->query("SELECT count(*) FROM range(100000000000) a(i) WHERE hash(i) % 7 = 3");
  ASSERT_FALSE(result);
  EXPECT_EQ(result.error().code, ErrorCode::cancelled) << result.error().message;
}

TEST_F(DuckDb, the_appender_fills_columns_in_place) {
  ASSERT_TRUE(connection_->execute("CREATE TABLE bars (symbol VARCHAR, day DATE, close DECIMAL(18,6), volume BIGINT)"));
  auto appender = Appender::open(*connection_, "bars");
  ASSERT_TRUE(appender) << appender.error().message;
  std::size_t total = 0;
  for (int chunk = 0; chunk < 3; ++chunk) {
    auto* days = appender->column<std::int32_t>(1);
    auto* closes = appender->column<std::int64_t>(2);
    auto* volumes = appender->column<std::int64_t>(3);
    for (std::size_t row = 0; row < appender->capacity(); ++row, ++total) {
      appender->set_text(0, row, row % 2 == 0 ? "AAPL" : "a symbol longer than twelve bytes");
      days[row] = static_cast<std::int32_t>(total);
      closes[row] = 1'500'000;
      if (row % 4 == 0) appender->set_null(3, row);
      volumes[row] = 10;
    }
    ASSERT_TRUE(appender->append(appender->capacity()));
  }
  ASSERT_TRUE(appender->close());
  EXPECT_EQ(rows("SELECT count(*), sum(close), max(day), count(volume), count(DISTINCT symbol) FROM bars")[0],
            (std::vector<Text>{"6144", "9216.000000", "1986-10-27", "4608", "2"}));
}

TEST_F(DuckDb, copies_a_table_to_parquet_and_reads_its_schema_back) {
  const auto path = std::filesystem::temp_directory_path() / ("duckdb_test_" + std::to_string(getpid()) + ".parquet");
  ASSERT_TRUE(
      connection_->execute("COPY (SELECT i AS n, i::DECIMAL(18,6) AS price FROM range(10) t(i) ORDER BY i) TO " +
                           quote_text(path.string()) + " (FORMAT parquet, COMPRESSION zstd)"));
  EXPECT_EQ(rows("SELECT name, type, logical_type FROM parquet_schema(" + quote_text(path.string()) +
                 ") WHERE type IS NOT NULL"),
            (std::vector<std::vector<Text>>{{"n", "INT64", std::nullopt},
                                            {"price", "INT64", "DecimalType(scale=6, precision=18)"}}));
  std::filesystem::remove(path);
}

}  // namespace
}  // namespace tickerlake::duckdb
