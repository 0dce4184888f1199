#include "services/athena/sql/partition_filter.h"

#include <gtest/gtest.h>

#include "services/athena/sql/analysis.h"
#include "services/athena/sql/parser.h"

namespace tickerlake::athena::sql {
namespace {

/// "kept" or "pruned" for a partition year=…/month=… of the table t, the first mention in the query.
std::string verdict(const std::string& text, std::optional<std::string> year, std::string_view year_type = "int",
                    std::string month = "01") {
  const auto parsed = parse(text);
  if (!parsed) return parsed.error().text();
  const auto& query = *std::get<QueryPtr>(parsed->node);
  for (const auto* table : tables_of(query)) {
    if (table->table() != "t") continue;
    const auto filter = partition_filter(query, *table, {"year", "month"});
    return may_match(filter, {{"year", parse_type(year_type).value(), std::move(year)},
                              {"month", Type::of(Type::Kind::varchar), std::move(month)}})
               ? "kept"
               : "pruned";
  }
  return "no table";
}

std::string where(const std::string& condition, std::optional<std::string> year, std::string_view type = "int") {
  return verdict("select * from t where " + condition, std::move(year), type);
}

TEST(PartitionFilter, prunes_by_comparisons_lists_ranges_and_patterns) {
  EXPECT_EQ(where("year = 2016", "2016"), "kept");
  EXPECT_EQ(where("year = 2016", "2017"), "pruned");
  EXPECT_EQ(where("2016 < year", "2016"), "pruned");
  EXPECT_EQ(where("year <> 2016", "2016"), "pruned");
  EXPECT_EQ(where("year between 2010 and 2015", "2016"), "pruned");
  EXPECT_EQ(where("year not between 2010 and 2015", "2016"), "kept");
  EXPECT_EQ(where("year in (2014, 2016)", "2016"), "kept");
  EXPECT_EQ(where("year not in (2014, 2016)", "2016"), "pruned");
  EXPECT_EQ(where("year = '2016'", "2016", "string"), "kept");
  EXPECT_EQ(where("year like '201_'", "2026", "string"), "pruned");
  EXPECT_EQ(where("year like '2!_%' escape '!'", "2016", "string"), "pruned");
  EXPECT_EQ(where("year >= date '2016-02-01'", "2016-01-31", "date"), "pruned");
  EXPECT_EQ(where("year >= cast('2016-01-31' as date)", "2016-01-31", "date"), "kept");
  EXPECT_EQ(where("cast(year as integer) > 2016", "2016", "string"), "pruned");
  EXPECT_EQ(where("year is null", std::nullopt), "kept");
  EXPECT_EQ(where("year is null", "2016"), "pruned");
  EXPECT_EQ(where("year = 2016", std::nullopt), "pruned");
  EXPECT_EQ(where("year <> 2016", std::nullopt), "pruned");
}

TEST(PartitionFilter, keeps_what_it_cannot_be_sure_of) {
  EXPECT_EQ(where("year = 2016 or price > 1", "2017"), "kept");
  EXPECT_EQ(where("year = 2016 and price > 1", "2017"), "pruned");
  EXPECT_EQ(where("not (year = 2016 and price > 1)", "2016"), "kept");
  EXPECT_EQ(where("not (year = 2016 or year = 2017)", "2016"), "pruned");
  EXPECT_EQ(where("year + 1 = 2017", "2017"), "kept");
  EXPECT_EQ(where("year = '2016'", "2017", "int"), "kept");  // an error that the query itself reports
  EXPECT_EQ(where("year = 2016", "twenty", "int"), "kept");  // HIVE_BAD_DATA is for the scan to say
  EXPECT_EQ(where("cast(year as varchar) = '016'", "016", "int"), "kept");
  EXPECT_EQ(where("year = 9007199254740993", "9007199254740992", "bigint"), "kept");
  EXPECT_EQ(where("year = (select 2016)", "2017"), "kept");
  EXPECT_EQ(where("false", "2016"), "pruned");
}

TEST(PartitionFilter, follows_aliases_joins_and_subqueries_only_where_that_is_certain) {
  EXPECT_EQ(verdict("select * from t a where a.year = 2016", "2017"), "pruned");
  EXPECT_EQ(verdict("select * from t a where t.year = 2016", "2017"), "kept");
  EXPECT_EQ(verdict("select * from t join u on t.year = 2016 where u.year = 1", "2017"), "pruned");
  EXPECT_EQ(verdict("select * from t join u on true where year = 2016", "2017"), "kept");  // whose year?
  EXPECT_EQ(verdict("select * from t left join u on t.year = 2016", "2017"), "kept");
  EXPECT_EQ(verdict("select * from t left join u on true where t.year = 2016", "2017"), "pruned");
  EXPECT_EQ(verdict("select * from u left join t on true where t.year = 2016", "2017"), "kept");
  EXPECT_EQ(verdict("select * from (select * from t where year = 2016) x", "2017"), "pruned");
  EXPECT_EQ(verdict("with c as (select * from t where year = 2016) select * from c where year = 2017", "2017"),
            "pruned");
  EXPECT_EQ(verdict("select * from t as x(year, b) where x.year = 2016", "2017"), "kept");
  EXPECT_EQ(verdict("select 1 where exists (select 1 from t where t.month = '02')", "2017"), "pruned");
}

TEST(PartitionFilter, is_said_in_glues_language_where_that_only_widens) {
  const auto said = [](const std::string& condition) {
    const auto parsed = parse("select * from t where " + condition);
    const auto& query = *std::get<QueryPtr>(parsed.value().node);
    return to_glue_expression(
        partition_filter(query, *tables_of(query)[0], {"year", "month"}),
        {{"year", Type::of(Type::Kind::integer), {}}, {"month", Type::of(Type::Kind::varchar), {}}});
  };
  EXPECT_EQ(said("year = 2016 and month in ('01', 'it''s') and price > 1"),
            "(year = 2016 AND month IN ('01', 'it''s'))");
  EXPECT_EQ(said("year = 2016 or price > 1"), "");
  EXPECT_EQ(said("month = 1"), "");
}

}  // namespace
}  // namespace tickerlake::athena::sql
