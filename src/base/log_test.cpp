#include "base/log.h"

#include <gmock/gmock.h>

#include <thread>

namespace tickerlake {
namespace {

using ::testing::EndsWith;
using ::testing::HasSubstr;
using ::testing::MatchesRegex;
using ::testing::Not;

/// What is written to stderr while `run` runs.
template <class Run>
std::string written_by(const Run& run) {
  ::testing::internal::CaptureStderr();
  run();
  return ::testing::internal::GetCapturedStderr();
}

TEST(Log, ATextLineHasTimeSeverityComponentMessageAndFields) {
  const std::string line = written_by([] {
    Log(Severity::info).named("kafka").with("peer", "127.0.0.1:4").with("ms", 12).warning("slow {}", "request");
  });
  EXPECT_THAT(line, MatchesRegex("20..-..-..T..:..:......Z warning kafka: slow request peer=127.0.0.1:4 ms=12\n"));
}

TEST(Log, AJsonLineHasTheSameAsMembers) {
  const std::string line = written_by(
      [] { Log(Severity::info, LogFormat::json).named("kafka").with("peer", "a \"b\"").info("said {}", "\"x\\y\""); });
  EXPECT_THAT(line, MatchesRegex("\\{\"time\":\"20..-..-..T..:..:......Z\",\"severity\":\"info\",.*\n"));
  EXPECT_THAT(line, EndsWith(R"("component":"kafka","message":"said \"x\\y\"","peer":"a \"b\""})"
                             "\n"));
}

TEST(Log, WhatAClientSendsCanNotLookLikeAnotherLine) {
  for (const LogFormat format : {LogFormat::text, LogFormat::json}) {
    const std::string line = written_by(
        [&] { Log(Severity::info, format).with("path", "/a b\nc").info("{}", "x\r\n2026 error: forged\x1b[31m\xff"); });
    EXPECT_EQ(std::count(line.begin(), line.end(), '\n'), 1) << line;
    EXPECT_THAT(line, HasSubstr("x\\r\\n2026 error: forged"));
    EXPECT_THAT(line, Not(HasSubstr("\x1b[31m\xff")));
    EXPECT_THAT(line, HasSubstr(format == LogFormat::text ? "\\x1b[31m\\xff" : "\\u001b[31m\\u00ff"));
  }
}

TEST(Log, CharactersOfOtherLanguagesStayAsTheyAre) {
  EXPECT_THAT(written_by([] { Log(Severity::info).info("größer 価格 \U0001F600"); }),
              HasSubstr("größer 価格 \U0001F600"));
}

TEST(Log, LinesBelowTheLeastSeverityAreNotWritten) {
  EXPECT_EQ(written_by([] {
              const Log log(Severity::warning);
              log.info("no");
              log.write(Severity::debug, "no");
            }),
            "");
}

TEST(Log, ALimitedLogSaysHowMuchItLeftOut) {
  const std::string lines = written_by([] {
    const Log log = Log(Severity::info).limited(2, std::chrono::milliseconds(50));
    for (int i = 0; i < 5; ++i) log.with("i", i).warning("broken client");
    log.error("an error has its own budget");
    std::this_thread::sleep_for(std::chrono::milliseconds(60));
    log.warning("later");
  });
  EXPECT_THAT(lines, HasSubstr("broken client i=1\n"));
  EXPECT_THAT(lines, Not(HasSubstr("i=2")));
  EXPECT_THAT(lines, HasSubstr("an error has its own budget\n"));
  EXPECT_THAT(lines, HasSubstr("later left_out=3\n"));
}

}  // namespace
}  // namespace tickerlake
