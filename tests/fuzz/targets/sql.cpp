// Statements: lexing and parsing end with a tree or an error that has a place; a query's tree is searched for tables
// and partition filters and written out.
#include "services/athena/sql/analysis.h"
#include "services/athena/sql/duckdb_writer.h"
#include "services/athena/sql/lexer.h"
#include "services/athena/sql/parser.h"
#include "services/athena/sql/partition_filter.h"
#include "target.h"

namespace tickerlake::athena::sql {
namespace {

using fuzz::require;

class AnyTable : public TableResolver {
 public:
  Result<ResolvedTable, SyntaxError> resolve(const TableName& name) override {
    if (name.table() != "t") return ResolvedTable{"x", std::nullopt};
    std::vector<Column> columns;
    for (const std::string_view column :
         {"a array(integer)", "b bigint", "c varchar", "d date", "m map(varchar,integer)", "r row(x integer)",
          "price decimal(18,6)", "id integer"}) {
      const auto space = column.find(' ');
      columns.push_back(
          {std::string(column.substr(0, space)), parse_type(column.substr(space + 1)).value_or(Type{}), false});
    }
    return ResolvedTable{"x", std::move(columns)};
  }
};

void check_tokens(std::string_view text, Dialect dialect) {
  std::size_t end = 0;
  for (const Token& token : tokenize(text, dialect)) {
    require(token.offset >= end && token.offset + token.raw.size() <= text.size(), "tokens follow each other");
    require(token.position.line > 0, "a token has a place");
    end = token.offset + token.raw.size();
  }
}

void check_query(const Query& query) {
  for (const auto* table : tables_of(query)) {
    require(!table->parts.empty(), "a table has a name");
    const auto filter = partition_filter(query, *table, {"year", "id"});
    const std::vector<PartitionValue> values = {{"year", *parse_type("varchar"), "2016"},
                                                {"id", *parse_type("integer"), "7"}};
    (void)may_match(filter, values);
    (void)to_glue_expression(filter, values);
  }
  AnyTable tables;
  if (const auto written = write(query, tables)) require(!written->sql.empty(), "a query is written as some text");
}

}  // namespace
}  // namespace tickerlake::athena::sql

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace tickerlake;
  using namespace tickerlake::athena::sql;
  const std::string_view text = as_text(fuzz::as_input(data, size));
  check_tokens(text, Dialect::trino);
  check_tokens(text, Dialect::hive);
  (void)parse_expression(text);
  const auto statement = parse(text);
  if (!statement) {
    fuzz::require(statement.error().line > 0, "an error has a place");
    return 0;
  }
  for (const auto* table : tables_of(*statement)) fuzz::require(!table->parts.empty(), "a table has a name");
  if (const auto* query = statement->as<QueryPtr>()) check_query(**query);
  return 0;
}
