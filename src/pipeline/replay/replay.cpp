#include "pipeline/replay/replay.h"

#include <algorithm>
#include <charconv>
#include <thread>

#include "io/fault_point.h"
#include "kafka/client/admin.h"
#include "kafka/client/partitioner.h"
#include "kafka/client/producer.h"
#include "kafka/client/topic_config.h"
#include "pipeline/market/event_merge.h"
#include "pipeline/replay/bar_record.h"
#include "pipeline/replay/resume.h"

namespace tickerlake::pipeline {
namespace {

using std::chrono::milliseconds;
using std::chrono::steady_clock;

constexpr int default_partitions = 4;
constexpr milliseconds patience{10'000};      // for a broker to answer at the start
constexpr milliseconds end_patience{30'000};  // for the topic's ends when all is sent: elections take their time
constexpr milliseconds last_patience{5'000};  // for the queue to empty after the wish to stop
constexpr milliseconds report_interval{100};
constexpr std::int64_t rows_between_looks = 1'024;  // at the clock, when flat out
constexpr std::int64_t ms_per_day = 86'400'000;

/// Kafka deletes by records' timestamps, and history is older than any time that a topic keeps its records.
void warn_of_retention(const ReplayOptions& options, const Log& log) {
  const auto retention = kafka::topic_config(options.kafka, options.topic, "retention.ms", patience, log);
  if (!retention || !*retention || **retention == "-1") return;
  log.warning(
      "topic {} keeps records for {} ms by their timestamps (retention.ms): older rows will be deleted; -1 keeps them",
      options.topic, **retention);
}

/// Makes the topic if it is missing; how many partitions it has.
Result<int> prepare_topic(kafka::Consumer& consumer, const ReplayOptions& options, const Log& log) {
  TRY(const int found, kafka::find_or_make_topic(consumer, options.kafka, options.topic,
                                                 options.partitions.value_or(default_partitions), patience, log));
  if (options.partitions && *options.partitions != found)
    return fail(ErrorCode::invalid_argument, "topic " + options.topic + " has " + std::to_string(found) +
                                                 " partitions already, not " + std::to_string(*options.partitions));
  warn_of_retention(options, log);
  return found;
}

/// Sends the rows that are not in the topic yet.
class Sender {
 public:
  Sender(const ReplayOptions& options, const Stop& stop, const ReplayProgressCallback& progress, const Dataset& dataset,
         const TopicState& state, ReplaySummary& summary, kafka::Producer& producer)
      : options_(options),
        stop_(stop),
        progress_(progress),
        dataset_(dataset),
        state_(state),
        summary_(summary),
        producer_(producer),
        pacer_(options.pace),
        schema_sent_(state.last.size()) {
    for (const auto& series : dataset.series) {
      formatter_.add_symbol(series.symbol);
      partition_of_series_.push_back(kafka::partition_of(series.symbol, static_cast<std::int32_t>(state.last.size())));
    }
  }

  Result<void> run() {
    EventMerge merge(dataset_);
    const bool paced = options_.pace.kind != Pace::Kind::flat_out;
    for (std::int64_t seq = 0; !stop_.requested() && merge.next(); ++seq) {
      const std::int32_t partition = partition_of_series_[merge.series()];
      day_ = merge.bar().day;
      if (seq <= state_.last[static_cast<std::size_t>(partition)].seq) {
        ++summary_.rows_there;
        continue;
      }
      if (paced) CHECK(wait_until_due());
      if (stop_.requested()) break;
      io::fault_point("replay.send.before");
      CHECK(send(partition, merge.series(), merge.bar(), seq));
      if (paced || summary_.rows_sent % rows_between_looks == 0) CHECK(look());
    }
    return finish();
  }

 private:
  Result<void> send(std::int32_t partition, std::uint32_t series, const Bar& bar, std::int64_t seq) {
    char seq_text[20];
    const char* seq_end = std::to_chars(seq_text, seq_text + sizeof seq_text, seq).ptr;
    kafka::Header headers[2] = {
        {seq_header.data(), {seq_text, static_cast<std::size_t>(seq_end - seq_text)}},
        {schema_header.data(), bar_schema()},
    };
    // The schema travels with the first record that this run sends to a partition.
    const bool with_schema = !schema_sent_[static_cast<std::size_t>(partition)];
    const std::string_view value = formatter_.format(series, bar);
    while (true) {
      TRY(const bool taken, producer_.produce(partition, dataset_.series[series].symbol, value, bar.day * ms_per_day,
                                              std::span(headers, with_schema ? 2u : 1u)));
      if (taken) break;
      CHECK(producer_.poll(milliseconds(1)));
      report();
      if (stop_.requested()) return {};  // this row was not sent: the next run begins with it
    }
    schema_sent_[static_cast<std::size_t>(partition)] = true;
    ++summary_.rows_sent;
    summary_.bytes_sent += static_cast<std::int64_t>(value.size());
    return {};
  }

  Result<void> wait_until_due() {
    constexpr auto shortest_sleep = std::chrono::milliseconds(1);  // less is not worth a system call
    const auto due = pacer_.due(day_, steady_clock::now());
    while (!stop_.requested()) {
      const auto left = due - steady_clock::now();
      if (left < shortest_sleep) return {};
      std::this_thread::sleep_for(std::min<steady_clock::duration>(left, milliseconds(50)));
      CHECK(look());
    }
    return {};
  }

  Result<void> look() {
    CHECK(producer_.poll(milliseconds(0)));
    io::fault_point("replay.acknowledged.after");
    report();
    return {};
  }

  void report() {
    const auto now = steady_clock::now();
    if (!progress_ || now - last_report_ < report_interval) return;
    last_report_ = now;
    progress_({.rows_done = summary_.rows_sent - producer_.in_queue(),
               .rows_total = dataset_.rows - summary_.rows_there,
               .bytes_done = summary_.bytes_sent,
               .day = day_,
               .seconds = std::chrono::duration<double>(now - start_).count()});
  }

  /// Waits for the acknowledgements; after the wish to stop, not for long.
  Result<void> finish() {
    std::optional<steady_clock::time_point> give_up;
    while (true) {
      TRY(const bool empty, producer_.flush(milliseconds(50)));
      if (empty) break;
      report();
      if (!stop_.requested()) continue;
      if (!give_up) give_up = steady_clock::now() + last_patience;
      if (steady_clock::now() > *give_up) {
        summary_.rows_sent -= producer_.in_queue();
        break;
      }
    }
    summary_.interrupted = stop_.requested() && summary_.rows_sent + summary_.rows_there < dataset_.rows;
    last_report_ = {};
    report();
    return {};
  }

  const ReplayOptions& options_;
  const Stop& stop_;
  const ReplayProgressCallback& progress_;
  const Dataset& dataset_;
  const TopicState& state_;
  ReplaySummary& summary_;
  kafka::Producer& producer_;
  Pacer pacer_;
  BarFormatter formatter_;
  std::vector<std::int32_t> partition_of_series_;
  std::vector<bool> schema_sent_;
  std::int32_t day_ = 0;
  const steady_clock::time_point start_ = steady_clock::now();
  steady_clock::time_point last_report_{};
};

}  // namespace

Result<ReplaySummary> replay(const ReplayOptions& options, const Stop& stop, const ReplayProgressCallback& progress,
                             const Log& log) {
  const auto start = steady_clock::now();
  if (options.topic.empty()) return fail(ErrorCode::invalid_argument, "no topic given");
  if (options.partitions && *options.partitions < 1)
    return fail(ErrorCode::invalid_argument, "a topic has at least one partition");
  if (options.from && options.to && *options.from > *options.to)
    return fail(ErrorCode::invalid_argument, "the first day is behind the last");

  TRY(const Dataset dataset,
      open_dataset(options.paths, {.from = options.from, .to = options.to, .symbols = options.symbols}, stop));
  ReplaySummary summary;
  summary.files = static_cast<std::int64_t>(dataset.paths.size());
  summary.empty_files = dataset.empty_files;
  summary.rows = dataset.rows;
  summary.first_day = dataset.first_day;
  summary.last_day = dataset.last_day;
  summary.bad_rows = dataset.bad_rows;
  for (const auto& row : dataset.bad_rows_listed) summary.problems.push_back({row.file, row.line, row.reason});
  for (std::size_t i = 0; i < dataset.series.size(); ++i)
    summary.symbols += i == 0 || dataset.series[i].symbol != dataset.series[i - 1].symbol ? 1 : 0;

  TRY(const auto consumer, kafka::Consumer::create(options.kafka, "tickerlake-replay", log));
  auto partitions = prepare_topic(*consumer, options, log);
  if (!partitions) return std::unexpected(std::move(partitions).error().within("Kafka at " + options.kafka.bootstrap));
  summary.partitions = *partitions;
  io::fault_point("replay.resume.before");
  TRY(const TopicState state, read_topic_state(*consumer, options.topic, *partitions, stop, log));
  io::fault_point("replay.resume.after");
  CHECK(verify_same_history(dataset, options.topic, state.last));

  kafka::Producer::Tuning tuning;
  if (options.pace.kind == Pace::Kind::flat_out) tuning.linger = milliseconds(20);
  TRY(const auto producer, kafka::Producer::create(options.kafka, options.topic, tuning, log));
  Sender sender(options, stop, progress, dataset, state, summary, *producer);
  CHECK(sender.run());

  // Every record that came in the meantime should be one of ours.
  std::int64_t grown = 0;
  for (int partition = 0; partition < *partitions; ++partition) {
    TRY(const auto marks, consumer->watermarks(options.topic, partition, end_patience));
    grown += marks.high - state.watermarks[static_cast<std::size_t>(partition)].high;
  }
  if (grown != summary.rows_sent && !summary.interrupted)
    log.warning("topic {} grew by {} records while {} rows were sent: somebody else writes there too", options.topic,
                grown, summary.rows_sent);
  summary.seconds = std::chrono::duration<double>(steady_clock::now() - start).count();
  return summary;
}

}  // namespace tickerlake::pipeline
