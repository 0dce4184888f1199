#include "pipeline/sink/offset_set.h"

#include <gtest/gtest.h>

#include <random>
#include <set>

namespace tickerlake::pipeline {
namespace {

OffsetSet set_of(const std::set<std::int64_t>& offsets) {
  OffsetSet result;
  for (const std::int64_t offset : offsets) result.add(offset);
  return result;
}

TEST(OffsetSet, is_a_set_whatever_its_runs_are) {
  const unsigned seed = std::random_device{}();
  SCOPED_TRACE("seed " + std::to_string(seed));
  std::mt19937 random(seed);
  for (int round = 0; round < 2'000; ++round) {
    std::set<std::int64_t> a, b, both, either, only_a;
    const unsigned density = 1 + random() % 10;
    for (std::int64_t offset = 0; offset < 60; ++offset) {
      if (random() % 10 < density) a.insert(offset);
      if (random() % 4 == 0) b.insert(offset);
      if (a.contains(offset) && b.contains(offset)) both.insert(offset);
      if (a.contains(offset) || b.contains(offset)) either.insert(offset);
      if (a.contains(offset) && !b.contains(offset)) only_a.insert(offset);
    }
    const OffsetSet x = set_of(a), y = set_of(b);
    ASSERT_EQ(x.united_with(y), set_of(either));
    ASSERT_EQ(x.common_with(y), set_of(both));
    ASSERT_EQ(x.without(y), set_of(only_a));
    ASSERT_EQ(x.size(), static_cast<std::int64_t>(a.size()));
    for (std::int64_t offset = -1; offset < 61; ++offset) ASSERT_EQ(x.contains(offset), a.contains(offset));
    const auto again = OffsetSet::decode(x.encode());
    ASSERT_TRUE(again);
    ASSERT_EQ(*again, x);
  }
}

TEST(OffsetSet, takes_few_bytes_for_runs_and_a_bit_an_offset_for_scattered_ones) {
  OffsetSet run;
  run.add_run(1'000'000'000'000, 1'000'000'000'000 + 1'000'000);
  EXPECT_LT(run.encode().size(), 20u);
  OffsetSet scattered;
  for (std::int64_t offset = 7; offset < 800'007; offset += 2) scattered.add(offset);
  EXPECT_LT(scattered.encode().size(), 140'000u);
  EXPECT_EQ(OffsetSet::decode(scattered.encode()), scattered);
}

TEST(OffsetSet, refuses_other_text) {
  for (const char* text : {"x", "r", "r=", "rAAA", "q AAAA", "r////////////////////", "b", "bgICAgICAgICAgICAgAEB"}) {
    const auto set = OffsetSet::decode(text);
    EXPECT_TRUE(!set || set->empty()) << text;
  }
  EXPECT_EQ(OffsetSet::decode(""), OffsetSet());
}

}  // namespace
}  // namespace tickerlake::pipeline
