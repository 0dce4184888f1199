#include "services/athena/sql/parser.h"

#include <gtest/gtest.h>

#include "services/athena/sql/analysis.h"

namespace tickerlake::athena::sql {
namespace {

std::string error_of(std::string_view text) {
  const auto parsed = parse(text);
  return parsed ? "no error" : parsed.error().text();
}

template <class T>
T statement(std::string_view text) {
  auto parsed = parse(text);
  if (!parsed) {
    ADD_FAILURE() << text << "\n" << parsed.error().text();
    return {};
  }
  if (!parsed->as<T>()) {
    ADD_FAILURE() << text << "\nis another kind of statement: " << parsed->node.index();
    return {};
  }
  return std::move(std::get<T>(parsed->node));
}

TEST(Parser, takes_the_grammar_of_queries) {
  for (const auto* text : {
           "select 1",
           "SELECT a, b AS c, t.*, * FROM t;",
           "select distinct a from db.t x where a > 1 and b like 'x%' escape '\\' or not c in (1, 2)",
           "select count(*), sum(distinct a) filter (where b) from t group by rollup(a, b), cube(c), grouping sets "
           "((a), ()) having count(*) > 1",
           "with a as (select 1), b(x, y) as (table a) select * from a cross join b",
           "select * from a join b using (x, y) left outer join c on a.x = c.x natural full join d",
           "select * from t cross join unnest(arr, m) with ordinality as u(a, k, v, n)",
           "select * from t, lateral (select t.a + 1) as l(b)",
           "(select 1 union all select 2) except (select 3 intersect select 4) order by 1 desc nulls first limit 10",
           "select 1 offset 2 rows fetch first 3 rows with ties",
           "values (1, 'a'), (2, 'b')",
           "select case a when 1 then 2 else 3 end, case when a then b end",
           "select cast(a as decimal(18, 6)), try_cast(b as array(row(x integer, varchar))), cast(c as timestamp(3) "
           "with time zone)",
           "select date '2020-01-01', timestamp '2020-01-01 00:00:00', interval '3' day, interval -'1 2' day to hour, "
           "x'6162', U&'\\0041'",
           "select lag(a) ignore nulls over (partition by b order by c rows between 1 preceding and current row) from "
           "t",
           "select rank() over w from t window w as (order by a)",
           "select filter(arr, x -> x > 1), reduce(arr, 0, (s, x) -> s + x, s -> s), zip_with(a, b, (x, y) -> x)",
           "select array[1, 2][1], row(1, 2), (1, 2), map(array['a'], array[1])['a']",
           "select extract(year from d), position('a' in b), substring(a from 2 for 3), trim(both 'x' from a), trim(a)",
           "select a at time zone 'UTC', current_timestamp(6), current_date, localtime",
           "select listagg(a, ',') within group (order by a), array_agg(a order by b desc)",
           "select a is not distinct from b, a = all (select 1), exists (select 1), (select 1) + 1, ((select 1)), "
           "((select 1) + 1)",
           "select * from ((select 1) union (select 2)) t tablesample bernoulli (10)",
           "select * from (a join b on a.x = b.x) where (a.x, b.x) in ((1, 2))",
           "select \"a b\".\"c\", r.f[1].g from \"db\".\"a b\" -- comment\n /* another */",
           "select 1e0, 1.5, .5, 1_000, -1, - -1, 10 % 3 || 'x'",
           "select * from t for timestamp as of timestamp '2020-01-01 00:00:00'",
           "select year, month, date, timestamp, format from t limit ?",
       })
    EXPECT_TRUE(parse(text).has_value()) << text << "\n" << error_of(text);
}

TEST(Parser, says_where_and_what_as_trino_does) {
  EXPECT_EQ(error_of("SELEC 1").substr(0, 35), "line 1:1: mismatched input 'SELEC'.");
  EXPECT_EQ(error_of("select a from"),
            "line 1:14: mismatched input '<EOF>'. Expecting: '(', 'LATERAL', 'TABLE', 'UNNEST', <identifier>");
  EXPECT_EQ(error_of("select a\nfrom t\nwhere"), "line 3:6: mismatched input '<EOF>'. Expecting: <expression>");
  EXPECT_EQ(error_of("select `a` from t"),
            "line 1:8: backquoted identifiers are not supported; use double quotes to quote identifiers");
  EXPECT_EQ(error_of("select 'abc"), "line 1:8: token recognition error at: ''abc'");
  EXPECT_EQ(error_of("select 1 1"), "line 1:10: mismatched input '1'. Expecting: <EOF>");
  EXPECT_EQ(error_of("select cast(a as foo)"), "line 1:18: Unknown type: foo");
  EXPECT_EQ(error_of("create table t (a int)"),
            "line 1:1: Only external tables (CREATE EXTERNAL TABLE) and Iceberg tables can be created");
}

TEST(Parser, bounds_nesting_and_size_instead_of_running_out_of_stack) {
  const auto repeated = [](std::string_view text, int count) {
    std::string out;
    for (int i = 0; i < count; ++i) out += text;
    return out;
  };
  EXPECT_NE(error_of("select " + repeated("(", 100'000)).find("nested too deeply"), std::string::npos);
  EXPECT_NE(error_of("select " + repeated("-", 100'000) + "1").find("no error"), 0u);
  EXPECT_NE(error_of("select " + repeated("not ", 50'000) + "a").find("nested too deeply"), std::string::npos);
  EXPECT_NE(error_of("select 1" + repeated("+1", 100'000)).find("too deep"), std::string::npos);
  EXPECT_NE(error_of("select * from a" + repeated(" cross join a", 10'000)).find("too deep"), std::string::npos);
  EXPECT_NE(error_of("select cast(a as " + repeated("array(", 30'000)).find("nested too deeply"), std::string::npos);
  EXPECT_NE(error_of("select " + repeated("case when ", 20'000)).find("nested too deeply"), std::string::npos);
  EXPECT_NE(error_of(repeated("explain ", 20'000) + "select 1").find("nested too deeply"), std::string::npos);
  EXPECT_NE(error_of(repeated(" ", 262'145)).find("exceeds"), std::string::npos);
  // Chains of AND and OR are flat: thousands are fine.
  EXPECT_TRUE(parse("select a = 1" + repeated(" or a = 1", 20'000)).has_value());
  // What looks like a query in parentheses and is none costs no backtracking.
  EXPECT_TRUE(parse("select " + repeated("((select ", 30) + "1" + repeated(") + 1)", 30)).has_value());
}

TEST(Parser, reads_create_external_table_into_what_glue_stores) {
  const auto table = statement<CreateTable>(
      "CREATE EXTERNAL TABLE IF NOT EXISTS `lake`.`prices` (\n"
      "  `Symbol` string COMMENT 'ticker', day date, close decimal(18,6), tags array<string>, extra "
      "struct<a:int,b:map<string,double>>)\n"
      "COMMENT 'daily bars' PARTITIONED BY (year int, month string)\n"
      "ROW FORMAT DELIMITED FIELDS TERMINATED BY '\\t' ESCAPED BY '\\\\' LINES TERMINATED BY '\\n'\n"
      "STORED AS TEXTFILE LOCATION 's3://lake/prices/' TBLPROPERTIES (\"skip.header.line.count\"=\"1\", "
      "'has'='it''s')");
  EXPECT_TRUE(table.external);
  EXPECT_TRUE(table.if_not_exists);
  EXPECT_EQ(table.name.text(), "lake.prices");
  ASSERT_EQ(table.columns.size(), 5u);
  EXPECT_EQ(table.columns[0].name.text, "symbol");
  EXPECT_EQ(table.columns[0].type, "string");
  EXPECT_EQ(table.columns[0].comment, "ticker");
  EXPECT_EQ(table.columns[2].type, "decimal(18,6)");
  EXPECT_EQ(table.columns[4].type, "struct<a:int,b:map<string,double>>");
  ASSERT_EQ(table.partition_columns.size(), 2u);
  EXPECT_EQ(table.partition_columns[0].type, "int");
  EXPECT_EQ(table.location, "s3://lake/prices/");
  EXPECT_EQ(table.storage.serde, "org.apache.hadoop.hive.serde2.lazy.LazySimpleSerDe");
  EXPECT_EQ(table.storage.serde_parameters[0], (std::pair<std::string, std::string>{"field.delim", "\t"}));
  EXPECT_EQ(table.properties[0], (std::pair<std::string, std::string>{"skip.header.line.count", "1"}));
  EXPECT_EQ(table.properties[1].second, "it's");

  const auto parquet =
      statement<CreateTable>("create external table t (a bigint) stored as parquet location 's3://b/'");
  EXPECT_EQ(parquet.storage.serde, "org.apache.hadoop.hive.ql.io.parquet.serde.ParquetHiveSerDe");
  const auto json = statement<CreateTable>(
      "create external table t (a bigint) row format serde 'org.openx.data.jsonserde.JsonSerDe' with serdeproperties "
      "('ignore.malformed.json'='true') location 's3://b/'");
  EXPECT_EQ(json.storage.serde, "org.openx.data.jsonserde.JsonSerDe");
  EXPECT_EQ(json.storage.input_format, "org.apache.hadoop.mapred.TextInputFormat");
  EXPECT_EQ(json.storage.serde_parameters.size(), 1u);
  const auto iceberg = statement<CreateTable>(
      "create table t (a bigint, ts timestamp) partitioned by (day(ts), a) location 's3://b/' tblproperties "
      "('table_type'='ICEBERG')");
  ASSERT_EQ(iceberg.partition_transforms.size(), 2u);
  EXPECT_EQ(iceberg.partition_transforms[0].text, "day(ts)");
}

TEST(Parser, reads_the_other_hive_statements) {
  EXPECT_EQ(statement<CreateDatabase>(
                "create database if not exists lake comment 'x' location 's3://b/' with dbproperties ('a'='b')")
                .name.text,
            "lake");
  EXPECT_TRUE(statement<DropDatabase>("DROP SCHEMA IF EXISTS lake CASCADE").cascade);
  EXPECT_EQ(statement<AlterDatabase>("alter database lake set dbproperties ('a'='b')").properties.size(), 1u);
  EXPECT_TRUE(statement<DropTable>("drop table if exists `lake.prices`").if_exists);
  EXPECT_EQ(statement<DropView>("drop view lake.v").name.text(), "lake.v");
  EXPECT_EQ(statement<RepairTable>("MSCK REPAIR TABLE lake.prices;").table.text(), "lake.prices");
  const auto added = statement<AddPartitions>(
      "alter table t add if not exists partition (year='2016', month=1) location 's3://b/1/' partition (year='2016', "
      "month=2)");
  ASSERT_EQ(added.partitions.size(), 2u);
  EXPECT_EQ(added.partitions[0].values[1].second, "1");
  EXPECT_EQ(added.partitions[0].location, "s3://b/1/");
  EXPECT_EQ(statement<DropPartitions>("alter table t drop partition (year < '2016'), partition (year = '2020')")
                .partitions.size(),
            2u);
  EXPECT_EQ(
      statement<RenamePartition>("alter table t partition (year='1') rename to partition (year='2')").to[0].second,
      "2");
  EXPECT_EQ(statement<AddColumns>("alter table t add columns (a int, b string comment 'x')").columns.size(), 2u);
  EXPECT_TRUE(statement<AddColumns>("alter table t replace columns (a int)").replace);
  EXPECT_EQ(statement<SetLocation>("alter table t partition (y='1') set location 's3://b/'").partition.size(), 1u);
  EXPECT_EQ(statement<SetTableProperties>("alter table t set tblproperties ('a'='b')").properties[0].first, "a");
  EXPECT_EQ(statement<ShowTables>("show tables in lake 'p*'").pattern, "p*");
  EXPECT_EQ(statement<ShowDatabases>("show databases like 'p*|q'").pattern, "p*|q");
  EXPECT_EQ(statement<ShowPartitions>("show partitions lake.t").table.text(), "lake.t");
  EXPECT_EQ(statement<ShowColumns>("show columns in t from lake").table.text(), "lake.t");
  EXPECT_EQ(statement<ShowColumns>("show columns from lake.t").table.text(), "lake.t");
  EXPECT_EQ(statement<ShowCreateTable>("show create table lake.t").table.text(), "lake.t");
  EXPECT_EQ(statement<ShowTableProperties>("show tblproperties t('a')").key, "a");
  EXPECT_TRUE(statement<Describe>("describe extended lake.t").extended);
  EXPECT_EQ(statement<Describe>("desc formatted").table.text(), "formatted");
}

TEST(Parser, reads_statements_around_queries) {
  const auto ctas = statement<CreateTableAs>(
      "create table lake.t with (format = 'PARQUET', partitioned_by = array['year'], external_location = 's3://b/') as "
      "select 1 as a, 2 as year");
  EXPECT_EQ(ctas.properties.size(), 3u);
  EXPECT_EQ(statement<CreateTableAs>("create table t as (select 1 a) with no data").with_data, false);
  EXPECT_EQ(statement<Insert>("insert into t (a, b) values (1, 2)").columns.size(), 2u);
  EXPECT_EQ(statement<Insert>("insert into t (select 1)").columns.size(), 0u);
  EXPECT_EQ(statement<CreateView>("create or replace view v as select 1 as a ;").query_text, "select 1 as a");
  EXPECT_EQ(statement<Unload>("unload (select 1) to 's3://b/' with (format = 'PARQUET')").to, "s3://b/");
  EXPECT_TRUE(statement<Explain>("explain analyze select 1").analyze);
  const auto prepared = statement<Prepare>("prepare p from select ? + ?");
  EXPECT_EQ(prepared.statement_text, "select ? + ?");
  EXPECT_EQ(prepared.statement->parameter_count, 2u);
  EXPECT_EQ(statement<Execute>("execute p using 1, 'a'").parameters.size(), 2u);
  EXPECT_EQ(statement<Deallocate>("deallocate prepare p").name.text, "p");
}

TEST(Analysis, finds_tables_at_any_depth_but_not_common_table_names) {
  const auto query = statement<QueryPtr>(
      "with c as (select * from lake.a), d as (select * from c join b on true) "
      "select (select max(x) from e) from d, c where x in (select y from cat.lake.f) and exists (with g as (select 1) "
      "select * from g)");
  std::string found;
  for (const auto* table : tables_of(*query)) found += table->text() + " ";
  EXPECT_EQ(found, "lake.a b e cat.lake.f ");
}

}  // namespace
}  // namespace tickerlake::athena::sql
