// Statements through the engine, over a catalog and objects in a temporary folder.
#include "services/athena/api/executions.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <boost/json.hpp>
#include <chrono>
#include <thread>

#include "base/digest.h"
#include "io/file.h"
#include "services/athena/api/execution_json.h"
#include "services/athena/results/result_file.h"
#include "services/athena/sql/parser.h"

namespace tickerlake::athena {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;
using testing::StartsWith;
using Rows = std::vector<std::vector<std::string>>;  // NULL as "-"

/// Objects as files of a folder.
class FolderObjects final : public services::Objects {
 public:
  explicit FolderObjects(std::filesystem::path root) : root_(std::move(root)) {}
  Result<std::vector<services::ObjectInfo>> list(std::string_view bucket, std::string_view prefix,
                                                 std::string_view start_after, std::size_t limit) override {
    std::vector<services::ObjectInfo> found;
    if (!std::filesystem::exists(root_ / bucket)) return fail(ErrorCode::not_found, "no such bucket");
    for (const auto& entry : std::filesystem::recursive_directory_iterator(root_ / bucket)) {
      if (!entry.is_regular_file()) continue;
      const auto key = std::filesystem::relative(entry.path(), root_ / bucket).string();
      if (key.starts_with(prefix) && key > start_after) {
        found.push_back({key, static_cast<std::int64_t>(entry.file_size()), "", 0});
      }
    }
    std::sort(found.begin(), found.end(), [](const auto& a, const auto& b) { return a.key < b.key; });
    if (found.size() > limit) found.resize(limit);
    return found;
  }
  Result<services::PinnedObject> pin(std::string_view bucket, std::string_view key) override {
    const auto path = root_ / bucket / key;
    if (!std::filesystem::exists(path)) return fail(ErrorCode::not_found, "no such key");
    return services::PinnedObject{path, static_cast<std::int64_t>(std::filesystem::file_size(path)), nullptr};
  }
  Result<void> make_bucket(std::string_view bucket) override { return io::make_directories(root_ / bucket); }
  Result<void> put(std::string_view bucket, std::string_view key, std::string_view, std::string_view bytes) override {
    const auto path = root_ / bucket / key;
    CHECK(io::make_directories(path.parent_path()));
    return io::write_file_atomically(path, bytes);
  }
  Result<void> put_file(std::string_view bucket, std::string_view key, std::string_view type,
                        const std::filesystem::path& file) override {
    TRY(const auto content, io::read_file(file));
    return put(bucket, key, type, content);
  }
  Result<void> remove(std::string_view bucket, std::string_view key) override {
    return io::remove_file(root_ / bucket / key);
  }

 private:
  const std::filesystem::path root_;
};

class Athena : public testing::Test {
 protected:
  Athena() {
    EXPECT_TRUE(objects_.make_bucket("lake"));
    EXPECT_TRUE(io::make_directories(folder_.path() / "athena"));
    state_ = State::open(folder_.path() / "athena" / "athena.sqlite").value();
    executions_ = std::make_unique<Executions>(Environment{catalog_, objects_}, engine_, *state_, 2, Log());
    run("CREATE DATABASE db");
  }

  /// An execution's id, or the parser's message.
  std::string start(const std::string& query) {
    auto statement = sql::parse(query);
    if (!statement) return statement.error().text();
    Submission submission;
    submission.request = {random_uuid(), query, "db", "primary", {}, {"lake", "results/"}};
    submission.statement = std::make_unique<sql::Statement>(std::move(*statement));
    const auto id = submission.request.id;
    EXPECT_TRUE(executions_->start(std::move(submission)));
    return id;
  }
  boost::json::object wait(const std::string& id) {
    while (true) {
      const auto body = executions_->find(id).value();
      if (!body) return {};
      if (is_final_state(state_of(*body))) return *body;
      std::this_thread::sleep_for(std::chrono::milliseconds(2));
    }
  }
  /// The rows without SELECT's header; a failure's message as the only cell.
  Rows run(const std::string& query) {
    const auto body = wait(start(query));
    if (body.empty()) return {{"does not parse"}};
    const auto& execution = execution_of(body);
    const auto& status = execution.at("Status").as_object();
    if (status.at("State") != "SUCCEEDED") return {{std::string(status.at("StateChangeReason").as_string())}};
    const std::string uri(execution.at("ResultConfiguration").as_object().at("OutputLocation").as_string());
    const bool is_csv = uri.ends_with(".csv");
    if (!is_csv && !uri.ends_with(".txt")) return {};
    const auto file = io::File::open(folder_.path() / "s3" / uri.substr(5), io::File::Mode::read).value();
    const auto page = is_csv ? read_csv_page(file, 0, 1000) : read_text_page(file, 0, 1000);
    Rows rows;
    for (std::size_t i = is_csv ? 1 : 0; i < page->rows.size(); ++i) {
      auto& row = rows.emplace_back();
      for (const auto& cell : page->rows[i]) row.push_back(cell.value_or("-"));
    }
    return rows;
  }
  void put(const std::string& key, const std::string& content) { ASSERT_TRUE(objects_.put("lake", key, "", content)); }

