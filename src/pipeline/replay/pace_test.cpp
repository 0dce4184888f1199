#include "pipeline/replay/pace.h"

#include <gtest/gtest.h>

#include "base/time.h"
#include "pipeline/replay/bar_record.h"

namespace tickerlake::pipeline {
namespace {

using std::chrono::milliseconds;
using std::chrono::seconds;

TEST(Pace, is_told_by_its_unit) {
  EXPECT_EQ(Pace::parse("0")->kind, Pace::Kind::flat_out);
  EXPECT_EQ(Pace::parse("500/s")->kind, Pace::Kind::records_per_second);
  EXPECT_EQ(Pace::parse("86400")->rate, 86'400);
  EXPECT_EQ(Pace::parse("1d/s")->rate, 86'400);
  EXPECT_EQ(Pace::parse("2.5x")->kind, Pace::Kind::times_real);
  for (const char* text : {"", "fast", "-1", "1/h", "0/s", "nan", "inf"}) EXPECT_FALSE(Pace::parse(text)) << text;
}

TEST(Pacer, spaces_records_evenly) {
  Pacer pacer(*Pace::parse("10/s"));
  const Pacer::Time start{seconds(100)};
  EXPECT_EQ(pacer.due(1, start), start);
  EXPECT_EQ(pacer.due(1, start), start + milliseconds(100));
  EXPECT_EQ(pacer.due(1, start), start + milliseconds(200));
}

TEST(Pacer, plays_market_days_as_gaps) {
  Pacer pacer(*Pace::parse("1d/s"));
  const Pacer::Time start{seconds(100)};
  EXPECT_EQ(pacer.due(10, start), start);
  EXPECT_EQ(pacer.due(10, start), start);
  EXPECT_EQ(pacer.due(13, start), start + seconds(3));
}

TEST(Pacer, forgives_a_long_lag_instead_of_bursting) {
  Pacer pacer(*Pace::parse("10/s"));
  const Pacer::Time start{seconds(100)};
  pacer.due(1, start);
  const Pacer::Time later = start + seconds(60);
  EXPECT_EQ(pacer.due(1, later), later);
  EXPECT_EQ(pacer.due(1, later), later + milliseconds(100));
}

TEST(BarRecord, is_json_with_exact_numbers_in_their_shortest_form) {
  BarFormatter formatter;
  formatter.add_symbol("AAPL");
  formatter.add_symbol("A\"B");
  Bar bar{.day = *parse_date("1984-09-07"),
          .open = 423'880,
          .high = 429'020,
          .low = -1'000'000,
          .close = 0,
          .volume = 23'220'030,
          .open_interest = 0};
  EXPECT_EQ(
      formatter.format(0, bar),
      R"({"symbol":"AAPL","date":"1984-09-07","open":0.42388,"high":0.42902,"low":-1,"close":0,"volume":23220030,"open_interest":0})");
  bar.open = Bar::missing;
  bar.open_interest = Bar::missing;
  EXPECT_EQ(
      formatter.format(1, bar),
      R"({"symbol":"A\"B","date":"1984-09-07","open":null,"high":0.42902,"low":-1,"close":0,"volume":23220030,"open_interest":null})");
}

}  // namespace
}  // namespace tickerlake::pipeline
