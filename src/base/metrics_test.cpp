#include "base/metrics.h"

#include <gmock/gmock.h>

#include <thread>
#include <vector>

namespace tickerlake {
namespace {

using ::testing::HasSubstr;
using namespace std::chrono_literals;

std::string text_of(const Metrics& metrics) {
  Exposition exposition;
  metrics.collect(exposition);
  return exposition.text();
}

TEST(Metrics, AFamilyIsWrittenOnceWithItsHelpTypeAndAllItsSamples) {
  Metrics metrics;
  metrics.counter("a_total", "As.", {{"api", "Fetch"}}).add(2);
  metrics.counter("a_total", "As.", {{"api", "Produce"}}).add(3);
  metrics.gauge("b_bytes", "Bs.").set(1.5);
  EXPECT_EQ(text_of(metrics),
            "# HELP a_total As.\n# TYPE a_total counter\na_total{api=\"Fetch\"} 2\na_total{api=\"Produce\"} 3\n"
            "# HELP b_bytes Bs.\n# TYPE b_bytes gauge\nb_bytes 1.5\n");
}

TEST(Metrics, TheSameNameAndLabelsGiveTheSameCounter) {
  Metrics metrics;
  const Metrics copy = metrics;
  EXPECT_EQ(&metrics.counter("a_total", "As.", {{"x", "1"}}), &copy.counter("a_total", "As.", {{"x", "1"}}));
  EXPECT_NE(&metrics.counter("a_total", "As.", {{"x", "1"}}), &copy.counter("a_total", "As.", {{"x", "2"}}));
}

TEST(Metrics, LabelValuesAndHelpAreEscaped) {
  Exposition exposition;
  exposition.gauge("a", "back\\slash\nline", {{"name", "q\"b\\n\n"}}, 1);
  EXPECT_THAT(exposition.text(), HasSubstr("# HELP a back\\\\slash\\nline\n"));
  EXPECT_THAT(exposition.text(), HasSubstr("a{name=\"q\\\"b\\\\n\\n\"} 1\n"));
}

TEST(Metrics, HistogramBucketsAreCumulativeAndEndWithTheCount) {
  Metrics metrics;
  Histogram& histogram = metrics.histogram("t_seconds", "Times.", {{"api", "Fetch"}});
  histogram.observe(50us);
  histogram.observe(1ms);  // on a bound: in that bucket
  histogram.observe(1h);
  const std::string text = text_of(metrics);
  EXPECT_THAT(text, HasSubstr("t_seconds_bucket{api=\"Fetch\",le=\"0.0001\"} 1\n"));
  EXPECT_THAT(text, HasSubstr("t_seconds_bucket{api=\"Fetch\",le=\"0.0005\"} 1\n"));
  EXPECT_THAT(text, HasSubstr("t_seconds_bucket{api=\"Fetch\",le=\"0.001\"} 2\n"));
  EXPECT_THAT(text, HasSubstr("t_seconds_bucket{api=\"Fetch\",le=\"30\"} 2\n"));
  EXPECT_THAT(text, HasSubstr("t_seconds_bucket{api=\"Fetch\",le=\"+Inf\"} 3\n"));
  EXPECT_THAT(text, HasSubstr("t_seconds_count{api=\"Fetch\"} 3\n"));
  EXPECT_NEAR(histogram.sum_seconds(), 3600.00105, 1e-6);
}

TEST(Metrics, WholeNumbersHaveNoExponent) {
  Exposition exposition;
  exposition.gauge("a", "A.", {}, 123456789012.0);
  EXPECT_THAT(exposition.text(), HasSubstr("\na 123456789012\n"));
}

TEST(Metrics, ThreadsCountTogether) {
  Metrics metrics;
  std::vector<std::jthread> threads;
  for (int t = 0; t < 4; ++t) {
    threads.emplace_back([metrics] {
      for (int i = 0; i < 1000; ++i) metrics.counter("a_total", "As.").add();
    });
  }
  threads.clear();
  EXPECT_EQ(metrics.counter("a_total", "As.").value(), 4000u);
}

TEST(Metrics, TheProcessHasMemoryThreadsAndDescriptors) {
  Exposition exposition;
  collect_process(exposition);
  const std::string text = exposition.text();
  for (const char* name : {"process_resident_memory_bytes", "process_cpu_seconds_total", "process_threads",
                           "process_open_fds", "process_start_time_seconds"}) {
    EXPECT_THAT(text, HasSubstr(std::string("\n") + name + " "));
  }
}

}  // namespace
}  // namespace tickerlake