  io::TemporaryDirectory folder_;
  FolderObjects objects_{folder_.path() / "s3"};
  glue::Catalog catalog_ = glue::Catalog::open(folder_.path() / "catalog.sqlite").value();
  Engine engine_{{.work_directory = folder_.path() / "athena" / "work",
                  .objects_directory = folder_.path() / "s3",
                  .duckdb_library = {}},
                 Log()};
  std::unique_ptr<State> state_;
  std::unique_ptr<Executions> executions_;
};

TEST_F(Athena, ctas_partitions_and_reads_back_with_pruning) {
  EXPECT_EQ(run("CREATE TABLE t WITH (partitioned_by = ARRAY['year']) AS SELECT * FROM (VALUES ('A', 1, '2015'), "
                "('B', 2, '2016'), ('C', CAST(NULL AS integer), '2016')) AS v(symbol, n, year)"),
            Rows{});
  EXPECT_EQ(run("SHOW PARTITIONS t"), (Rows{{"year=2015"}, {"year=2016"}}));
  EXPECT_EQ(run("SELECT * FROM t ORDER BY symbol"), (Rows{{"A", "1", "2015"}, {"B", "2", "2016"}, {"C", "-", "2016"}}));
  const auto scanned = [&](const std::string& query) {
    return execution_of(wait(start(query))).at("Statistics").as_object().at("DataScannedInBytes").as_int64();
  };
  EXPECT_LT(scanned("SELECT * FROM t WHERE year = '2015'"), scanned("SELECT * FROM t"));
  EXPECT_EQ(run("INSERT INTO t VALUES ('D', 4, '2017')"), Rows{});
  EXPECT_EQ(run("SELECT symbol, n FROM t WHERE year > '2016'"), (Rows{{"D", "4"}}));
}

TEST_F(Athena, text_tables_follow_their_serde) {
  put("csv/a.csv", "symbol,close\nA,1.5\nB,\nC\n");
  put("csv/_hidden", "not data\n");
  run("CREATE EXTERNAL TABLE c (symbol string, close double) ROW FORMAT DELIMITED FIELDS TERMINATED BY ',' "
      "LOCATION 's3://lake/csv/' TBLPROPERTIES ('skip.header.line.count'='1')");
  EXPECT_EQ(run("SELECT * FROM c"), (Rows{{"A", "1.5"}, {"B", "-"}, {"C", "-"}}));
  put("json/a.json", "{\"Symbol\":\"A\",\"tags\":[1,2]}\n{\"Symbol\":\"B\"}\n");
  run("CREATE EXTERNAL TABLE j (symbol string, tags array<int>) ROW FORMAT SERDE "
      "'org.openx.data.jsonserde.JsonSerDe' LOCATION 's3://lake/json/'");
  EXPECT_EQ(run("SELECT * FROM j ORDER BY symbol"), (Rows{{"A", "[1, 2]"}, {"B", "-"}}));
}

TEST_F(Athena, a_wrong_declaration_is_bad_data_only_where_it_is_read) {
  run("CREATE TABLE t WITH (external_location = 's3://lake/t/') AS SELECT 'x' AS a, 1 AS b");
  run("CREATE EXTERNAL TABLE w (a bigint, b int, missing string) STORED AS PARQUET LOCATION 's3://lake/t/'");
  EXPECT_EQ(run("SELECT b, missing FROM w"), (Rows{{"1", "-"}}));
  EXPECT_THAT(run("SELECT a FROM w")[0][0],
              StartsWith("HIVE_BAD_DATA: Field a's type BINARY in parquet file s3://lake/t/"));
}

TEST_F(Athena, errors_tell_kind_and_place) {
  EXPECT_EQ(run("SELECT * FROM missing")[0][0],
            "TABLE_NOT_FOUND: line 1:15: Table 'awsdatacatalog.db.missing' does not exist");
  EXPECT_THAT(run("SELECT nothing FROM (SELECT 1 AS a)")[0][0], HasSubstr("line 1:8: Column 'nothing'"));
  EXPECT_THAT(run("SELECT 1 / 0")[0][0], StartsWith("DIVISION_BY_ZERO"));
}

TEST_F(Athena, msck_repair_finds_folders_of_the_keys) {
  for (const char* year : {"2015", "2016"}) {
    put("p/year=" + std::string(year) + "/a.csv", "A\nB\n");
    put("p/year=" + std::string(year) + "/b.csv", "C\n");
  }
  put("p/stray.csv", "X\n");
  run("CREATE EXTERNAL TABLE p (symbol string) PARTITIONED BY (year int) ROW FORMAT DELIMITED "
      "LOCATION 's3://lake/p/'");
  EXPECT_EQ(run("MSCK REPAIR TABLE p").size(), 3);
  EXPECT_EQ(run("MSCK REPAIR TABLE p"), Rows{});
  EXPECT_EQ(run("SELECT year, count(*) FROM p GROUP BY year ORDER BY year"), (Rows{{"2015", "3"}, {"2016", "3"}}));
  run("ALTER TABLE p DROP PARTITION (year = 2015)");
  EXPECT_EQ(run("SHOW PARTITIONS p"), (Rows{{"year=2016"}}));
}

TEST_F(Athena, views_are_read_through_their_stored_text) {
  run("CREATE VIEW v AS SELECT 1 AS a, 'x' AS b");
  EXPECT_EQ(run("SELECT b FROM v WHERE a = 1"), (Rows{{"x"}}));
  EXPECT_THAT(run("SELECT table_name, table_type FROM information_schema.tables WHERE table_schema = 'db'"),
              ElementsAre(ElementsAre("v", "VIEW")));
  EXPECT_EQ(run("SHOW CREATE VIEW v")[0][0], "CREATE VIEW db.v AS");
}

TEST_F(Athena, sql_reaches_no_local_file) {
  EXPECT_NE(run("SELECT * FROM \"/etc/passwd\"")[0][0].find("does not exist"), std::string::npos);
  const auto database = engine_.lease().value();
  auto connection = database->connect().value();
  EXPECT_FALSE(connection.query("SELECT * FROM read_csv('/etc/passwd')"));
  EXPECT_FALSE(connection.query("SET enable_external_access = true"));
}

TEST_F(Athena, queries_side_by_side_have_a_database_each_and_leave_it_to_the_next) {
  auto first = engine_.lease().value();
  const auto second = engine_.lease().value();
  ASSERT_TRUE(first->connect().value().execute("CREATE TABLE mark (x INTEGER)"));
  EXPECT_FALSE(second->connect().value().execute("SELECT x FROM mark"));
  first.reset();
  EXPECT_TRUE(engine_.lease().value()->connect().value().execute("SELECT x FROM mark"));
}

TEST_F(Athena, stop_cancels_what_runs) {
  const auto id = start(
      "SELECT count(*) FROM UNNEST(sequence(1, 10000)) a(x) CROSS JOIN UNNEST(sequence(1, 10000)) "
      "b(y) CROSS JOIN UNNEST(sequence(1, 100)) c(z) WHERE (x * 31 + y + z) % 7 = 3");
  std::this_thread::sleep_for(std::chrono::milliseconds(200));
  EXPECT_TRUE(executions_->stop(id).value());
  EXPECT_EQ(state_of(wait(id)), "CANCELLED");
  EXPECT_FALSE(executions_->stop("no-such-id").value());
}

TEST_F(Athena, executions_outlive_the_process_and_those_at_work_have_failed) {
  const auto done = start("SELECT 1");
  wait(done);
  ExecutionRecord record{"left", "primary", 1, "", {}};
  const auto statement = sql::parse("SELECT 1");
  record.body = new_execution({.id = "left", .query = "SELECT 1", .parameters = {}, .output = {}}, {}, *statement, 1);
  ASSERT_TRUE(state_->put_execution(record));
  executions_ = std::make_unique<Executions>(Environment{catalog_, objects_}, engine_, *state_, 1, Log());
  EXPECT_EQ(state_of(wait(done)), "SUCCEEDED");
  EXPECT_EQ(state_of(wait("left")), "FAILED");
}

}  // namespace
}  // namespace tickerlake::athena
