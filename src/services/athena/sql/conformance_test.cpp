// Runs tests/sql/*.test: statements parsed, written and run on DuckDB, their answers compared with Trino's.
#include <gtest/gtest.h>

#include <algorithm>
#include <filesystem>
#include <fstream>
#include <sstream>

#include "duckdb/database.h"
#include "services/athena/sql/duckdb_writer.h"
#include "services/athena/sql/parser.h"
#include "services/athena/sql/prelude.h"

namespace tickerlake::athena::sql {
namespace {

class Tables : public TableResolver {
 public:
  Result<ResolvedTable, SyntaxError> resolve(const TableName& name) override {
    const auto column = [](std::string column_name, std::string_view type) {
      return Column{std::move(column_name), parse_type(type).value(), false};
    };
    if (name.table() == "t")
      return ResolvedTable{
          "main.data",
          std::vector<Column>{column("id", "integer"), column("name", "varchar"), column("price", "decimal(18,6)"),
                              column("volume", "bigint"), column("ratio", "double"), column("day", "date"),
                              column("ts", "timestamp(3)"), column("tags", "array(varchar)"),
                              column("attrs", "map(varchar,integer)"), column("pos", "row(x integer, y varchar)"),
                              Column{"$path", Type::of(Type::Kind::varchar), true}}};
    if (name.table() == "u")
      return ResolvedTable{"(SELECT * FROM (VALUES (1, 'one'), (2, 'two')) AS v(id, note))",
                           std::vector<Column>{column("id", "integer"), column("note", "varchar")}};
    if (name.table() == "opaque") return ResolvedTable{"main.data", std::nullopt};
    return std::unexpected(SyntaxError{0, 0, "Table 'awsdatacatalog.default." + name.table() + "' does not exist",
                                       SyntaxErrorKind::name_not_found});
  }
};

/// One connection with the prelude and the tables.
class Session {
 public:
  Session() : database_(duckdb::Database::open().value()), connection_(database_.connect().value()) {
    for (const auto statement : prelude()) {
      const auto made = connection_.execute(std::string(statement));
      EXPECT_TRUE(made) << statement << "\n" << (made ? "" : made.error().message);
    }
    const auto made = connection_.execute(
        "CREATE TABLE data AS SELECT * FROM (VALUES "
        "(1, 'ann', 10.5::DECIMAL(18,6), 100::BIGINT, 0.5::DOUBLE, DATE '2020-01-31', TIMESTAMP '2020-01-31 "
        "10:20:30.456', ['a', 'b'], MAP {'k': 1}, {'x': 7, 'y': 'z'}),"
        "(2, 'bob', 20.5, 200, 1.5, DATE '2020-02-29', NULL, [], MAP {}, NULL),"
        "(3, 'cat', NULL, 300, 2.5, DATE '2020-03-31', NULL, NULL, NULL, NULL),"
        "(4, 'dan', 45.5, 400, 3.5, DATE '2020-04-30', NULL, ['c'], NULL, NULL)) "
        "AS v(id, name, price, volume, ratio, day, ts, tags, attrs, pos)");
    EXPECT_TRUE(made) << (made ? "" : made.error().message);
  }

  /// The rows as text, behind lines "names: …" and "types: …"; or "error: …".
  std::string run(const std::string& text, bool names, bool types) {
    const auto parsed = parse(text);
    if (!parsed) return "error: " + parsed.error().text() + "\n";
    const auto* query = parsed->as<QueryPtr>();
    if (query == nullptr) return "error: no query\n";
    Tables tables;
    const auto written = write(**query, tables);
    if (!written) return "error: " + written.error().text() + "\n";
    sql = written->sql;
    auto rows = connection_.query(written->sql);
    if (!rows) return "error: " + rows.error().message + "\n";
    std::string out;
    const auto list = [&](std::string_view label, auto&& one) {
      out += label;
      for (std::size_t i = 0; i < written->columns.size(); ++i) out += (i > 0 ? ", " : " ") + one(written->columns[i]);
      out += "\n";
    };
    if (names) list("names:", [](const Column& column) { return column.name; });
    if (types) list("types:", [](const Column& column) { return to_string(column.type); });
    const auto values = duckdb::read_text(*rows);
    if (!values) return "error: " + values.error().message + "\n";
    for (const auto& row : *values) {
      std::string line;
      for (std::size_t i = 0; i < row.size(); ++i) line += (i > 0 ? " | " : "") + row[i].value_or("NULL");
      out += line + "\n";
    }
    return out;
  }

  std::string sql;

 private:
  duckdb::Database database_;
  duckdb::Connection connection_;
};

struct TestCase {
  std::string place, statement, expected;
};

std::vector<TestCase> cases_of(const std::filesystem::path& path) {
  std::ifstream file(path);
  std::vector<TestCase> cases;
  std::string line;
  TestCase current;
  bool answer = false;
  int number = 0;
  const auto finish = [&] {
    if (!current.statement.empty()) cases.push_back(std::move(current));
    current = {};
    answer = false;
  };
  while (std::getline(file, line)) {
    ++number;
    if (line.empty()) {
      finish();
    } else if (!answer && line.starts_with("#")) {
      continue;
    } else if (line == "----") {
      answer = true;
    } else {
      if (current.statement.empty()) current.place = path.filename().string() + ":" + std::to_string(number);
      (answer ? current.expected : current.statement) += line + "\n";
    }
  }
  finish();
  return cases;
}

TEST(Conformance, answers_as_trino_documents) {
  Session session;
  std::size_t count = 0;
  for (const auto& entry :
       std::filesystem::directory_iterator(std::filesystem::path(TICKERLAKE_SOURCE_DIR) / "tests/sql")) {
    if (entry.path().extension() != ".test") continue;
    for (const auto& one : cases_of(entry.path())) {
      ++count;
      session.sql.clear();
      const bool names = one.expected.starts_with("names:");
      const bool types = one.expected.starts_with("types:");
      const auto actual = session.run(one.statement, names, types);
      if (one.expected.starts_with("error: ")) {
        const auto wanted = one.expected.substr(7, one.expected.size() - 8);
        EXPECT_TRUE(actual.starts_with("error: ") && actual.find(wanted) != std::string::npos)
            << one.place << "\n"
            << one.statement << "is\n"
            << actual << session.sql;
      } else {
        EXPECT_EQ(actual, one.expected) << one.place << "\n" << one.statement << session.sql;
      }
    }
  }
  EXPECT_GE(count, 100u);
}

TEST(Conformance, a_relation_with_unknown_columns_is_left_to_duckdb) {
  Session session;
  EXPECT_EQ(session.run("select id, o.name, 1 + 1 from opaque o where o.id = 1", false, false), "1 | ann | 2\n")
      << session.sql;
  EXPECT_NE(session.run("select nothing from opaque", false, false).find("nothing"), std::string::npos);
}

TEST(Writer, fills_in_parameters_and_hidden_columns) {
  Tables tables;
  Expressions parameters;
  parameters.push_back(parse_expression("'a''b'").value());
  const auto parsed = parse("select \"$path\" from t where name = ?");
  ASSERT_TRUE(parsed);
  const auto written = write(*std::get<QueryPtr>(parsed->node), tables, {.parameters = &parameters});
  ASSERT_TRUE(written) << written.error().text();
  EXPECT_NE(written->sql.find("'a''b'"), std::string::npos);
  EXPECT_NE(written->sql.find("\"$path\""), std::string::npos);
  const auto missing = write(*std::get<QueryPtr>(parsed->node), tables);
  ASSERT_FALSE(missing);
}

}  // namespace
}  // namespace tickerlake::athena::sql
