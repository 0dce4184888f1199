#include "base/time.h"

#include <gtest/gtest.h>

namespace tickerlake {
namespace {

TEST(Date, round_trips_every_day_of_the_data_sets_range) {
  for (std::int32_t day = -4000; day < 30000; ++day) EXPECT_EQ(parse_date(format_date(day)), day);
}

TEST(Date, refuses_days_that_do_not_exist) {
  EXPECT_TRUE(parse_date("2016-02-29"));
  for (const char* text :
       {"2015-02-29", "2016-13-01", "2016-00-10", "2016-1-01", "11:34", "", "2016-01-0x", "-016-01-01"}) {
    EXPECT_FALSE(parse_date(text)) << text;
  }
}

TEST(Timestamps, have_the_forms_of_s3_sigv4_and_http) {
  const TimestampMs time = 1479909906789;
  EXPECT_EQ(iso8601(time), "2016-11-23T14:05:06.789Z");
  EXPECT_EQ(iso8601_basic(time), "20161123T140506Z");
  EXPECT_EQ(http_date(time), "Wed, 23 Nov 2016 14:05:06 GMT");
  EXPECT_EQ(parse_http_date(http_date(time)), 1479909906000);
  EXPECT_EQ(parse_iso8601_basic("20161123T140506Z"), 1479909906000);
  EXPECT_FALSE(parse_iso8601_basic("20161123T1405"));
}

TEST(Timestamps, before_1970_round_down) { EXPECT_EQ(iso8601(-1), "1969-12-31T23:59:59.999Z"); }

}  // namespace
}  // namespace tickerlake
