#include <gtest/gtest.h>

#include "base/time.h"
#include "pipeline/market/csv_reader.h"
#include "pipeline/market/decimal.h"

namespace tickerlake::pipeline {
namespace {

std::string decimal(std::int64_t value, int scale = price_scale) {
  char text[max_number_length + 8];
  return {text, format_decimal(text, value, scale)};
}

TEST(Decimal, comes_back_as_it_was_written) {
  for (const char* text :
       {"0", "1", "-1", "0.42388", "-0.000001", "1442048636.45", "10", "100.5", "999999999999.999999", "0.1"}) {
    const auto value = parse_decimal(text, price_scale);
    ASSERT_TRUE(value) << text << ": " << value.error().message;
    EXPECT_EQ(decimal(*value), text);
  }
}

TEST(Decimal, takes_other_spellings_of_the_same_number) {
  EXPECT_EQ(parse_decimal("1.50000000000", 6).value(), 1'500'000);
  EXPECT_EQ(parse_decimal("0001.5", 6).value(), 1'500'000);
  EXPECT_EQ(parse_decimal("1.5e3", 6).value(), 1'500'000'000);
  EXPECT_EQ(parse_decimal("15E-1", 6).value(), 1'500'000);
  EXPECT_EQ(parse_decimal("+2", 6).value(), 2'000'000);
  EXPECT_EQ(parse_decimal("94403740000.0", 0).value(), 94'403'740'000);
  EXPECT_EQ(parse_decimal(".5", 6).value(), 500'000);
  EXPECT_EQ(parse_decimal("-0", 6).value(), 0);
  EXPECT_EQ(parse_decimal("0e400", 6).value(), 0);
}

TEST(Decimal, refuses_what_it_would_have_to_round_or_cannot_hold) {
  for (const char* text : {"0.1234567", "1e-7", "1000000000000", "1e12", "99999999999999999999", "1e300",
                           "100000000000000000000000000000000000000000", ""})
    EXPECT_FALSE(parse_decimal(text, price_scale)) << text;
  for (const char* text : {"", "-", ".", "1.2.3", "abc", "1x", "--1", "1e", "e5", " 1", "0x10", "1,000", "inf", "nan"})
    EXPECT_FALSE(parse_decimal(text, price_scale)) << text;
  EXPECT_FALSE(parse_decimal("1.5", 0));
}

struct Outcome {
  std::vector<Bar> bars;
  std::vector<std::string> symbols;
  std::vector<std::pair<std::int64_t, std::string>> bad;
};

Outcome read(std::string_view text, DateOrder order = DateOrder::day_first) {
  Outcome outcome;
  auto layout = detect_layout(first_line(text));
  EXPECT_TRUE(layout) << (layout ? "" : layout.error().message);
  if (!layout) return outcome;
  layout->date_order = order;
  CsvReader reader(text, *layout);
  for (auto next = reader.next(); next != CsvReader::Next::end; next = reader.next()) {
    if (next == CsvReader::Next::bad) {
      outcome.bad.emplace_back(reader.line(), reader.reason());
    } else {
      outcome.bars.push_back(reader.bar());
      outcome.symbols.emplace_back(reader.symbol());
    }
  }
  return outcome;
}

constexpr std::string_view kaggle = "Date,Open,High,Low,Close,Volume,OpenInt\r\n";

TEST(CsvReader, reads_a_kaggle_file_with_crlf_and_no_final_newline) {
  const auto got =
      read(std::string(kaggle) + "1984-09-07,0.42388,0.42902,0.41874,0.42388,23220030,0\r\n1984-09-10,0.4,1,1,1,1,0");
  ASSERT_EQ(got.bars.size(), 2u);
  EXPECT_TRUE(got.bad.empty());
  EXPECT_EQ(format_date(got.bars[0].day), "1984-09-07");
  EXPECT_EQ(got.bars[0].open, 423'880);
  EXPECT_EQ(got.bars[0].high, 429'020);
  EXPECT_EQ(got.bars[0].low, 418'740);
  EXPECT_EQ(got.bars[0].volume, 23'220'030);
  EXPECT_EQ(got.bars[0].open_interest, 0);
  EXPECT_EQ(got.bars[1].open, 400'000);
}

TEST(CsvReader, keeps_odd_numbers_as_they_are) {
  const auto got = read(std::string(kaggle) + "2000-01-03,-1.5,0,1442048636.45,0.000001,3000000000,0\n");
  ASSERT_EQ(got.bars.size(), 1u);
  EXPECT_EQ(got.bars[0].open, -1'500'000);
  EXPECT_EQ(got.bars[0].high, 0);
  EXPECT_EQ(got.bars[0].low, 1'442'048'636'450'000);
  EXPECT_EQ(got.bars[0].close, 1);
  EXPECT_EQ(got.bars[0].volume, 3'000'000'000);
}

TEST(CsvReader, passes_over_byte_order_marks_plain_and_doubly_encoded) {
  for (const char* mark : {"\xEF\xBB\xBF", "\xC3\xAF\xC2\xBB\xC2\xBF"}) {
    const auto got = read(std::string(mark) + std::string(kaggle) + "2000-01-03,1,2,3,4,5,6\n");
    EXPECT_EQ(got.bars.size(), 1u);
    EXPECT_TRUE(got.bad.empty());
  }
}

TEST(CsvReader, reads_indices_with_the_symbol_inside_and_volumes_as_floats) {
  const auto got = read(
      "Index,Date,Open,High,Low,Close,Adj Close,Volume,CloseUSD\n"
      "000001.SS,1997-07-02,1255.909058,1261.571045,1147.331055,1199.061035,1199.061035,94403740000.0,191.8\n");
  ASSERT_EQ(got.bars.size(), 1u);
  EXPECT_EQ(got.symbols[0], "000001.SS");
  EXPECT_EQ(got.bars[0].close, 1'199'061'035);
  EXPECT_EQ(got.bars[0].volume, 94'403'740'000);
  EXPECT_EQ(got.bars[0].open_interest, Bar::missing);
}

TEST(CsvReader, reads_tabs_slashed_dates_and_the_word_null) {
  const auto got = read("Date\tOpen\tHigh\tLow\tClose\tVolume\n25/03/2016\tnull\t2\t1\t1.5\tnull\n");
  ASSERT_EQ(got.bars.size(), 1u);
  EXPECT_EQ(format_date(got.bars[0].day), "2016-03-25");
  EXPECT_EQ(got.bars[0].open, Bar::missing);
  EXPECT_EQ(got.bars[0].high, 2'000'000);
  EXPECT_EQ(got.bars[0].volume, Bar::missing);
}

TEST(CsvReader, reads_quoted_numbers_with_thousands_separators) {
  const auto got = read("Date,Open,High,Low,Close,Volume\n\"2016-01-04\",\"1,234.5\",2,1,\"12\",\"4,787,699\"\n");
  ASSERT_EQ(got.bars.size(), 1u);
  EXPECT_EQ(got.bars[0].open, 1'234'500'000);
  EXPECT_EQ(got.bars[0].close, 12'000'000);
  EXPECT_EQ(got.bars[0].volume, 4'787'699);
}

TEST(CsvReader, does_not_take_a_decimal_comma_for_thousands) {
  const auto got =
      read("Date,Open,High,Low,Close,Volume\n2016-01-04,\"1,5\",2,1,1,1\n2016-01-04,\"12,34,567\",2,1,1,1\n");
  EXPECT_EQ(got.bad.size(), 2u);
}

TEST(CsvReader, reports_bad_rows_by_line_and_goes_on) {
  const auto got = read(std::string(kaggle) +
                        ",,,,,,\n"                           // 2
                        "11:34,1,2,3,4,5,6\n"                // 3
                        "2000-01-03,1,2,3,4,5,6\n"           // 4
                        "2000-02-30,1,2,3,4,5,6\n"           // 5
                        "2000-01-03,1,2,3,4,5\n"             // 6
                        "2000-01-03,1.1234567,2,3,4,5,6\n"   // 7
                        "2000-01-03,1,2,3,4,5.5,6\n"         // 8
                        "\n"                                 // 9: nothing
                        "2000-01-03 16:00:00,1,2,3,4,5,6\n"  // 10
                        "2000-01-04,\"1,2,3,4,5,6\n"         // 11
                        "2000-01-05,1,2,3,4,5,6,7\n"         // 12
                        "2000-01-06 00:00:00,1,2,3,4,5,6\n");
  EXPECT_EQ(got.bars.size(), 2u);
  std::vector<std::int64_t> lines;
  for (const auto& [line, reason] : got.bad) lines.push_back(line);
  EXPECT_EQ(lines, (std::vector<std::int64_t>{2, 3, 5, 6, 7, 8, 10, 11, 12}));
  EXPECT_NE(got.bad[1].second.find("is a time"), std::string::npos) << got.bad[1].second;
  EXPECT_NE(got.bad[4].second.find("more than 6 decimals"), std::string::npos) << got.bad[4].second;
}

TEST(CsvReader, reads_dates_in_words) {
  const auto got = read(
      "Date,Open,High,Low,Close,Volume\nJan 1 2000,1,2,3,4,5\n\"Feb 29, 2000\",1,2,3,4,5\n1 March "
      "2000,1,2,3,4,5\n20000402,1,1,1,1,1\n");
  ASSERT_EQ(got.bars.size(), 4u);
  EXPECT_EQ(format_date(got.bars[0].day), "2000-01-01");
  EXPECT_EQ(format_date(got.bars[1].day), "2000-02-29");
  EXPECT_EQ(format_date(got.bars[2].day), "2000-03-01");
  EXPECT_EQ(format_date(got.bars[3].day), "2000-04-02");
}

TEST(CsvReader, refuses_days_and_months_whose_last_eight_bits_would_be_a_date) {
  const auto got =
      read("Date,Open,High,Low,Close,Volume\n2000/1/260,1,2,3,4,5\n2000/257/1,1,2,3,4,5\n67536/1/1,1,2,3,4,5\n");
  EXPECT_TRUE(got.bars.empty());
  EXPECT_EQ(got.bad.size(), 3u);
}

TEST(CsvLayout, takes_a_file_without_header_in_the_usual_order_and_refuses_other_text) {
  const auto got = read("2000-01-03,1,2,3,4,5,6\n2000-01-04,1,2,3,4,5,6\n");
  EXPECT_EQ(got.bars.size(), 2u);
  EXPECT_FALSE(detect_layout("This is a README"));
  EXPECT_FALSE(detect_layout(""));
}

}  // namespace
}  // namespace tickerlake::pipeline
