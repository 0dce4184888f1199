#include "pipeline/sink/sink.h"

#include <unistd.h>

#include <algorithm>

#include "base/digest.h"
#include "pipeline/sink/intake.h"
#include "pipeline/sink/start.h"

namespace tickerlake::pipeline {
namespace {

using std::chrono::milliseconds;
using std::chrono::steady_clock;

constexpr milliseconds patience{10'000};
constexpr milliseconds poll_time{50};
constexpr milliseconds report_interval{100};
constexpr milliseconds end_interval{2'000};  // between looks at where the topic ends
constexpr milliseconds end_patience{500};
constexpr std::size_t poll_records = 4'000;
constexpr std::int64_t least_memory = 1_MiB;

/// Whose run it is, for people, and a random id: "12345@host 9f3c…".
std::string writer_name() {
  char host[256] = {};
  ::gethostname(host, sizeof host - 1);
  return std::to_string(::getpid()) + "@" + host + " " + random_uuid();
}

/// One run: reads, collects, cuts; flushes run beside it.
class Run {
 public:
  Run(const SinkOptions& options, LakeStore& lake, const Stop& stop, const SinkProgressCallback& progress,
      const Log& log, kafka::Consumer& consumer, std::string cluster, std::vector<PartitionStart> starts)
      : options_(options),
        stop_(stop),
        progress_(progress),
        log_(log),
        names_{.prefix = options.prefix, .topic = options.topic},
        cluster_(std::move(cluster)),
        starts_(std::move(starts)),
        consumer_(consumer),
        letters_(options.kafka, options.topic, static_cast<int>(starts_.size()), log),
        flusher_(lake, names_, letters_, stop, starts_.size(), log, [this](std::int32_t partition, std::int64_t next) {
          consumer_.commit(options_.topic, {partition, next});
        }) {}

  Result<SinkSummary> run() {
    TRY(layout_, find_layout(options_, consumer_, starts_, stop_, log_));
    if (layout_ == nullptr) return summary();
    std::vector<kafka::PartitionOffset> from;
    for (auto& start : starts_) {
      std::shared_ptr<const Layout> layout = layout_;
      if (const auto& redo = start.planner->redo()) {
        TRY(layout, layout_of(*redo));
        ++completed_;
      }
      intakes_.push_back(std::make_unique<Intake>(*start.planner, layout, layout_, options_.tombstones));
      from.push_back({start.planner->partition(), start.read_from});
      first_offsets_ += intakes_.back()->position();
      total_ += std::max<std::int64_t>(0, start.watermarks.high - intakes_.back()->position());
    }
    last_of_.resize(intakes_.size());
    finished_.resize(intakes_.size());
    CHECK(consumer_.assign(options_.topic, from));

    kafka::RecordBatch batch;
    while (!stop_.requested()) {
      if (auto failure = flusher_.failure()) return std::unexpected(*std::move(failure));
      CHECK(consumer_.poll(batch, poll_records, poll_time));
      CHECK(take(batch));
      CHECK(cut_what_is_due());
      report(false);
      if (options_.until_end && all_read()) break;
    }
    while (!flusher_.is_idle() && !flusher_.failure()) {
      flusher_.wait(report_interval);
      report(false);
    }
    if (auto failure = flusher_.failure(); failure && !(stop_.requested() && failure->code == ErrorCode::cancelled))
      return std::unexpected(*std::move(failure));
    report(true);
    return summary();
  }

 private:
  Intake& intake(std::int32_t partition) { return *intakes_[static_cast<std::size_t>(partition)]; }

  Result<void> take(const kafka::RecordBatch& batch) {
    const auto now = steady_clock::now();
    std::fill(last_of_.begin(), last_of_.end(), nullptr);
    for (const auto& record : batch.records()) {
      if (finished_[static_cast<std::size_t>(record.partition)]) continue;
      Intake& its = intake(record.partition);
      if (record.offset < its.position()) [[unlikely]] {
        CHECK(check_topic(record));
        its.take(record, now);  // an earlier plan may have left it for later
        continue;
      }
      const kafka::FetchedRecord*& last = last_of_[static_cast<std::size_t>(record.partition)];
      if (its.redoes()) {
        if (record.offset > its.planner().redo()->last) CHECK(cut(its, record.partition, {}));  // behind a gap
      } else if (is_full(its) || (last == nullptr && is_old(its, now) && !flusher_.is_busy(record.partition))) {
        // A record follows: rows of sparse folders may wait for the next plan.
        CHECK(cut(its, record.partition, now - options_.late_wait));
      }
      its.take(record, now);
      last = &record;
      ++records_read_;
      bytes_read_ += static_cast<std::int64_t>(record.value.size());
      if (its.reached_redo()) CHECK(cut(its, record.partition, {}));
    }
    for (const auto* record : last_of_)
      if (record != nullptr) intake(record->partition).note_last(*record);
    for (const auto& end : batch.ends()) {
      Intake& its = intake(end.partition);
      its.skip_to(end.offset);
      if (its.reached_redo()) CHECK(cut(its, end.partition, {}));
    }
    return {};
  }

  /// A record before the position: the one that the last plan ended with, or one that was asked for on its account.
  Result<void> check_topic(const kafka::FetchedRecord& record) {
    const TopicCheck& check = starts_[static_cast<std::size_t>(record.partition)].check;
    if (record.offset != check.offset || fingerprint(record) == check.crc) return {};
    return fail(ErrorCode::corrupt, options_.topic + "/" + std::to_string(record.partition) +
                                        " holds another record at offset " + std::to_string(record.offset) +
                                        " than the lake's last plan: the topic was made again; choose another prefix");
  }

  bool is_full(const Intake& its) const {
    return its.rows() >= options_.flush_rows || its.bytes() >= options_.flush_bytes || its.too_many_letters();
  }

  bool is_old(const Intake& its, steady_clock::time_point now) const {
    if (!its.holds_records()) return false;
    const bool idle = options_.flush_idle.count() > 0 && now - its.last_came() >= options_.flush_idle;
    return idle || now - its.since() >= options_.flush_interval;
  }

  Result<void> cut(Intake& its, std::int32_t partition, std::optional<steady_clock::time_point> hold_since) {
    CHECK(wait_for_flushes([&] { return flusher_.is_busy(partition); }));
    if (stop_.requested()) return {};
    const auto* last = last_of_[static_cast<std::size_t>(partition)];
    if (last != nullptr) its.note_last(*last);
    auto flush = its.cut(names_, cluster_, writer_, hold_since);
    if (flush == nullptr) return std::unexpected(its.planner().failure());
    flusher_.add(std::move(flush));
    return {};
  }

  Result<void> cut_what_is_due() {
    const auto now = steady_clock::now();
    std::fill(last_of_.begin(), last_of_.end(), nullptr);
    for (std::size_t i = 0; i < intakes_.size(); ++i) {
      Intake& its = *intakes_[i];
      if (its.redoes()) continue;
      const auto partition = static_cast<std::int32_t>(i);
      const bool is_last = options_.until_end && its.position() >= starts_[i].watermarks.high;
      const bool waited = is_old(its, now) && !flusher_.is_busy(partition);
      if (its.holds_records() && (is_last || waited)) CHECK(cut(its, partition, {}));
      if (is_last && !finished_[i] && !its.holds_records()) {
        finished_[i] = true;  // what comes from now on is the next run's
        CHECK(consumer_.pause(options_.topic, partition));
      }
    }
    std::int64_t held = 0;
    Intake* largest = nullptr;
    for (const auto& its : intakes_) {
      held += its->memory();
      if (its->redoes() || !its->holds_records()) continue;
      if (largest == nullptr || its->memory() > largest->memory()) largest = its.get();
    }
    if (held + flusher_.counts().bytes_in_flight <= options_.memory_bytes) return {};
    // What is on its way already is waited for; cutting the rest into crumbs would help nobody.
    if (largest != nullptr && held * 2 > options_.memory_bytes)
      return cut(*largest, largest->planner().partition(), {});
    return wait_for_flushes([&] { return held + flusher_.counts().bytes_in_flight > options_.memory_bytes; });
  }

  /// While `waits` says so and flushes are under way.
  Result<void> wait_for_flushes(const std::function<bool()>& waits) {
    while (waits() && !flusher_.is_idle() && !flusher_.failure() && !stop_.requested()) {
      flusher_.wait(report_interval);
      report(false);
    }
    // A flush that failed is no longer under way, and its planner takes no more.
    if (auto failure = flusher_.failure()) return std::unexpected(*std::move(failure));
    return {};
  }

  bool all_read() const {
    return std::all_of(finished_.begin(), finished_.end(), [](bool done) { return done; });
  }

  void report(bool now_anyway) {
    const auto now = steady_clock::now();
    if (!progress_ || (!now_anyway && now - last_report_ < report_interval)) return;
    last_report_ = now;
    refresh_ends(now);
    progress_({.rows_read = records_read_,
               .rows_in_lake = flusher_.counts().rows,
               .records_total = options_.until_end ? total_ : 0,
               .bytes_read = bytes_read_,
               .files = flusher_.counts().files,
               .read_lag = read_lag(),
               .durable_lag = durable_lag(),
               .newest_row_ms = flusher_.counts().newest_row_ms,
               .dead_letters = flusher_.counts().dead_letters,
               .seconds = std::chrono::duration<double>(now - start_).count()});
  }

  /// The topic's ends, as the lags need them. A broker that doesn't answer leaves them as they were.
  void refresh_ends(steady_clock::time_point now) {
    if (options_.until_end || now - ends_asked_ < end_interval) return;
    ends_asked_ = now;
    for (std::size_t i = 0; i < starts_.size(); ++i) {
      const auto marks = consumer_.watermarks(options_.topic, static_cast<std::int32_t>(i), end_patience);
      if (!marks) return;
      starts_[i].watermarks.high = marks->high;
    }
  }

  std::int64_t read_lag() const {
    std::int64_t lag = 0;
    for (std::size_t i = 0; i < intakes_.size(); ++i)
      lag += std::max<std::int64_t>(0, starts_[i].watermarks.high - intakes_[i]->position());
    return lag;
  }

  std::int64_t durable_lag() const {
    std::int64_t behind = -first_offsets_ - flusher_.counts().offsets;
    for (std::size_t i = 0; i < intakes_.size(); ++i)
      behind += std::max(starts_[i].watermarks.high, intakes_[i]->position()) + intakes_[i]->left_for_later();
    return std::max<std::int64_t>(0, behind);
  }

  SinkSummary summary() const {
    const FlushCounts& counts = flusher_.counts();
    return {.rows = counts.rows,
            .dead_letters = counts.dead_letters,
            .tombstones = counts.tombstones,
            .plans = counts.plans,
            .files = counts.files,
            .file_bytes = counts.file_bytes,
            .completed_plans = completed_,
            .durable_lag = durable_lag(),
            .newest_row_ms = counts.newest_row_ms,
            .seconds = std::chrono::duration<double>(steady_clock::now() - start_).count(),
            .interrupted = stop_.requested()};
  }

  const SinkOptions& options_;
  const Stop& stop_;
  const SinkProgressCallback& progress_;
  const Log& log_;
  const LakeNames names_;
  const std::string cluster_;
  const std::string writer_ = writer_name();
  std::vector<PartitionStart> starts_;  // by partition
  std::shared_ptr<const Layout> layout_;
  std::vector<std::unique_ptr<Intake>> intakes_;      // by partition
  std::vector<const kafka::FetchedRecord*> last_of_;  // of the batch at hand, by partition
  std::vector<bool> finished_;  // by partition: with until_end, all read that was there at the start
  std::int64_t records_read_ = 0;
  std::int64_t bytes_read_ = 0;
  std::int64_t total_ = 0;
  std::int64_t completed_ = 0;
  std::int64_t first_offsets_ = 0;  // where this run's plans begin, over all partitions
  const steady_clock::time_point start_ = steady_clock::now();
  steady_clock::time_point last_report_{};
  steady_clock::time_point ends_asked_ = start_;
  kafka::Consumer& consumer_;
  DeadLetterTopic letters_;
  Flusher flusher_;  // last: its threads use what is above
};

/// How many partitions the topic has. Without until_end a topic that is not there yet is waited for.
Result<int> wait_for_topic(const SinkOptions& options, kafka::Consumer& consumer, const Stop& stop, const Log& log) {
  bool told = false;
  while (true) {
    auto found = consumer.partitions(options.topic, patience);
    if (!found) return std::unexpected(std::move(found).error().within("Kafka at " + options.kafka.bootstrap));
    if (*found) return **found;
    if (options.until_end) return fail(ErrorCode::not_found, "there is no topic " + options.topic);
    if (!told) log.warning("topic {} is not there yet: waiting for it", options.topic);
    told = true;
    for (int i = 0; i < 10; ++i) {
      if (stop.requested()) return fail(ErrorCode::cancelled, "stopped while waiting for topic " + options.topic);
      std::this_thread::sleep_for(milliseconds(50));
    }
  }
}

}  // namespace

Result<SinkSummary> sink(const SinkOptions& options, LakeStore& lake, const Stop& stop,
                         const SinkProgressCallback& progress, const Log& log) {
  if (options.topic.empty()) return fail(ErrorCode::invalid_argument, "no topic given");
  if (options.flush_rows < 1 || options.flush_bytes < 1 || options.flush_interval.count() < 1)
    return fail(ErrorCode::invalid_argument, "a flush needs at least one row, byte and millisecond");
  if (options.memory_bytes < least_memory)
    return fail(ErrorCode::invalid_argument, "a sink needs at least 1 MiB of memory for rows");
  const std::string group = options.group.empty() ? "tickerlake-sink-" + options.topic : options.group;
  TRY(const auto consumer, kafka::Consumer::create(options.kafka, group, log));
  const auto stopped = [&](Error error) -> Result<SinkSummary> {
    if (!stop.requested() || error.code != ErrorCode::cancelled) return std::unexpected(std::move(error));
    return SinkSummary{.interrupted = true};
  };
  const auto partitions = wait_for_topic(options, *consumer, stop, log);
  if (!partitions) return stopped(partitions.error());
  TRY(std::string cluster, consumer->cluster_id(patience));
  auto starts = find_starts(options, lake, *consumer, cluster, *partitions, stop, log);
  if (!starts) return stopped(std::move(starts).error());
  Run run(options, lake, stop, progress, log, *consumer, std::move(cluster), *std::move(starts));
  auto outcome = run.run();
  if (!outcome) return stopped(std::move(outcome).error());
  return outcome;
}

}  // namespace tickerlake::pipeline
