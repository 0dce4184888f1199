// Damaged statements: whatever the text, parsing and writing end with a tree or an error, never with a crash.
#include <gtest/gtest.h>

#include <random>

#include "services/athena/sql/analysis.h"
#include "services/athena/sql/duckdb_writer.h"
#include "services/athena/sql/lexer.h"
#include "services/athena/sql/parser.h"
#include "services/athena/sql/partition_filter.h"

namespace tickerlake::athena::sql {
namespace {

constexpr std::string_view corpus[] = {
    "with a(x) as (select 1), b as (select * from t where year = 2016) select a.x, sum(b.price) over (partition by "
    "b.id order by b.day desc nulls first rows "
    "between 1 preceding and current row) as s from a left join b on a.x = b.id where b.name like 'x%' escape '!' and "
    "b.id in (1, 2) group by rollup (1, b.id) "
    "having count(*) > 1 order by 2 limit 10",
    "select case when a[1] > 2e0 then cast(b as decimal(18, 6)) else try(c / 0) end, transform(arr, x -> x + 1), date "
    "'2020-01-01' + interval '1' day from t "
    "cross join unnest(arr, m) with ordinality as u(e, k, v, o) where exists (select 1 from u) or x = all (select 2 "
    "except select 3)",
    "values (1, 'a', x'00', U&'\\0041'), (2, null, true, timestamp '2020-01-01 00:00:00 UTC' at time zone 'UTC')",
    "create external table `db`.`t` (a int comment 'x', b struct<c:array<string>,d:map<string,int>>) partitioned by (y "
    "int) row format delimited fields "
    "terminated by '\\t' stored as textfile location 's3://b/' tblproperties ('a'='b')",
    "alter table t add if not exists partition (y = '1', m = 2) location 's3://b/' partition (y = '2', m = 3)",
    "create table x with (format = 'PARQUET', partitioned_by = array['y']) as select 1 as a, 2 as y",
    "select approx_percentile(x, 0.5), map_agg(k, v) filter (where v > 1), listagg(s, ',') within group (order by s), "
    "reduce(a, 0, (s, x) -> s + x, s -> s), "
    "zip_with(a, b, (x, y) -> x * y), date_format(d, '%Y-%m'), format('%s %d', a, b), extract(year from d) from t as t "
    "(a, b, c) tablesample bernoulli (10)",
    "unload (select * from t) to 's3://b/' with (format = 'JSON')",
    "prepare p from select ? + ?",
    "show partitions db.t",
    // These can be written as they stand, so that the writer sees whole statements too.
    "select id, sum(price) as s, count(*) from t where b > 5 and c like 'x%' group by id order by s desc limit 10",
    "select a[1], coalesce(c, 'x'), case when b > 1 then price else 0 end, m['k'] from t where d >= date '2016-01-01'",
    "with q as (select id, price, row_number() over (partition by id order by d) as n from t) select q.id, max(price) "
    "from q join t as u on q.id = u.id where n < 5 group by 1 having max(price) > 2.5",
};

class AnyTable : public TableResolver {
 public:
  Result<ResolvedTable, SyntaxError> resolve(const TableName& name) override {
    if (name.table() != "t") return ResolvedTable{"x", std::nullopt};
    std::vector<Column> columns;
    for (const auto* text : {"a array(integer)", "b bigint", "c varchar", "d date", "m map(varchar,integer)",
                             "r row(x integer)", "price decimal(18,6)", "id integer"}) {
      const std::string_view both = text;
      const auto space = both.find(' ');
      columns.push_back(
          {std::string(both.substr(0, space)), parse_type(both.substr(space + 1)).value_or(Type{}), false});
    }
    return ResolvedTable{"x", std::move(columns)};
  }
};

TEST(SqlFuzz, random_token_changes_never_crash_the_parser_or_the_writer) {
  const auto seed = std::random_device{}();
  RecordProperty("seed", static_cast<int>(seed));
  std::mt19937 random(seed);
  const auto below = [&](std::size_t bound) {
    return std::uniform_int_distribution<std::size_t>(0, bound - 1)(random);
  };
  std::vector<std::vector<std::string>> statements;
  std::vector<std::string> all;
  for (const auto text : corpus) {
    auto& tokens = statements.emplace_back();
    for (const auto& token : tokenize(text, dialect_of(text)))
      if (!token.raw.empty()) tokens.emplace_back(token.raw);
    all.insert(all.end(), tokens.begin(), tokens.end());
  }
  std::size_t parsed_count = 0;
  std::size_t written_count = 0;
  constexpr int rounds = 20'000;
  for (int round = 0; round < rounds; ++round) {
    auto tokens = statements[below(statements.size())];
    for (std::size_t changes = below(4); changes > 0 && !tokens.empty(); --changes) {
      const auto at = below(tokens.size());
      switch (below(4)) {
        case 0:
          tokens.erase(tokens.begin() + static_cast<std::ptrdiff_t>(at));
          break;
        case 1:
          tokens[at] = all[below(all.size())];
          break;
        case 2:
          tokens.insert(tokens.begin() + static_cast<std::ptrdiff_t>(at), all[below(all.size())]);
          break;
        default:
          std::swap(tokens[at], tokens[below(tokens.size())]);
      }
    }
    std::string text;
    for (const auto& token : tokens) text += token + (below(20) == 0 ? "\n" : " ");
    if (below(10) == 0 && !text.empty()) text[below(text.size())] = static_cast<char>(below(256));
    SCOPED_TRACE("seed " + std::to_string(seed) + ": " + text);
    const auto statement = parse(text);
    if (!statement) {
      EXPECT_GT(statement.error().line, 0u) << statement.error().message;
      continue;
    }
    ++parsed_count;
    for (const auto* table : tables_of(*statement)) EXPECT_FALSE(table->parts.empty());
    const auto* query = statement->as<QueryPtr>();
    if (query == nullptr) continue;
    for (const auto* table : tables_of(**query)) partition_filter(**query, *table, {"year", "id"});
    AnyTable tables;
    if (write(**query, tables)) ++written_count;
  }
  EXPECT_GT(parsed_count, 1000u);
  EXPECT_GT(written_count, 50u);
}

}  // namespace
}  // namespace tickerlake::athena::sql
