#include <gtest/gtest.h>

#include <random>

#include "pipeline/replay/bar_record.h"
#include "pipeline/sink/json_row.h"

namespace tickerlake::pipeline {
namespace {

Schema bars() { return *Schema::parse(bar_schema()); }

TEST(PlainRowReader, takes_what_replay_writes) {
  const Schema schema = bars();
  PlainRowReader reader(schema);
  std::vector<Value> values(schema.fields.size());
  BarFormatter formatter;
  formatter.add_symbol("BRK.B");
  const Bar bar{.day = 5'363,
                .open = 423'880,
                .high = 1'442'048'636'450'000,
                .low = -1,
                .close = 5'000'000,
                .volume = 23'220'030,
                .open_interest = 0};
  ASSERT_TRUE(reader.read(formatter.format(0, bar), values));
  EXPECT_EQ(values[0].text, "BRK.B");
  EXPECT_EQ(values[1].number, bar.day);
  EXPECT_EQ(values[2].number, bar.open);
  EXPECT_EQ(values[3].number, bar.high);
  EXPECT_EQ(values[4].number, bar.low);
  EXPECT_EQ(values[5].number, bar.close);
  EXPECT_EQ(values[6].number, bar.volume);
  EXPECT_EQ(values[7].number, bar.open_interest);
}

TEST(PlainRowReader, leaves_other_looks_alone) {
  const Schema schema = *Schema::parse(
      R"json({"fields":[{"name":"s","type":"string"},{"name":"n","type":"bigint"},{"name":"p","type":"decimal(6,2)"}]})json");
  PlainRowReader reader(schema);
  std::vector<Value> values(schema.fields.size());
  EXPECT_TRUE(reader.read(R"({"s":"x","n":-7,"p":1234.5})", values));
  EXPECT_EQ(values[2].number, 123'450);
  for (const char* text : {"",
                           "{",
                           "{}",
                           R"({"s":"x","n":1,"p":2}x)",
                           R"({"s":"x","n":1,"p":2)",
                           R"({"s":"x","n":1,"p":2,"q":3})",
                           R"({"n":1,"s":"x","p":2})",
                           R"({"s": "x","n":1,"p":2})",
                           R"({"s":"\n","n":1,"p":2})",
                           "{\"s\":\"\xC3\xA9\",\"n\":1,\"p\":2}",
                           R"({"s":"x","n":01,"p":2})",
                           R"({"s":"x","n":1.0,"p":2})",
                           R"({"s":"x","n":1e3,"p":2})",
                           R"({"s":"x","n":-,"p":2})",
                           R"({"s":"x","n":1,"p":2.})",
                           R"({"s":"x","n":1,"p":2.125})",
                           R"({"s":"x","n":1,"p":12345})",
                           R"({"s":"x","n":1,"p":.5})",
                           R"({"s":"x","n":null,"p":2})",
                           R"({"s":"x","n":1234567890123456789,"p":2})",
                           R"({"s":"x)",
                           R"({"s":)"})
    EXPECT_FALSE(reader.read(text, values)) << text;
}

/// A text that is a number, or nearly one.
std::string some_number(std::mt19937& random) {
  constexpr std::string_view pieces = "0123456789012345678901234567890.-e+,}\" ";
  std::string text;
  for (std::size_t length = random() % 20 + 1; length > 0; --length)
    text += pieces[random() % (random() % 8 == 0 ? pieces.size() : 31)];
  if (random() % 2 == 0 && text.size() > 2) text[random() % text.size()] = '.';
  if (random() % 4 == 0) text.insert(text.begin(), '-');
  return text;
}

/// A space in front makes the quick reader step aside.
TEST(RowParser, finds_the_same_with_and_without_the_quick_reader) {
  const unsigned seed = std::random_device()();
  std::mt19937 random(seed);
  const Schema schema = bars();
  RowParser quick(schema), slow(schema);
  int rows = 0;
  for (int i = 0; i < 50'000; ++i) {
    std::string text = R"({"symbol":"A)" + std::to_string(random() % 100) + R"(","date":"20)" +
                       std::to_string(random() % 90 + 10) + "-0" + std::to_string(random() % 10) + R"(-1)" +
                       std::to_string(random() % 10) + '"';
    for (const char* name : {"open", "high", "low", "close", "volume", "open_interest"})
      text += std::string(",\"") + name +
              "\":" + (random() % 4 == 0 ? some_number(random) : std::to_string(random() % 1'000'000'000));
    text += '}';
    const std::string spaced = ' ' + text;
    const bool is_row = quick.parse(text, {});
    ASSERT_EQ(is_row, slow.parse(spaced, {})) << text << "\nseed " << seed;
    if (!is_row) {
      ASSERT_EQ(quick.reason(), slow.reason()) << text << "\nseed " << seed;
      continue;
    }
    ++rows;
    for (std::size_t field = 0; field < schema.fields.size(); ++field) {
      const Value &a = quick.values()[field], &b = slow.values()[field];
      ASSERT_TRUE(a.is_null == b.is_null && (a.is_null || (a.number == b.number && a.text == b.text)))
          << schema.fields[field].name << " of " << text << "\nseed " << seed;
    }
  }
  EXPECT_GT(rows, 1'000);
}

}  // namespace
}  // namespace tickerlake::pipeline
