#include "services/glue/catalog/expression.h"

#include <gmock/gmock.h>

#include "services/glue/catalog/key_value.h"

namespace tickerlake::glue {
namespace {

using testing::HasSubstr;

const std::vector<Column> keys = {{"year", "string"},  {"day", "int"},      {"price", "decimal(18,6)"}, {"on", "date"},
                                  {"at", "timestamp"}, {"ratio", "double"}, {"Symbol", "string"}};
const std::vector<std::string> row = {"2016", "9", "10.50", "2016-02-29", "2016-02-29 14:05:06", "0.5", "brk_b"};

bool matches(std::string_view text, const std::vector<std::string>& values = row) {
  const auto filter = PartitionFilter::parse(text, keys);
  EXPECT_TRUE(filter) << text << ": " << filter.error().message;
  return filter && filter->matches(values);
}
std::string error(std::string_view text) {
  const auto filter = PartitionFilter::parse(text, keys);
  EXPECT_FALSE(filter) << text;
  return filter ? "" : filter.error().message;
}

TEST(PartitionFilter, compares_by_the_declared_type) {
  EXPECT_TRUE(matches("day < 10"));
  EXPECT_TRUE(matches("day < '10'"));
  EXPECT_FALSE(matches("year < '10'"));
  EXPECT_TRUE(matches("year < '9'"));  // as text
  EXPECT_TRUE(matches("price = 10.5"));
  EXPECT_TRUE(matches("price > -10.6 and price < 10.500001"));
  EXPECT_TRUE(matches("on >= date '2016-02-28'"));
  EXPECT_TRUE(matches("at < '2016-02-29T14:05:06.5'"));
  EXPECT_TRUE(matches("at > '2016-02-29'"));
  EXPECT_TRUE(matches("ratio = 5e-1"));
  EXPECT_TRUE(matches("year = 2016"));
}

TEST(PartitionFilter, knows_all_comparisons_and_their_mirror_images) {
  EXPECT_TRUE(matches("year == '2016'"));
  EXPECT_TRUE(matches("year <> '2015' AND year != '2017'"));
  EXPECT_TRUE(matches("day >= 9 and day <= 9"));
  EXPECT_TRUE(matches("8 < day and 10 >= day"));
  EXPECT_FALSE(matches("9 < day"));
}

TEST(PartitionFilter, gives_and_precedence_over_or) {
  EXPECT_TRUE(matches("year = '2016' or day = 1 and day = 2"));
  EXPECT_FALSE(matches("(year = '2016' or day = 1) and day = 2"));
  EXPECT_TRUE(matches("NOT (year = '2015') AND NOT NOT day = 9"));
}

TEST(PartitionFilter, knows_in_between_and_like) {
  EXPECT_TRUE(matches("year in ('2015', '2016')"));
  EXPECT_FALSE(matches("year not in ('2015', '2016')"));
  EXPECT_TRUE(matches("day between 9 and 10 and year = '2016'"));
  EXPECT_TRUE(matches("day not between 10 and 11"));
  EXPECT_TRUE(matches("symbol like 'brk%'"));
  EXPECT_TRUE(matches("symbol like 'br__b'"));
  EXPECT_FALSE(matches("symbol not like '%b'"));
  EXPECT_TRUE(matches("symbol like 'brk\\_b'"));
  EXPECT_FALSE(matches("symbol like 'brk\\%'"));
}

TEST(PartitionFilter, takes_quoted_names_in_any_case_and_doubled_quotes) {
  EXPECT_TRUE(matches("`YEAR` = '2016' and \"symbol\" <> 'it''s'"));
}

TEST(PartitionFilter, treats_a_null_as_unknown) {
  const std::vector<std::string> none(keys.size(), std::string(hive_null_partition));
  EXPECT_TRUE(matches("year is null", none));
  EXPECT_FALSE(matches("year is not null", none));
  EXPECT_TRUE(matches("year IS NOT NULL"));
  EXPECT_FALSE(matches("year = '2016'", none));
  EXPECT_FALSE(matches("not year = '2016'", none));
  EXPECT_FALSE(matches("year in ('2016') or day > 1", none));
  EXPECT_FALSE(matches("day <> 1", {"2016", "not a number"}));
}

TEST(PartitionFilter, names_the_place_of_what_it_cannot_read) {
  EXPECT_THAT(error("year = "), HasSubstr("position 8 (the end)"));
  EXPECT_THAT(error("month = '1'"), HasSubstr("not a partition key at position 1: month"));
  EXPECT_THAT(error("day = 'monday'"), HasSubstr("not a value of the type int of day"));
  EXPECT_THAT(error("year = '2016"), HasSubstr("a quote that does not end"));
  EXPECT_THAT(error("year = '2016' day"), HasSubstr("after the end"));
  EXPECT_THAT(error("year ; 1"), HasSubstr("unknown character"));
  EXPECT_THAT(error("(year = '1'"), HasSubstr("')' is missing"));
  EXPECT_THAT(error("year in '1'"), HasSubstr("'(' is expected"));
}

TEST(PartitionFilter, refuses_nesting_beyond_its_limit) {
  EXPECT_THAT(error(std::string(1000, '(') + "year = '1'"), HasSubstr("too many levels"));
}

TEST(PartitionKeyValue, orders_numbers_of_any_length_exactly) {
  const auto order = [](std::string_view left, std::string_view right) {
    return compare(*parse_key_value(KeyKind::exact_number, left), *parse_key_value(KeyKind::exact_number, right));
  };
  EXPECT_TRUE(order("99999999999999999999", "100000000000000000000") < 0);
  EXPECT_TRUE(order("-2", "-10") > 0);
  EXPECT_TRUE(order("-0.0", "0") == 0);
  EXPECT_TRUE(order("007", "7.0") == 0);
  EXPECT_TRUE(order("1.05", "1.1") < 0);
  EXPECT_FALSE(parse_key_value(KeyKind::exact_number, "1e3"));
  EXPECT_FALSE(parse_key_value(KeyKind::exact_number, "-"));
}

}  // namespace
}  // namespace tickerlake::glue
